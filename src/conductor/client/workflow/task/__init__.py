"""One class a task type; each knows how to become the `WorkflowTask`s of a definition."""
