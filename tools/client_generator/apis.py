"""API classes: one a resource, one short typed method an endpoint, and the same again to be awaited."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jinja2

from client_generator.document import REF, Json, operations, plain_property, snake
from client_generator.models import sort_imports

PACKAGE = "conductor.client.http.api"
WIDTH = 120
#: Where a value that must be given travels, in the order of a method's arguments.
PLACES = ("body", "path", "query", "header")
SCALARS = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}


@dataclass
class Parameter:
    name: str
    wire: str
    place: str
    hint: str
    required: bool
    default: Any = None
    explode: bool = False


@dataclass
class Method:
    """One method of an API class, ready for the template."""

    name: str
    verb: str
    path: str
    operation: Json
    parameters: list[Parameter]
    body: Parameter | None
    content_type: str
    returns: str
    aliases: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        text = self.operation.get("summary") or sentence(self.name)
        text = re.sub(r"\s+", " ", text).strip().rstrip(".").replace('"', "'")
        return f"{text}{' (Orkes servers only)' if self.operation.get('x-orkes') else ''}."

    @property
    def endpoint(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def notes(self) -> list[str]:
        defaults = [f"{p.name}={p.default}" for p in self.parameters if p.default is not None]
        lines = []
        if description := self.operation.get("description"):
            lines.append(re.sub(r"\s+", " ", description).strip().rstrip(".") + ".")
        if defaults:
            lines.append(f"Where not given, the server takes {', '.join(defaults)}.")
        return lines


def generate(document: Json, env: jinja2.Environment) -> Iterator[tuple[str, str]]:
    """(file name, text) of each API module and of the package's `__init__`."""
    template = env.get_template("api_file.jinja2")
    names = []
    for cls, methods in sorted(by_class(document).items()):
        doc = next(item["doc"] for item in document["x-classes"].values() if item["name"] == cls)
        for name, is_async in ((cls, False), (f"Async{cls}", True)):
            names.append((name, snake(name)))
            yield f"{snake(name)}.py", render(name, doc, methods, template, is_async=is_async)
    yield (
        "__init__.py",
        env.get_template("lazy_package.jinja2").render(
            doc="The endpoints of the Conductor API, one resource a module.",
            package=PACKAGE,
            names=names,
            aliases=[],
            exported=sorted(name for name, _ in names),
        ),
    )


def by_class(document: Json) -> dict[str, list[Method]]:
    classes: Json = document["x-classes"]
    result: dict[str, list[Method]] = {}
    for path, verb, operation in operations(document):
        (tag,) = operation["tags"]
        methods = result.setdefault(classes[tag]["name"], [])
        methods.append(method_of(path, verb, operation))
        for variant in operation.get("x-variants", []):
            methods.append(method_of(path, verb, operation | {"x-aliases": []} | variant))
    for cls, methods in result.items():
        names = [name for method in methods for name in (method.name, *method.aliases)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise SystemExit(f"{cls}: two methods of the name {sorted(twice)}: name them in an overlay")
        methods.sort(key=lambda method: method.name)
    return result


def method_of(path: str, verb: str, operation: Json) -> Method:
    without = operation.get("x-without", [])
    given = {item["name"]: item for item in operation.get("parameters", []) if item["name"] not in without}
    in_path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in wires(path)]
    given = {item["name"]: item for item in in_path} | given
    body, content_type = body_of(operation)
    # Below the configured address, which ends in /api; a path outside it is reached from there.
    below = path.removeprefix("/api") if path.startswith("/api/") else f"/..{path}"
    return Method(
        name=snake(operation["operationId"]),
        verb=verb.upper(),
        path=below,
        operation=operation,
        parameters=[parameter_of(item) for item in given.values()],
        body=body,
        content_type=content_type,
        returns=returns_of(operation),
        aliases=operation.get("x-aliases", []),
    )


def wires(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def parameter_of(item: Json) -> Parameter:
    schema = item.get("schema", {})
    name = item.get("x-name") or snake(item["name"])
    return Parameter(
        name=f"{name}_" if keyword.iskeyword(name) else name,
        wire=item["name"],
        place=item["in"],
        hint=hint(schema) if item.get("x-explode") or schema.get("type") != "object" else "Any",
        required=bool(item.get("required")),
        default=schema.get("default"),
        explode=bool(item.get("x-explode")),
    )


def body_of(operation: Json) -> tuple[Parameter | None, str]:
    request = operation.get("requestBody")
    if request is None:
        return None, ""
    content = request["content"]
    text = next((kind for kind in content if kind in ("text/plain", "application/octet-stream")), None)
    kind = text or "application/json"
    parameter = Parameter(request.get("x-name", "body"), "", "body", hint(content[kind]["schema"]), required=True)
    return parameter, kind if text else ""


def returns_of(operation: Json) -> str:
    schema = operation.get("x-returns")
    if schema is None:
        content = operation.get("responses", {}).get("200", {}).get("content", {})
        schema = next((item["schema"] for item in content.values()), None)
        # An object that says nothing: an acknowledgement without content.
        if schema == {"type": "object"}:
            schema = None
    return "None" if schema is None else hint(schema)


def hint(schema: Json) -> str:
    """A schema as Python's type."""
    schema = plain_property(schema) | ({"format": schema["format"]} if schema.get("format") == "binary" else {})
    if "$ref" in schema:
        return f"models.{schema['$ref'].removeprefix(REF)}"
    if "oneOf" in schema:
        return " | ".join(hint(option) for option in schema["oneOf"])
    if schema.get("format") == "binary":
        return "bytes"
    kind = schema.get("type")
    if kind == "array":
        return f"list[{hint(schema['items'])}]"
    if kind == "object":
        return f"dict[str, {hint(schema.get('additionalProperties', {}))}]"
    return SCALARS.get(kind, "Any")


def sentence(name: str) -> str:
    return name.replace("_", " ").capitalize()


def arguments(method: Method) -> tuple[list[Parameter], list[Parameter]]:
    """Those that may be given by position, in conductor-python's order, and those by keyword only."""
    every = ([method.body] if method.body else []) + method.parameters
    order = method.operation.get("x-args")
    if order is None:
        needed = [p for p in every if p.place in ("body", "path") or p.required]
        order = [p.name for p in sorted(needed, key=lambda p: PLACES.index(p.place))]
    by_name = {parameter.name: parameter for parameter in every}
    rest = [parameter for parameter in every if parameter.name not in order]
    return [by_name[name] for name in order], sorted(rest, key=lambda parameter: not parameter.required)


def signature(method: Method, *, is_async: bool) -> str:
    first, rest = arguments(method)
    last_needed = max((index for index, p in enumerate(first) if p.required), default=-1)
    parts = ["self", *(declared(p, default=index > last_needed) for index, p in enumerate(first))]
    if rest:
        parts += ["*", *(declared(p, default=not p.required) for p in rest)]
    parts.append("**options: Unpack[CallOptions]")
    returns = method.returns + (" | None" if method.operation.get("x-nullable") else "")
    # Inside the class a method may have the name of a type: size, all, ...
    head, tail = f"    {'async ' if is_async else ''}def {method.name}(", f") -> {returns}:"
    line = head + ", ".join(parts) + tail
    if len(line) <= WIDTH:
        return line
    one = "        " + ", ".join(parts)
    if len(one) <= WIDTH:
        return f"{head}\n{one}\n    {tail}"
    return head + "\n" + "".join(f"        {part},\n" for part in parts) + f"    {tail}"


def declared(parameter: Parameter, *, default: bool) -> str:
    may_be_none = "" if parameter.required or parameter.hint == "Any" else " | None"
    return f"{parameter.name}: {parameter.hint}{may_be_none}{' = None' if default else ''}"


def call(method: Method, *, is_async: bool) -> str:
    parts = [f'"{method.verb}"', f'"{method.path}"']
    if pairs := pairs_of(method, "path"):
        parts.append(f"path_params={{{', '.join(pairs)}}}")
    query = pairs_of(method, "query")
    query += [f'**exploded("{p.wire}", {p.name})' for p in method.parameters if p.explode]
    if query:
        parts.append(f"query={{{', '.join(query)}}}")
    headers = pairs_of(method, "header")
    if method.content_type:
        headers.append(f'"Content-Type": "{method.content_type}"')
    if headers:
        parts.append(f"headers={{{', '.join(headers)}}}")
    if method.body:
        parts.append(f"body={method.body.name}")
    if method.returns != "None":
        parts.append(f"returns={'object' if method.returns == 'Any' else method.returns}")
    if method.operation.get("x-orkes"):
        parts.append(f'orkes_feature="{method.name.replace("_", " ")}"')
    parts.append("**options")
    start = f"        return {'await ' if is_async else ''}self._call("
    line = start + ", ".join(parts) + ")"
    if len(line) <= WIDTH:
        return line
    return start + "\n" + "".join(f"            {wrapped(part)},\n" for part in parts) + "        )"


def wrapped(part: str) -> str:
    """A long `query={...}` on one line an item."""
    if len(part) + 13 <= WIDTH or "{" not in part:
        return part
    head, _, items = part.removesuffix("}").partition("{")
    lines = "".join(f"                {item},\n" for item in items.split(", "))
    return f"{head}{{\n{lines}            }}"


def pairs_of(method: Method, place: str) -> list[str]:
    return [f'"{p.wire}": {p.name}' for p in method.parameters if p.place == place and not p.explode]


def render(name: str, doc: str, methods: list[Method], template: jinja2.Template, *, is_async: bool) -> str:
    base, twin = ("AsyncApi", "async_with_http_info") if is_async else ("Api", "with_http_info")
    views = [
        {
            "name": method.name,
            "signature": signature(method, is_async=is_async),
            "body": call(method, is_async=is_async),
            "summary": method.summary,
            "notes": method.notes,
            "endpoint": method.endpoint,
            "aliases": method.aliases,
        }
        for method in methods
    ]
    text = " ".join(view["signature"] + view["body"] for view in views)
    imports = [
        "from typing import TYPE_CHECKING",
        f"from {PACKAGE}._base import {base}",
        f"from {PACKAGE}._base import {twin}",
    ]
    if "models." in text:
        imports.append("from conductor.client.http import models")
    if re.search(r"\bAny\b", text):
        imports.append("from typing import Any")
    if "exploded(" in text:
        imports.append(f"from {PACKAGE}._base import exploded")
    return template.render(
        name=name, base=base, twin=twin, doc=doc, operations=views, imports=sort_imports(imports), package=PACKAGE
    )
