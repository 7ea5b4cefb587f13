"""Where the embedded server differs from the real one on purpose: both behaviours, and why.

Tests ask `api.expected(NAME)`, which is `real` on the one and `ours` on the other, so that every difference is proved
on both servers. The documentation shows this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        name: what it is about.
        real: what tests find on Conductor 3.32.3.
        ours: what they find on the embedded server.
        reason: why ours is better.
    """

    name: str
    real: Any
    ours: Any
    reason: str


UNREADABLE_REQUEST = Difference(
    "A request that cannot be read (malformed JSON, an unknown enum value, a wrong type, a missing body or parameter)",
    real=500,
    ours=400,
    reason="Clients take 500 for a fault of the server and send the same request again. `malformed_status` 500 gives "
    "Conductor's answer.",
)
DELETE_UNKNOWN_DEFINITION = Difference(
    "Deleting a task or workflow definition that does not exist",
    real=500,
    ours=404,
    reason="404 is what Conductor means and what it answers on Redis; on SQL stores the error is wrapped on its way.",
)
CREATE_TIME_AFTER_PUT = Difference(
    "createTime of a workflow definition after PUT /metadata/workflow",
    real=0,
    ours="kept",
    reason="When a definition was created does not change when it is replaced.",
)
LOOP_REFERENCE_WITH_UNDERSCORES = Difference(
    "Registering a DO_WHILE whose body has a reference name with two underscores",
    real=200,
    ours=400,
    reason="The name would be taken for an iteration's: on Conductor such a loop spins for ever.",
)
SUB_WORKFLOW_DEFINITION_TEXT = Difference(
    "Registering a SUB_WORKFLOW whose workflowDefinition is neither an object nor `${...}`",
    real=500,
    ours=400,
    reason="The request is wrong, not the server.",
)
NULL_TASKS = Difference(
    "Registering a workflow with `tasks: null`",
    real=500,
    ours=400,
    reason="The request is wrong, not the server.",
)
PYTHON_EVALUATOR = Difference(
    "INLINE with the evaluator `python`",
    real="COMPLETED",
    ours="FAILED",
    reason="Python cannot be run safely beside the server; Conductor's own fails for lists and maps.",
)
JAVASCRIPT_OBJECTS = Difference(
    "JSON.stringify and Object.keys of a map in a script's input",
    real="{}false",
    ours='{"a":1}true',
    reason="Maps are JavaScript objects here, and no Java objects that look a little like them.",
)
