"""LLM_GET_EMBEDDINGS: looks embeddings up in a vector database."""

from __future__ import annotations

from conductor.client.workflow.task.llm_tasks._llm_task import LlmTask
from conductor.client.workflow.task.task_type import TaskType


class LlmQueryEmbeddings(LlmTask):
    """Looks embeddings up in a vector database."""

    def __init__(
        self,
        task_ref_name: str,
        vector_db: str,
        index: str,
        embeddings: list[float],
        task_name: str | None = None,
        namespace: str | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.LLM_GET_EMBEDDINGS, task_name or "llm_get_embeddings")
        self._say(
            vectorDB=vector_db,
            index=index,
            embeddings=embeddings,
            namespace=namespace,
        )
