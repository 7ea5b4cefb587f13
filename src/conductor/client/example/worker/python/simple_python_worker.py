"""A worker in Python: makes the picking list of an order and, when the price is known, its invoice."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.exception import NonRetryableException
from conductor.client.worker.worker_interface import WorkerInterface


class Line(msgspec.Struct):
    """A line of an order."""

    item: str
    quantity: int
    unit_cents: int
    shelf: str = "?"


class Order(msgspec.Struct):
    """An order."""

    id: str
    lines: list[Line]
    customer: str = "a customer"
    currency: str = "EUR"


class Input(msgspec.Struct):
    """The task's input; all of it is optional, for the smallest workflow has none."""

    order: Order | None = None
    line_cents: list[int] | None = None
    total_cents: int | None = None


class SimplePythonWorker(WorkerInterface):
    """Input `order`: output `picking_list`; with `total_cents` and `line_cents` too: `invoice`; none: `key: value`."""

    def execute(self, task: Task) -> TaskResult:
        """Say what to take from which shelf, or what is to be paid."""
        try:
            given = msgspec.convert(task.input_data or {}, Input)
        except msgspec.ValidationError as error:
            raise NonRetryableException(f"input: {error}") from None
        task_result = self.get_task_result_from_task(task)
        if given.order is None:
            task_result.add_output_data("key", "value")
        elif given.total_cents is None:
            task_result.add_output_data("picking_list", picking_list(given.order))
        else:
            task_result.add_output_data("invoice", invoice(given.order, given.line_cents or [], given.total_cents))
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


def picking_list(order: Order) -> list[str]:
    """What to take from which shelf, in the order of the shelves."""
    lines = sorted(order.lines, key=lambda line: line.shelf)
    return [f"shelf {line.shelf}: {line.quantity} x {line.item}" for line in lines]


def invoice(order: Order, line_cents: list[int], total_cents: int) -> dict[str, Any]:
    """The invoice as its reader sees it."""
    if len(line_cents) != len(order.lines):
        raise NonRetryableException(f"input.line_cents: {len(order.lines)} lines have {len(line_cents)} totals")
    return {
        "number": f"INV-{order.id}",
        "to": order.customer,
        "lines": [
            f"{line.quantity} x {line.item} at {money(line.unit_cents)} = {money(cents)}"
            for line, cents in zip(order.lines, line_cents, strict=True)
        ],
        "total": f"{money(total_cents)} {order.currency}",
    }


def money(cents: int) -> str:
    """Cents as people write an amount."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"
