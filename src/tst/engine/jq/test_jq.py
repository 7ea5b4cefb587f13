"""jq programs: the server's results, in a process that knows nothing and can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.engine import jq

SOURCE = Path(__file__).parents[3]
CORPORA = SOURCE / "tst" / "corpora"
RESULTS = json.loads((CORPORA / "jq.json").read_text())
ESCAPES = json.loads((CORPORA / "escapes.json").read_text())["jq"]


@pytest.fixture(scope="module", autouse=True)
def child() -> Iterator[None]:
    jq.close()
    jq.warm_up()
    yield
    jq.close()


@pytest.mark.parametrize(("program", "output"), RESULTS["cases"], ids=[case[0] for case in RESULTS["cases"]])
def test_a_program_gives_what_it_gives_on_the_real_server(program: str, output: dict[str, Any]) -> None:
    """Results and error texts are those that the real server was recorded with."""
    document = {**RESULTS["input"], "queryExpression": program}
    if "error" in output:
        with pytest.raises(jq.JqError) as caught:
            jq.transform(program, document)
        assert str(caught.value) == output["error"]
    else:
        results = jq.transform(program, document)
        assert json.dumps(results, sort_keys=True) == json.dumps(output["resultList"], sort_keys=True)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    )
)
def test_input_passes_through_unharmed(value: Any) -> None:
    """The identity gives back the input, all digits of integers included."""
    assert jq.transform(".v", {"v": value}) == [value]


@settings(deadline=None)
@given(st.text(".[]|(){}\"'$ab1,;#\n\\:?/ ", max_size=30))
def test_any_text_is_a_result_or_a_clear_error(program: str) -> None:
    """Nothing but JqError comes out of a user's text."""
    with suppress(jq.JqError):
        json.dumps(jq.transform(program, {"a": 1}))


@pytest.mark.parametrize("attempt", ESCAPES)
def test_an_escape_attempt_reaches_nothing(attempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, file, module or further input comes out, whatever is tried."""
    monkeypatch.setenv("CANARY", "c4n4ry-variable")
    jq.transform('.left as $left | "c4n4ry-other"', {"left": "c4n4ry-other"})

    try:
        shown = json.dumps(jq.transform(attempt, {"a": "x"}))
    except jq.JqError as error:
        shown = str(error)

    assert "c4n4ry" not in shown
    assert os.environ["PATH"] not in shown
    assert "root:x:0" not in shown


BUSY = [
    "def f: f; f", "[range(1e12)]", "range(1e12)", "repeat(1)", "def f: [f]; f", '"a"*1e10', "until(false;.)",
    '[limit(1e9;repeat("aaaaaaaaaa"))]', "reduce range(1e12) as $i (0;.+1)", "last(range(1e12))",
    '"' + "a" * 40 + 'b"|test("(a+)+$")', "(" * 100_000, "[" * 20_000 + "]" * 20_000, "getpath([range(1e6)])",
    "[limit(1e7;repeat(1))]|length", "first(empty,repeat(empty))", "reduce range(1e6) as $i (.;[.])",
]  # fmt: skip


@pytest.mark.parametrize("program", BUSY, ids=[program[:30] for program in BUSY])
def test_a_greedy_program_is_stopped_and_the_next_one_works(program: str) -> None:
    """Endless loops, recursion and hunger for memory come to an end."""
    started = time.perf_counter()

    with suppress(jq.JqError):
        jq.transform(program, {}, seconds=0.2)

    assert time.perf_counter() - started < 5
    assert jq.transform("1+1", {}) == [2]


def test_a_program_that_takes_too_long_says_so() -> None:
    """The message tells the limit."""
    with pytest.raises(jq.JqError, match=r"longer than 0\.1 seconds"):
        jq.transform("def f: f; f", {}, seconds=0.1)


def test_there_is_no_process_before_the_first_program_and_none_after_closing() -> None:
    """Importing starts nothing; the child ends with its parent."""
    code = """
import psutil, sys
from conductor.engine import jq
me = psutil.Process()
assert "jq" not in sys.modules and not me.children()
jq.transform(".", {})
(child,) = me.children()
print(child.pid)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, check=True, timeout=60, capture_output=True, text=True
    )

    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
