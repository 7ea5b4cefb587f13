"""The workflow DSL: what each class says in the definition, and every defect of its predecessor mended."""

from __future__ import annotations

import copy

import msgspec
import pytest

from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.task.do_while_task import DoWhileTask, ForEachTask, LoopTask
from conductor.client.workflow.task.dynamic_fork_task import DynamicForkTask
from conductor.client.workflow.task.dynamic_task import DynamicTask
from conductor.client.workflow.task.event_task import ConductorEventTask, SqsEventTask
from conductor.client.workflow.task.fork_task import ForkTask
from conductor.client.workflow.task.http_poll_task import HttpPollInput, HttpPollTask
from conductor.client.workflow.task.http_task import HttpInput, HttpMethod, HttpTask
from conductor.client.workflow.task.human_task import HumanTask
from conductor.client.workflow.task.inline import InlineTask
from conductor.client.workflow.task.javascript_task import JavascriptTask
from conductor.client.workflow.task.join_task import JoinTask
from conductor.client.workflow.task.json_jq_task import JsonJQTask
from conductor.client.workflow.task.kafka_publish import KafkaPublishTask
from conductor.client.workflow.task.kafka_publish_input import KafkaPublishInput
from conductor.client.workflow.task.llm_tasks import ChatMessage, LlmChatComplete, LlmIndexText, ToolCall
from conductor.client.workflow.task.llm_tasks.utils.embedding_model import EmbeddingModel
from conductor.client.workflow.task.set_variable_task import SetVariableTask
from conductor.client.workflow.task.simple_task import SimpleTask, simple_task
from conductor.client.workflow.task.start_workflow_task import StartWorkflowTask
from conductor.client.workflow.task.sub_workflow_task import SubWorkflowTask
from conductor.client.workflow.task.switch_task import SwitchTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.terminate_task import TerminateTask, WorkflowStatus
from conductor.client.workflow.task.timeout_policy import TimeoutPolicy
from conductor.client.workflow.task.wait_task import WaitForDurationTask, WaitTask, WaitUntilTask


def task(name: str) -> SimpleTask:
    return SimpleTask(name, f"{name}_ref")


def wire(made: TaskInterface) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(made.to_workflow_task())
    return plain


def shape(tasks: list[WorkflowTask] | None) -> list[object]:
    """Reference names, with a fork's branches as lists."""
    out: list[object] = []
    for each in tasks or []:
        out.append(each.task_reference_name)
        out += [shape(branch) for branch in each.fork_tasks or []]
    return out


CASES: list[tuple[TaskInterface, dict[str, object]]] = [
    (simple_task("a", "r", {"x": 1}), {"name": "a", "type": "SIMPLE", "inputParameters": {"x": 1}}),
    (DynamicTask("${workflow.input.t}", "r"), {"type": "DYNAMIC", "dynamicTaskNameParam": "taskToExecute"}),
    (JoinTask("r", ["a"], "script"), {"joinOn": ["a"], "evaluatorType": "js", "expression": "script"}),
    (DynamicForkTask("r", "t", "i"), {"dynamicForkTasksParam": "t", "dynamicForkTasksInputParamName": "i"}),
    (DoWhileTask("r", "$.x < 3", [task("a")]), {"type": "DO_WHILE", "loopCondition": "$.x < 3"}),
    (LoopTask("r", 3, task("a")), {"loopCondition": "if ( $.r.iteration < 3 ) { true; } else { false; }"}),
    (WaitForDurationTask("r", 5), {"type": "WAIT", "inputParameters": {"duration": "5s"}}),
    (WaitUntilTask("r", "2030-01-01"), {"inputParameters": {"until": "2030-01-01"}}),
    (HttpTask("r", {"uri": "u"}), {"inputParameters": {"http_request": {"method": "GET", "uri": "u"}}}),
    (InlineTask("r", "1", {"x": 2}), {"type": "INLINE"}),
    (JsonJQTask("r", ".a"), {"inputParameters": {"queryExpression": ".a"}}),
    (HumanTask("r", "n", "f", 2), {"type": "HUMAN"}),
    (SqsEventTask("r", "q"), {"sink": "sqs:q"}),
    (ConductorEventTask("r", "q"), {"sink": "conductor:q"}),
    (SetVariableTask("r").input_parameter("a", 1), {"type": "SET_VARIABLE", "inputParameters": {"a": 1}}),
    (
        TerminateTask("r", WorkflowStatus.FAILED, "why"),
        {"inputParameters": {"terminationStatus": "FAILED", "terminationReason": "why"}},
    ),
    (
        SubWorkflowTask("r", "w", 2, {"a": "d"}),
        {"subWorkflowParam": {"name": "w", "version": 2, "taskToDomain": {"a": "d"}}},
    ),
    (
        StartWorkflowTask("r", "w", StartWorkflowRequest(name="x", correlation_id="c"), 2),
        {"inputParameters": {"startWorkflow": {"name": "w", "version": 2, "correlationId": "c"}}},
    ),
    (
        KafkaPublishTask("r", KafkaPublishInput(bootstrap_servers="b", topic="t", value="v")),
        {"inputParameters": {"kafka_request": {"bootStrapServers": "b", "topic": "t", "value": "v"}}},
    ),
    (
        HttpPollTask("r", HttpPollInput(termination_condition="$.x", uri="u")),
        {"type": "HTTP_POLL"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), CASES, ids=lambda value: type(value).__name__)
def test_each_task_class_says_what_the_server_reads(made: TaskInterface, expected: dict[str, object]) -> None:
    """A class of the DSL gives the definition's fields under the wire's names."""
    plain = wire(made)
    assert plain["taskReferenceName"] == "r"
    assert {key: plain.get(key) for key in expected} == expected


def test_an_http_call_leaves_out_what_was_not_said() -> None:
    """Options of a call that are None do not reach the definition."""
    made = HttpTask("r", HttpInput(method=HttpMethod.POST, uri="u", body={"a": 1}, read_timeout=9))
    assert made.input_parameters["http_request"] == {"method": "POST", "uri": "u", "body": {"a": 1}, "readTimeOut": 9}
    assert made.body("a") == "${r.output.response.body.a}"


def test_wait_until_uses_the_key_that_the_server_reads() -> None:
    """WaitTask(wait_until=...) sets `until`; both ways of waiting at once are refused."""
    assert WaitTask("w", wait_until="2030-01-01").input_parameters == {"until": "2030-01-01"}
    with pytest.raises(ValueError, match="not both"):
        WaitTask("w", wait_until="2030-01-01", wait_for_seconds=1)


def test_a_fork_at_the_end_gets_its_join() -> None:
    """A fork that nothing follows is still joined, or the server would refuse it."""
    workflow = ConductorWorkflow(None, "w") >> task("a") >> [task("b"), task("c")]
    tasks = workflow.to_workflow_def().tasks
    assert shape(tasks) == ["a_ref", "forked_1", ["b_ref"], ["c_ref"], "join_forked_1"]
    assert tasks is not None
    assert tasks[-1].join_on == ["b_ref", "c_ref"]


def test_a_fork_may_stand_in_a_branch_of_a_fork() -> None:
    """Nested forks keep their joins, also with join_on, and the outer join waits for the inner one."""
    inner = ForkTask("inner", [[task("x")], [task("y")]], ["x_ref"])
    outer = ForkTask("outer", [[task("a"), inner], [task("b")]])
    tasks = (ConductorWorkflow(None, "w") >> outer).to_workflow_def().tasks
    expected = ["outer", ["a_ref", "inner", ["x_ref"], ["y_ref"], "inner_join"], ["b_ref"], "join_outer"]
    assert shape(tasks) == expected
    assert tasks is not None
    assert tasks[-1].join_on == ["inner_join", "b_ref"]


def test_a_join_that_is_given_is_the_join() -> None:
    """No second join is made where one follows the fork."""
    workflow = ConductorWorkflow(None, "w") >> ForkTask("f", [[task("a")], [task("b")]]) >> JoinTask("j", ["a_ref"])
    assert shape(workflow.to_workflow_def().tasks) == ["f", ["a_ref"], ["b_ref"], "j"]


def test_the_same_code_gives_the_same_definition() -> None:
    """Names that the DSL makes up are counted, not drawn."""

    def build() -> bytes:
        part = ConductorWorkflow(None, "part", 1) >> task("p")
        workflow = (
            ConductorWorkflow(None, "w", 1) >> part >> [task("a"), task("b")] >> [[task("c"), task("d")], [task("e")]]
        )
        return msgspec.json.encode((workflow >> part).to_workflow_def())

    assert build() == build()


def test_restartable_reaches_the_definition() -> None:
    """restartable(False) is said to the server."""
    assert ConductorWorkflow(None, "w").restartable(False).to_workflow_def().restartable is False


def test_every_setting_can_be_chained() -> None:
    """Each method that sets something gives the workflow back, also for None."""
    workflow = (
        ConductorWorkflow(None, "w", 3)
        .timeout_policy(TimeoutPolicy.TIME_OUT_WORKFLOW)
        .timeout_seconds(5)
        .owner_email("a@b.c")
        .failure_workflow("f")
        .restartable(True)
        .enable_status_listener("sink")
        .disable_status_listener()
        .output_parameters(None)
        .output_parameter("x", 1)
        .input_template({"a": 1})
        .variables({"v": 1})
        .input_parameters(["i"])
    )
    definition = workflow.to_workflow_def()
    assert definition.timeout_policy == "TIME_OUT_WF"
    assert definition.output_parameters == {"x": 1}
    assert definition.workflow_status_listener_enabled is False


def test_an_execution_asks_for_the_workflows_own_version() -> None:
    """execute() and the starts send the version that the workflow has."""

    class Recorder:
        def execute_workflow(self, request: StartWorkflowRequest, *_: object) -> StartWorkflowRequest:
            return request

        def start_workflow(self, request: StartWorkflowRequest) -> StartWorkflowRequest:
            return request

    workflow = ConductorWorkflow(Recorder(), "w", 7) >> task("a")  # type: ignore[arg-type]
    for request in (workflow.execute({"x": 1}), workflow.start_workflow_with_input({"x": 1})):
        assert (request.version, request.input) == (7, {"x": 1})  # type: ignore[union-attr, attr-defined]


def test_a_definition_needs_no_executor_and_running_says_that_it_does() -> None:
    """A workflow without an executor builds; running it is a clear error."""
    workflow = ConductorWorkflow(None, "w") >> task("a")
    assert workflow.to_workflow_def().name == "w"
    with pytest.raises(RuntimeError, match="built without an executor"):
        workflow.register(overwrite=True)


def test_cache_may_be_set_both_ways() -> None:
    """The constructor's cache arguments and cache() say the same, and cache() can be chained."""
    given = TaskInterface("r", task_type="SIMPLE", cache_key="k", cache_ttl_second=5)  # type: ignore[arg-type]
    assert wire(given)["cacheConfig"] == {"key": "k", "ttlInSecond": 5}
    assert wire(SimpleTask("r", "r").cache("k", 5))["cacheConfig"] == {"key": "k", "ttlInSecond": 5}


def test_a_loop_over_a_list_runs_by_the_list() -> None:
    """ForEachTask uses the server's list loop and not a count that is never reached."""
    plain = wire(ForEachTask("r", [task("a")], "${workflow.input.xs}"))
    assert plain["items"] == "${workflow.input.xs}"
    assert plain["loopCondition"] == "true"


def test_javascript_is_what_every_server_evaluates() -> None:
    """Scripts ask for `javascript`, which older servers know too; another evaluator can be asked for."""
    assert wire(SwitchTask("s", "$.x", use_javascript=True))["evaluatorType"] == "javascript"
    assert InlineTask("i", "1").input_parameters["evaluatorType"] == "javascript"
    assert JavascriptTask("i", "1").evaluator_type("graaljs").input_parameters["evaluatorType"] == "graaljs"


def test_an_unknown_attribute_is_an_output_and_a_near_miss_is_an_error() -> None:
    """`task.total` refers to the output; `task.input_parametrs` is refused with the right name."""
    made = task("a")
    assert made.total == "${a_ref.output.total}"
    assert made.output("x.y") == "${a_ref.output.x.y}"
    with pytest.raises(AttributeError, match="did you mean 'input_parameter"):
        _ = made.input_parametrs


def test_what_is_no_task_is_refused_where_it_is_added() -> None:
    """`>>` and add() name what they were given."""
    for wrong in ("a", 3, [task("a"), "b"]):
        with pytest.raises(TypeError, match="expected a task"):
            ConductorWorkflow(None, "w") >> wrong


def test_a_copy_of_a_workflow_is_its_own() -> None:
    """deepcopy gives a workflow that changes alone."""
    workflow = ConductorWorkflow(None, "w") >> task("a")
    twin = copy.deepcopy(workflow) >> task("b")
    assert shape(workflow.to_workflow_def().tasks) == ["a_ref"]
    assert shape(twin.to_workflow_def().tasks) == ["a_ref", "b_ref"]


def test_tasks_for_models_say_what_was_given_and_no_more() -> None:
    """The LLM tasks name their inputs as the server reads them and leave out what is None."""
    chat = LlmChatComplete(
        "r", "openai", "gpt", messages=[ChatMessage("user", "hi", tool_calls=[ToolCall("t")])], max_tokens=5
    )
    assert wire(chat)["inputParameters"] == {
        "llmProvider": "openai",
        "model": "gpt",
        "messages": [{"role": "user", "message": "hi", "toolCalls": [{"name": "t", "type": "SIMPLE"}]}],
        "maxTokens": 5,
    }
    index = wire(LlmIndexText("r", "db", "i", EmbeddingModel("p", "m"), "text", "id"))
    assert index["inputParameters"] == {
        "vectorDB": "db", "index": "i", "embeddingModelProvider": "p", "embeddingModel": "m", "text": "text",
        "docId": "id",
    }  # fmt: skip
    assert (index["type"], index["name"]) == ("LLM_INDEX_TEXT", "llm_index_text")
