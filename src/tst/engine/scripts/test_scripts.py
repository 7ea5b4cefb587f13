"""JavaScript expressions: the server's results, and nothing in reach beyond them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.scripts import (
    Limits,
    ScriptError,
    ScriptTimeout,
    check_syntax,
    evaluate,
    is_true,
    lambda_source,
    warm_up,
)

pytest.importorskip("wasmtime", reason="JavaScript needs Python 3.11 or later")

CORPORA = Path(__file__).parents[2] / "corpora"
SOURCE = Path(__file__).parents[3]
RESULTS = json.loads((CORPORA / "scripts.json").read_text())
ESCAPES = json.loads((CORPORA / "escapes.json").read_text())
ATTEMPTS = [reach.replace("@", body) for reach in ESCAPES["reach"] for body in ESCAPES["body"]] + ESCAPES["javascript"]
QUICK = Limits(seconds=0.05)


def run(expression: str, scope: Any = None, limits: Limits = QUICK) -> Any:
    return evaluate("javascript", expression, scope or {}, limits=limits)


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    warm_up()


@pytest.mark.parametrize(("expression", "output"), RESULTS["cases"], ids=[case[0][:60] for case in RESULTS["cases"]])
def test_an_expression_gives_what_it_gives_on_the_real_server(expression: str, output: dict[str, Any]) -> None:
    """Results and error texts are those that the real server was recorded with."""
    if "error" in output:
        with pytest.raises(ScriptError) as caught:
            run(expression, RESULTS["input"], Limits())
        assert str(caught.value) == output["error"]
    else:
        value = run(expression, RESULTS["input"])
        assert json.dumps(value, sort_keys=True) == json.dumps(output["result"], sort_keys=True)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda i: st.lists(i, max_size=4)))
def test_input_passes_through_unharmed(value: Any) -> None:
    """What an expression only hands on comes out as it went in, ids beyond a double's precision included."""
    assert run("$.v", {"v": value}) == value


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_a_clear_error(expression: str) -> None:
    """Nothing but ScriptError comes out of a user's text, and nothing but JSON."""
    with suppress(ScriptError):
        json.dumps(run(expression, {"a": 1}))


def test_integers_keep_all_their_digits() -> None:
    """An id of 64 bits passes through maps and lists."""
    assert run("({id:$.a.id,l:$.l})", {"a": {"id": 2**53 + 1}, "l": [-(2**62) - 1]}) == {
        "id": 2**53 + 1,
        "l": [-(2**62) - 1],
    }


def test_the_scope_is_not_changed_by_an_expression() -> None:
    """`$` is a copy."""
    scope = {"a": {"b": [1]}}
    run("$.a.b.push(2);$.a.c=1;delete $.a", scope)

    assert scope == {"a": {"b": [1]}}


def test_value_param_names_a_key_of_the_scope() -> None:
    """Only keys at the top are looked up; an absent one is null."""
    assert evaluate("value-param", "a", {"a": [1]}) == [1]
    assert evaluate("value-param", "a.b", {"a": {"b": 1}}) is None


@pytest.mark.parametrize(("kind", "message"), [("python", "'javascript' instead"), ("zz", "No evaluator registered")])
def test_other_evaluators_are_refused_with_what_to_do(kind: str, message: str) -> None:
    """Python is not run here; an unknown type is named."""
    with pytest.raises(ScriptError, match=message):
        evaluate(kind, "1", {})


def test_a_lambda_may_return() -> None:
    """A LAMBDA's script is the body of a function."""
    assert run(lambda_source("if($.n>1){return 'big'} return 'small' // why"), {"n": 2}) == "big"


@pytest.mark.parametrize(
    ("value", "holds"),
    [(True, True), (False, False), (1, True), (0, False), (-1, False), (0.5, True), ("true", False), ({}, False),
     ([1], False), (None, False)],
)  # fmt: skip
def test_a_condition_holds_for_true_and_numbers_above_zero(value: Any, holds: bool) -> None:
    """Strings, objects and null never hold."""
    assert is_true(value) is holds


@pytest.mark.parametrize("expression", ["1", "if($.a){'x'}", "let a=1;a", "x => y", "while(true);", ""])
def test_good_syntax_passes_without_being_run(expression: str) -> None:
    """Checking compiles and runs nothing."""
    assert check_syntax(expression) is None


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("1 +", "SyntaxError: inline:1:3 Expected an operand but found eof\n1 +\n   ^\n"),
        ("return 1", "SyntaxError: inline:1:0 Invalid return statement\nreturn 1\n^\n"),
        ("1;\n)", "SyntaxError: inline:2:0 Expected an operand but found )\n)\n^\n"),
    ],
)
def test_bad_syntax_is_shown_with_its_place(expression: str, error: str) -> None:
    """The text is the server's: file, line, column, the line and a caret."""
    assert check_syntax(expression) == error


def test_the_time_can_be_given() -> None:
    """Under a virtual clock an expression sees the virtual time."""
    assert evaluate("javascript", "Date.now()", {}, now=86_400_000) == 86_400_000
    assert abs(evaluate("javascript", "Date.now()", {}) - time.time() * 1000) < 60_000


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_escape_attempt_reaches_nothing(attempt: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No host object, variable, file or other expression's data comes out, whatever is tried."""
    canary = tmp_path / "canary"
    canary.write_text("c4n4ry-file")
    monkeypatch.setenv("CANARY", "c4n4ry-variable")
    run("globalThis.left='c4n4ry-other'; Object.prototype.left='c4n4ry-other'; $.left", {"left": "c4n4ry-other"})
    scope = {"m": {"a": 1}, "list": [1, 2], "s": "x"}

    try:
        shown = json.dumps(run(attempt.replace("CANARY_FILE", repr(str(canary))), scope))
    except ScriptError as error:
        shown = str(error)

    assert "c4n4ry" not in shown
    assert os.environ["PATH"] not in shown
    assert "root:x:0" not in shown
    assert "module '" not in shown


def test_expressions_do_not_see_each_other() -> None:
    """Globals and prototypes that one expression changes are as new for the next."""
    run("var x=1; globalThis.y=2; Array.prototype.z=3; Object.prototype.toString=()=>'!'; JSON.parse=null; $=1")

    assert run("[typeof x, typeof y, [].z, ({})+'', typeof JSON.parse, $]", {"n": 1}) == [
        "undefined", "undefined", None, "[object Object]", "function", {"n": 1},
    ]  # fmt: skip


BUSY = """
while(true);
for(;;){try{(function f(){f()})()}catch(e){}}
try{while(1);}catch(e){while(1);}finally{while(1);}
(function f(){f()})()
let s='a';while(true)s+=s
'a'.repeat(2**30)
'x'.padEnd(2**29)
Array.prototype.indexOf.call({length:2**53-1},1)
Array.prototype.fill.call({length:2**53-1},1)
Array.prototype.lastIndexOf.call({length:2**53-1},1)
Array.prototype.reverse.call({length:2**53-1})
Array.prototype.includes.call({length:2**53-1},1)
Array.prototype.join.call({length:2**53-1},'')
Array.prototype.copyWithin.call({length:2**53-1},1,0)
Array.prototype.splice.call({length:2**53-1},0,1)
Array.prototype.unshift.call({length:2**53-1000},1)
Array.prototype.shift.call({length:2**53-1})
Array.prototype.sort.call({length:2**53-1})
Array.prototype.toSorted.call({length:2**32-1})
Array.prototype.every.call({length:2**53-1},()=>1)
Array.prototype.flat.call({length:2**53-1})
Array.prototype.find.call({length:2**53-1},()=>0)
Array.prototype.concat.call([],{length:2**53-1,[Symbol.isConcatSpreadable]:true})
String.raw({raw:{length:2**53-1}})
Reflect.apply(Math.max,null,{length:2**31})
/(a+)+$/.test('a'.repeat(50)+'b')
/(a*)*b/.exec('a'.repeat(40))
/(?=(a+))+b/.exec('a'.repeat(1e5))
new RegExp('('.repeat(100000))
[...Array(1e7).keys()].sort(()=>Math.random()-0.5).length
[2,1].sort(()=>{while(1);})
new Array(2**32-1).fill(0)
new Array(1e9).join('x')
new ArrayBuffer(2**31)
new Uint8Array(2**30)
let a=[];while(true)a.push(a.slice())
let a=[];while(true)a=[a]
JSON.stringify(Array(1e7).fill('x'))
JSON.parse('['.repeat(1e6))
2n**(2n**40n)
(2n**1000000n).toString().length
let n=3n;while(true)n=n*n
let o={};for(let i=0;;i++)o['k'+i]=i
let m=new Map();for(let i=0;;i++)m.set(i,{})
eval('('.repeat(100000))
new Function('return '+'1+'.repeat(1e6)+'1')()
new Proxy({}, {get(){while(true);}}).x
({toString(){while(true);}})+''
({get x(){while(true);}})
({get x(){return this}})
new Proxy({},{ownKeys(){while(1);}})
new Proxy([],{get(t,k){return k==='length'?1e9:0}})
throw new Proxy({},{get(){while(1);}})
throw {get stack(){while(1);}}
function*g(){while(true)yield 1};[...g()]
'x'.repeat(1e7).replace(/x/g,'y'.repeat(1e4))
'a'.repeat(2**28).split('')
Array.from({length:2**32})
[].concat(...Array(1e6).fill(Array(1e4)))
Array(1e6).fill(0).flatMap(()=>Array(1e6))
String.fromCharCode(...Array(1e7).fill(65))
Math.max(...Array(1e7).fill(1))
let p={};for(;;)p=Object.create(p)
let p={};for(let i=0;i<1e6;i++)p=Object.create(p);p.zz
let p={};for(let i=0;i<1e5;i++)p={p};p
let p=[];for(let i=0;i<1e5;i++)p=[p];JSON.stringify(p)
for(const x of 'a'.repeat(1e9));
'a'.repeat(2**25).indexOf('a'.repeat(2**24)+'b')
let a=Array(1e5).fill('a'.repeat(1e4)); a.join('').length
'\\u0041'.repeat(1e7).normalize('NFKD').length
Array(100).fill('x'.repeat(1e6))
new Array(5e6)
let f=()=>f;f
Object.defineProperty(globalThis,'x',{get(){while(1);}});x
new Date(8.64e15).toString().repeat(1e8)
parseFloat('1'.repeat(1e7))
[..."\\u{1F600}".repeat(1e6)].length
class A extends(class B extends(function(){while(1);}){}){};new A
label:while(1)continue label
do{}while(1)
async function f(){while(1);} f()
""".strip().splitlines()


@pytest.mark.parametrize("expression", BUSY)
def test_a_greedy_expression_is_stopped_and_the_next_one_works(expression: str) -> None:
    """Endless loops (in scripts and in the engine's own functions), recursion and hunger for memory come to an end."""
    started = time.perf_counter()

    with suppress(ScriptError):
        run(expression)

    assert time.perf_counter() - started < 5
    assert run("1+1") == 2


def test_a_slow_expression_fails_in_the_servers_words() -> None:
    """The message tells the limit."""
    with pytest.raises(ScriptTimeout, match=r"Script not evaluated within 0\.05 seconds, interrupted\."):
        run("while(true);")


def test_an_expression_stops_at_the_same_step_each_time() -> None:
    """Steps are counted, not seconds: what is within the limit once is within it always."""
    loop = "let n=0; for(let i=0;i<$.n;i++) n+=i; n"
    outcomes = set()
    for _ in range(5):
        try:
            outcomes.add(str(run(loop, {"n": 20_000}, Limits(seconds=0.01))))
        except ScriptTimeout as error:
            outcomes.add(str(error))

    assert len(outcomes) == 1


def test_a_process_that_ran_greedy_expressions_stays_small() -> None:
    """Memory that an expression took is given back."""
    code = """
from conductor.engine.scripts import evaluate, Limits, ScriptError, warm_up
warm_up()
for _ in range(5):
    try:
        evaluate("javascript", "let a=[];while(true)a.push('x'.repeat(1000)+a.length)", {}, limits=Limits(seconds=0.2))
    except ScriptError:
        pass
# ru_maxrss would be that of the process which started this one, where it was larger.
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process's memory is read from /proc")
    source = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True, timeout=60
    )

    assert int(result.stdout) < 200


def test_importing_the_engine_loads_no_javascript() -> None:
    """Who runs no expression does not pay for the sandbox."""
    code = "import sys, conductor.engine.scripts; assert 'wasmtime' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SOURCE, timeout=60)
