"""A worker in ten lines: a function, a decorator, and TaskHandler to run it.

Run it against any Conductor server: CONDUCTOR_SERVER_URL=http://localhost:8080/api python examples/greet.py
"""

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.worker.worker_task import worker_task


@worker_task(task_definition_name="greet")
def greet(name: str, punctuation: str = "!") -> dict[str, str]:
    return {"greeting": f"Hello, {name}{punctuation}"}


if __name__ == "__main__":
    with TaskHandler() as handler:
        handler.start_processes()
        handler.join_processes()
