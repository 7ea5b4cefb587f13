"""The two example workers of the README, and what they make of an order."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conductor.client.example.worker.cpp.simple_cpp_worker import SimpleCppWorker
from conductor.client.example.worker.python.simple_python_worker import SimplePythonWorker
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.exception import InvalidInputError, LibraryError, NonRetryableException
from conductor.client.worker.worker_interface import WorkerInterface

TOP = Path(__file__).resolve().parents[3]
ORDERS = json.loads((TOP / "examples" / "orders.json").read_text())


def run(worker: WorkerInterface, **inputs: Any) -> Any:
    result = worker.execute(Task(task_id="t", workflow_instance_id="w", input_data=inputs))
    assert result.status == TaskResultStatus.COMPLETED  # type: ignore[union-attr]
    return result.output_data  # type: ignore[union-attr]


@pytest.fixture
def cpp_worker() -> SimpleCppWorker:
    worker = SimpleCppWorker("cpp_task_example")
    try:
        worker.on_start()
    except LibraryError as error:
        pytest.skip(str(error))
    return worker


def test_without_input_the_python_worker_answers_as_in_the_quick_guide() -> None:
    """The smallest workflow has no input."""
    assert run(SimplePythonWorker("python_task_example")) == {"key": "value"}


def test_without_input_the_cpp_worker_adds_one_and_two(cpp_worker: SimpleCppWorker) -> None:
    """The smallest workflow has no input."""
    assert run(cpp_worker)["sum"] == 3


def test_the_cpp_worker_adds_up_an_order(cpp_worker: SimpleCppWorker) -> None:
    """The total of each line and the sum, in cents, beyond 32 bits."""
    assert run(cpp_worker, quantities=[2, 3], unit_cents=[100, 5]) == {"sum": 215, "line_cents": [200, 15]}
    large = 2**31 - 1
    assert run(cpp_worker, quantities=[large], unit_cents=[large])["sum"] == large * large
    assert run(cpp_worker, quantities=[large] * 3, unit_cents=[large] * 3)["sum"] == 2**63 - 1


def test_the_cpp_worker_refuses_an_order_that_does_not_add_up(cpp_worker: SimpleCppWorker) -> None:
    """The error names the field."""
    with pytest.raises(InvalidInputError, match=r"input.unit_cents: expected 2 items"):
        run(cpp_worker, quantities=[1, 2], unit_cents=[1])


def test_the_python_worker_makes_a_picking_list_and_an_invoice() -> None:
    """In the order of the shelves; with the totals that C++ has computed."""
    worker = SimplePythonWorker("python_task_example")
    assert run(worker, **ORDERS) == {
        "picking_list": [
            "shelf A1: 1 x teapot, cast iron", "shelf A3: 6 x cups", "shelf C4: 2 x Darjeeling, 250 g",
        ]
    }  # fmt: skip
    made = run(worker, **ORDERS, line_cents=[2580, 5450, 4680], total_cents=12710)
    assert made["invoice"] == {
        "number": "INV-A-1042",
        "to": "Ada Lovelace",
        "lines": [
            "2 x Darjeeling, 250 g at 12.90 = 25.80",
            "1 x teapot, cast iron at 54.50 = 54.50",
            "6 x cups at 7.80 = 46.80",
        ],
        "total": "127.10 EUR",
    }


def test_the_python_worker_refuses_a_malformed_order_for_good() -> None:
    """Trying again would not mend it."""
    with pytest.raises(NonRetryableException, match=r"Expected `int`, got `str` - at `\$.order.lines\[0\].quantity`"):
        run(SimplePythonWorker("p"), order={"id": "1", "lines": [{"item": "x", "quantity": "2", "unit_cents": 1}]})


def test_the_seeds_own_cpp_worker_runs_as_a_users_code(tmp_path: Path, cpp_worker: SimpleCppWorker) -> None:
    """The example pasted by a user, with the library in the current directory, as it was always written."""
    (tmp_path / "lib.so").write_bytes(cpp_worker.library_path().read_bytes())
    (tmp_path / "pasted.py").write_text("""
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker_interface import WorkerInterface
from ctypes import cdll


class CppWrapper:
    def __init__(self, file_path='./lib.so'):
        self.cpp_lib = cdll.LoadLibrary(file_path)

    def get_sum(self, X: int, Y: int) -> int:
        return self.cpp_lib.get_sum(X, Y)


class SimpleCppWorker(WorkerInterface):
    cpp_wrapper = CppWrapper()

    def execute(self, task: Task) -> TaskResult:
        execution_result = self.cpp_wrapper.get_sum(1, 2)
        task_result = self.get_task_result_from_task(task)
        task_result.add_output_data(
            'sum', execution_result
        )
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


result = SimpleCppWorker('cpp_task_example').execute(Task(task_id='1', workflow_instance_id='2'))
print(result.task_id, result.workflow_instance_id, result.status, result.output_data)
""")
    environment = {"PYTHONPATH": str(TOP / "src")}
    command = [sys.executable, "pasted.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout == "1 2 COMPLETED {'sum': 3}\n"
