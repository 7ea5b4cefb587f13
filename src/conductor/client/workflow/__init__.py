"""Workflow definitions as Python: `ConductorWorkflow` and the task classes. No server is needed to build one."""
