"""LLM_CHAT_COMPLETE: has a model answer a conversation."""

from __future__ import annotations

from typing import Any

from conductor.client.workflow.task.llm_tasks._llm_task import LlmTask
from conductor.client.workflow.task.llm_tasks.chat_message import ChatMessage
from conductor.client.workflow.task.llm_tasks.tool_spec import ToolSpec
from conductor.client.workflow.task.task_type import TaskType


class LlmChatComplete(LlmTask):
    """Has a model answer a conversation."""

    def __init__(
        self,
        task_ref_name: str,
        llm_provider: str,
        model: str,
        messages: list[ChatMessage] | None = None,
        instructions_template: str | None = None,
        template_variables: dict[str, Any] | None = None,
        prompt_version: int | None = None,
        tools: list[ToolSpec] | None = None,
        user_input: str | None = None,
        json_output: bool = False,
        google_search_retrieval: bool = False,
        input_schema: dict[str, Any] | None = None,
        output_schema: dict[str, Any] | None = None,
        output_mime_type: str | None = None,
        thinking_token_limit: int | None = None,
        reasoning_effort: str | None = None,
        output_location: str | None = None,
        voice: str | None = None,
        participants: dict[str, str] | None = None,
        stop_words: list[str] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        max_results: int | None = None,
        task_name: str | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.LLM_CHAT_COMPLETE, task_name or "llm_chat_complete")
        self._say(
            llmProvider=llm_provider,
            model=model,
            messages=[each.to_dict() for each in messages] if messages else None,
            instructions=instructions_template,
            promptVariables=template_variables,
            promptVersion=prompt_version,
            tools=[each.to_dict() for each in tools] if tools else None,
            userInput=user_input,
            jsonOutput=json_output or None,
            googleSearchRetrieval=google_search_retrieval or None,
            inputSchema=input_schema,
            outputSchema=output_schema,
            outputMimeType=output_mime_type,
            thinkingTokenLimit=thinking_token_limit,
            reasoningEffort=reasoning_effort,
            outputLocation=output_location,
            voice=voice,
            participants=participants,
            stopWords=stop_words,
            maxTokens=max_tokens,
            temperature=temperature,
            topP=top_p,
            topK=top_k,
            frequencyPenalty=frequency_penalty,
            presencePenalty=presence_penalty,
            maxResults=max_results,
        )
