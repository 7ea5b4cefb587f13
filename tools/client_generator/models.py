"""Models: datamodel-code-generator turns the schemas into msgspec structs, and this splits them, one class a file."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jinja2

from client_generator.document import Json, snake

PACKAGE = "conductor.client.http.models"
OPTIONS = (
    "--input-file-type=openapi", "--output-model-type=msgspec.Struct", f"--base-class={PACKAGE}._base.Model",
    "--snake-case-field", "--force-optional", "--use-subclass-enum", "--target-python-version=3.10", "--no-formatters",
    "--disable-timestamp", "--disable-warnings",
)  # fmt: skip
#: Names that a generated class may use -> the import that gives them.
IMPORTS = {
    "Mapping": "from collections.abc import Mapping",
    "Any": "from typing import Any",
    "ClassVar": "from typing import ClassVar",
    "field": "from msgspec import field",
    "models": "from conductor.client.http import models",
    "Model": f"from {PACKAGE}._base import Model",
    "OpenEnum": f"from {PACKAGE}._base import OpenEnum",
}


def generate(document: Json, templates: Path, env: jinja2.Environment) -> Iterator[tuple[str, str]]:
    """(file name, text) of each model module and of the package's `__init__`."""
    schemas: Json = document["components"]["schemas"]
    places = {name: schema.get("x-module", snake(name)) for name, schema in schemas.items()}
    bodies = split(run_generator(document, templates), places)
    if missing := schemas.keys() - bodies.keys():
        raise SystemExit(f"the generator gave no class for {sorted(missing)}")
    more: Json = document["x-modules"]
    for module in sorted({*places.values(), *more}):
        names = [name for name in bodies if places[name] == module]
        yield f"{module}.py", render_module(names, bodies, schemas, more.get(module, []), env)
    names_by_module = list(places.items())
    names_by_module += [
        (line.split()[-1], module) for module, lines in more.items() for line in lines if line[0] == "+"
    ]
    aliases = [(alias, (places[name], name)) for alias, name in sorted(document["x-aliases"].items())]
    yield (
        "__init__.py",
        env.get_template("lazy_package.jinja2").render(
            doc="The JSON objects of the Conductor API, one class a module.",
            package=PACKAGE,
            names=sorted(names_by_module),
            aliases=aliases,
            exported=sorted({name for name, _ in names_by_module} | {alias for alias, _ in aliases}),
        ),
    )


def run_generator(document: Json, templates: Path) -> str:
    """All models as one module's text."""
    schemas: Json = document["components"]["schemas"]
    extra = {name: template_data(schema) for name, schema in schemas.items()}
    bare = {"openapi": "3.0.3", "info": document["info"], "paths": {}, "components": {"schemas": schemas}}
    with tempfile.TemporaryDirectory() as folder:
        source, data, result = (Path(folder) / name for name in ("document.json", "extra.json", "models.py"))
        source.write_text(json.dumps(bare))
        data.write_text(json.dumps(extra))
        arguments = (*OPTIONS, f"--input={source}", f"--extra-template-data={data}", f"--output={result}")
        command = [sys.executable, "-m", "datamodel_code_generator", *arguments, "--custom-template-dir"]
        subprocess.run([*command, str(templates)], check=True)
        return result.read_text()


def template_data(schema: Json) -> Json:
    """What the class template needs and the generator does not pass on."""
    data: Json = {"values": schema.get("x-values", {}), "defaults": schema.get("x-defaults", {})}
    if "x-enum-varnames" in schema:
        data["names"] = dict(zip(schema["enum"], schema["x-enum-varnames"], strict=True))
    if "description" in schema:
        data["doc"] = schema["description"]
    if "x-mixin" in schema:
        data["mixin"] = schema["x-mixin"].rpartition(".")[2]
    return data


def split(text: str, places: dict[str, str]) -> dict[str, str]:
    """Class name -> its text, with the classes of other modules written as `models.Name`, to be found when needed."""
    lines = text.splitlines()
    bodies = {}
    for node in ast.parse(text).body:
        if not isinstance(node, ast.ClassDef):
            continue
        mine = [name for name, module in places.items() if module == places[node.name]]
        others = "|".join(sorted(places.keys() - mine, key=len, reverse=True))
        body = []
        for line in lines[node.lineno - 1 : node.end_lineno]:
            head, colon, hint = line.partition(": ")
            if colon and re.fullmatch(r"    \w+", head):
                line = head + colon + re.sub(rf"\b({others})\b", r"models.\1", hint)
            body.append(line.rstrip())
        bodies[node.name] = tidy("\n".join(body))
    return bodies


def tidy(text: str) -> str:
    """The blank lines that a reader expects: after the docstring and before `allowed_values`, nowhere else."""
    text = re.sub(r"\n{2,}", "\n", text)
    return re.sub(r'("""|[^"])\n(?=    allowed_values:)', r"\1\n\n", text.replace('"""\n', '"""\n\n', 1))


def render_module(
    names: list[str], bodies: dict[str, str], schemas: Json, more: list[str], env: jinja2.Environment
) -> str:
    classes = [bodies[name] for name in sorted(names, key=lambda name: ("enum" not in schemas[name], name))]
    used = set(re.findall(r"\w+", " ".join(re.sub(r'""".*?"""', "", body, flags=re.S) for body in classes)))
    imports = [line for name, line in IMPORTS.items() if name in used]
    for name in names:
        if mixin := schemas[name].get("x-mixin"):
            module, _, mixin_class = mixin.rpartition(".")
            imports.append(f"from {PACKAGE}._mixins.{module} import {mixin_class}")
    for line in more:
        module, name = line.removeprefix("+").split()
        imports.append(f"from {PACKAGE}.{module} import {name} as {name}")
    return env.get_template("model_file.jinja2").render(imports=sort_imports(imports), classes=classes)


def sort_imports(lines: list[str]) -> list[list[str]]:
    """Standard library, msgspec, ours: one line a module."""
    merged: dict[str, list[str]] = {}
    for line in lines:
        module, _, name = line.removeprefix("from ").partition(" import ")
        merged.setdefault(module, []).append(name)
    groups: list[list[str]] = [[], [], []]
    for module, names in sorted(merged.items()):
        group = 2 if module.startswith("conductor") else 1 if module.startswith("msgspec") else 0
        groups[group].append(f"from {module} import {', '.join(sorted(names))}")
    return [group for group in groups if group]
