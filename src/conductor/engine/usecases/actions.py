"""What messages of event queues set off: the handlers of their event, and their actions."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from conductor.engine.ending import terminate_by_request
from conductor.engine.errors import EngineError, InvalidInput, NotFound
from conductor.engine.evaluation import Evaluation, EvaluationFailed, NotEvaluatedYet
from conductor.engine.expressions import evaluate_templates, substitute
from conductor.engine.messages import TaskAction, TerminateAction, UpdateVariablesAction
from conductor.engine.model import Action, EventHandler, StartWorkflowRequest
from conductor.engine.scripts import EVALUATORS, is_true
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.turn import Published
from conductor.engine.usecases.waiting import Waiting

log = logging.getLogger(__name__)

_KIND = "message"
#: messages kept for events that nobody handles; the oldest give way
_MOST_KEPT = 1000


class Actions(Waiting):
    """A message is handled when it is published; one that nobody handles is kept until somebody does."""

    def _load_documents(self) -> None:
        super()._load_documents()
        handlers = (msgspec.json.decode(body, type=EventHandler) for _, body in self.store.documents("event_handler"))
        self.handlers: dict[str, EventHandler] = {handler.name or "": handler for handler in handlers}
        self._kept = {key: msgspec.json.decode(body, type=Published) for key, body in self.store.documents(_KIND)}
        self.deliver_kept()
        if self._messages:
            self.timers.set(("events", "", ""), self.clock())

    # -- messages -----------------------------------------------------------------------------------------------------

    def kept_messages(self) -> list[Published]:
        """Messages that wait for a handler."""
        return list(self._kept.values())

    def deliver_kept(self) -> None:
        """Have messages that were kept handled, if there is somebody for them now."""
        for key, message in list(self._kept.items()):
            if self._handlers_of(message.event):
                self._drop_kept(key)
                self.publish(message)

    def _keep_message(self, message: Published) -> None:
        key = f"{message.event}\n{message.message_id}"
        self._kept[key] = message
        self._save_document(_KIND, key, msgspec.json.encode(message))
        if len(self._kept) > _MOST_KEPT:
            log.warning("more than %d messages wait for an event handler, the oldest is dropped", _MOST_KEPT)
            self._drop_kept(next(iter(self._kept)))

    def _drop_kept(self, key: str) -> None:
        del self._kept[key]
        self._save_document(_KIND, key, None)

    def _put_off(self, message: Published) -> None:
        """There is too much to do at once: the message is kept, and a timer brings it back."""
        self._keep_message(message)
        self.timers.set(("events", "", ""), self.clock())

    def _on_timer(self, kind: str, name: str) -> None:
        if kind == "events":
            self.deliver_kept()
        else:
            super()._on_timer(kind, name)

    def _deliver(self, message: Published) -> None:
        handlers = self._handlers_of(message.event)
        if not handlers:
            self._keep_message(message)
            return
        for handler in handlers:
            try:
                applies = self._applies(handler, message)
            except NotEvaluatedYet:
                self._keep_message(message)  # `decide_again` brings it back
                return
            if applies:
                for action in handler.actions:
                    self._carry_out(handler, action, message)

    def _handlers_of(self, event: str) -> list[EventHandler]:
        return [
            handler
            for handler in self.handlers.values()
            if handler.active and (handler.event == event or substitute(handler.event, {}, env=self.env) == event)
        ]

    def _applies(self, handler: EventHandler, message: Published) -> bool:
        condition, kind = handler.condition, handler.evaluator_type
        if not condition or not condition.strip():
            return True
        kind = kind if kind in EVALUATORS else "javascript"
        scope = {"$": message.payload} if not isinstance(message.payload, dict) else _expanded(message.payload)
        try:
            return is_true(self.evaluate("", Evaluation(kind, condition, scope, self.clock())))
        except EvaluationFailed as error:
            log.warning("the condition of event handler %s failed: %s", handler.name, error)
            return False

    def _look_again(self, workflow_id: str, task_ids: Any) -> None:
        if workflow_id == "":
            self.deliver_kept()
        else:
            super()._look_again(workflow_id, task_ids)

    # -- actions ------------------------------------------------------------------------------------------------------

    def _carry_out(self, handler: EventHandler, action: Action, message: Published) -> None:
        payload = message.payload if isinstance(message.payload, dict) else {}
        if action.expand_inline_json:
            payload = _expanded(payload)
        try:
            self._act_on(action, message, payload)
        except EngineError as error:
            log.warning(
                "event handler %s: %s failed for message %s: %s",
                handler.name,
                action.action,
                message.message_id,
                error.message,
            )

    def _act_on(self, action: Action, message: Published, payload: dict[str, Any]) -> None:
        if action.action == "start_workflow" and action.start_workflow is not None:
            self._start_by_event(action, message, payload)
        elif action.action in ("complete_task", "fail_task"):
            details = action.complete_task if action.action == "complete_task" else action.fail_task
            status = "COMPLETED" if action.action == "complete_task" else "FAILED"
            self._end_task_by_event(details or TaskAction(), status, message, payload)
        elif action.action == "terminate_workflow":
            self._terminate_by_event(action.terminate_workflow or TerminateAction(), payload)
        elif action.action == "update_workflow_variables":
            self._variables_by_event(action.update_workflow_variables or UpdateVariablesAction(), payload)
        else:
            raise InvalidInput(f"Action not supported {action.action}")

    def _start_by_event(self, action: Action, message: Published, payload: dict[str, Any]) -> None:
        details = action.start_workflow
        assert details is not None
        domains = details.task_to_domain or payload.get("taskToDomain")
        start = self.prepared(
            StartWorkflowRequest(
                name=details.name,
                version=details.version,
                correlation_id=substitute(details.correlation_id, payload, env=self.env),
                input={**evaluate_templates(details.input, payload, env=self.env), **_marks(message)},
                task_to_domain=domains if isinstance(domains, dict) else {},
            )
        )
        start.event = message.event
        self.begin(start)

    def _end_task_by_event(self, details: TaskAction, status: str, message: Published, payload: dict[str, Any]) -> None:
        fields = {
            "workflowId": details.workflow_id,
            "taskId": details.task_id,
            "taskRefName": details.task_ref_name,
            "reasonForIncompletion": details.reason_for_incompletion,
            **details.output,
        }
        resolved = evaluate_templates(fields, payload, env=self.env)
        execution = self.get(str(resolved["workflowId"]))
        task = self._task_of_action(execution, resolved)
        if task is None:
            raise NotFound(f"No task {resolved['taskId'] or resolved['taskRefName']} in workflow {execution.id}")
        if task.terminal or execution.record.terminal:
            return
        reason = resolved["reasonForIncompletion"]
        output = {**task.output, **resolved, **_marks(message)}
        self.finish_task(execution, task, status, str(reason) if reason is not None else None, output)

    @staticmethod
    def _task_of_action(execution: Execution, resolved: dict[str, Any]) -> TaskRecord | None:
        if resolved["taskId"]:
            return execution.by_id.get(str(resolved["taskId"]))
        return execution.latest(str(resolved["taskRefName"]))

    def _terminate_by_event(self, details: TerminateAction, payload: dict[str, Any]) -> None:
        execution = self.get(str(substitute(details.workflow_id, payload, env=self.env)))
        if not execution.record.terminal:
            turn = self.turn(execution)
            reason = substitute(details.termination_reason, payload, env=self.env)
            terminate_by_request(turn, None if reason is None else str(reason))
            self.apply(turn)

    def _variables_by_event(self, details: UpdateVariablesAction, payload: dict[str, Any]) -> None:
        execution = self.get(str(substitute(details.workflow_id, payload, env=self.env)))
        record, turn = execution.record, self.turn(execution)
        values = evaluate_templates(details.variables or {}, payload, env=self.env)
        if details.append_array:
            for name, value in values.items():
                known = record.variables.get(name)
                if isinstance(known, list):
                    values[name] = known + (value if isinstance(value, list) else [value])
        record.variables = {**record.variables, **values}
        turn.change_workflow()
        self.apply(turn)


def _marks(message: Published) -> dict[str, Any]:
    return {"conductor.event.messageId": message.message_id, "conductor.event.name": message.event}


def _expanded(value: Any) -> Any:
    """The value with strings that hold a JSON object or array replaced by what they hold."""
    if isinstance(value, dict):
        return {key: _expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value
