"""The classic form: subclass WorkerInterface, hand the workers to TaskHandler, one process each."""

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker_interface import WorkerInterface


class SimplePythonWorker(WorkerInterface):
    def execute(self, task: Task) -> TaskResult:
        task_result = self.get_task_result_from_task(task)
        task_result.add_output_data("key", "value")
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


def main() -> None:
    with TaskHandler([SimplePythonWorker("python_task_example")], configuration=Configuration()) as task_handler:
        task_handler.start_processes()
        task_handler.join_processes()


if __name__ == "__main__":
    main()
