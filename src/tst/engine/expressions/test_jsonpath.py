"""The JSONPath dialect, against recorded answers of the real server and against hostile paths."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.expressions import InvalidPath, compile_path, read_path

CORPUS = json.loads((Path(__file__).parents[2] / "corpora" / "jsonpath.json").read_text())
DOCUMENT = {"workflow": {"input": CORPUS["input"], "version": 1}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abx. '\"\\[]", max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("path", "result"), CORPUS["cases"], ids=[case[0] for case in CORPUS["cases"]])
def test_a_path_reads_what_the_real_server_reads(path: str, result: Any) -> None:
    """Every recorded answer of the real server is ours, to the byte of its JSON."""
    assert json.dumps(result) == json.dumps(read_path(path, DOCUMENT))


@given(json_values, st.data())
def test_a_bracketed_path_leads_to_every_node(document: Any, data: st.DataObject) -> None:
    """Any node can be reached by the path of its keys and indexes, whatever the keys contain."""
    node, path = document, "$"
    while isinstance(node, (dict, list)) and node and data.draw(st.booleans()):
        if isinstance(node, dict):
            key = data.draw(st.sampled_from(sorted(node)))
            escaped = key.replace("\\", "\\\\").replace("'", "\\'")
            path, node = f"{path}['{escaped}']", node[key]
        else:
            index = data.draw(st.integers(-len(node), len(node) - 1))
            path, node = f"{path}[{index}]", node[index]

    assert node == read_path(path, document)


@given(json_values)
def test_a_scan_of_everything_finds_each_node_below_the_root_once(document: Any) -> None:
    """`$..*` lists all nodes but the root."""

    def count(node: Any) -> int:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return sum(1 + count(child) for child in inner)

    assert count(document) == len(read_path("$..*", document))


@given(st.text("$@.[]()*?!&|<>=~'\"/:,- ab01", max_size=40), json_values)
def test_any_text_gives_a_value_and_never_an_error(path: str, document: Any) -> None:
    """A path is user input: reading it never raises."""
    json.dumps(read_path(path, document))


@pytest.mark.parametrize(
    "path", ["a[0", "a.", "a[?(@.x]", "a b", "a[x]", "a['x", "..", "a[?(@.x == )]", "a[?(@ =~ /(/)]"]
)
def test_compiling_an_invalid_path_says_where_it_fails(path: str) -> None:
    """The error of a malformed path names the path and the place."""
    with pytest.raises(InvalidPath, match=r"'.*'"):
        compile_path(path)


HOSTILE = {
    "catastrophic regex": ("l[?(@ =~ /(a+)+b/)]", {"l": ["a" * 40] * 50}),
    "nested quantifiers": (r"l[?(@ =~ /(\w*)*\W(\w*)*/)]", {"l": ["x" * 5000] * 20}),
    "scan of scans": ("..*..*..*..*..*", {"l": [[[[list(range(10))] * 5] * 5] * 5] * 5}),
    "wildcards": ("*" + "[*]" * 20, {"l": [[0] * 100] * 1000}),
    "brackets": ("a" + "[" * 9000, {}),
    "parentheses": ("a[?(" + "(" * 5000 + "@.x" + ")" * 5000 + ")]", {"a": [1]}),
    "negations": ("a[?(" + "!" * 9000 + "@.x)]", {"a": [1]}),
    "huge index": ("a[" + "9" * 9000 + "]", {"a": [1]}),
    "huge number": ("a[?(@ == " + "9" * 9000 + ")]", {"a": [1]}),
    "long regex": ("a[?(@ =~ /" + "(a|" * 3000 + ")" * 3000 + "/)]", {"a": ["a"]}),
    "counted regex": ("a[?(@ =~ /((a{1,999}){1,999}){1,999}b/)]", {"a": ["a" * 10000]}),
    "deep document": ("..x", {"a": __import__("functools").reduce(lambda inner, _: [inner], range(900), 0)}),
    "deep steps": ("a" + ".a" * 4000, {"a": {}}),
    "nested filters": ("a" + "[?(@.a" * 300 + ")]" * 300, {"a": [{"a": 1}]}),
    "functions": ("l" + ".length()" * 900, {"l": []}),
    "nested functions": ("l.sum(" + "$.l.sum(" * 500 + ")" * 501, {"l": [1]}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_path_ends_soon(name: str) -> None:
    """No path can keep the engine busy: nodes and regular expressions have budgets."""
    path, document = HOSTILE[name]
    started = time.perf_counter()

    read_path(path, document)

    assert time.perf_counter() - started < 2
