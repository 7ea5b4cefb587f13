"""GET_DOCUMENT: fetch a document (Orkes servers)."""

from __future__ import annotations

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class GetDocument(TaskInterface):
    """Fetches `url`, of the given media type."""

    def __init__(self, task_name: str, task_ref_name: str, url: str, media_type: str) -> None:
        super().__init__(task_ref_name, TaskType.GET_DOCUMENT, task_name=task_name)
        self.input_parameters.update({"url": url, "mediaType": media_type})
