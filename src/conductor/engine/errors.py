"""What can go wrong in the engine, sorted by what the caller can do.

EngineError
├── InvalidInput             400  mend the request
│   └── ValidationFailed     400  mend the fields listed in `errors`
├── NotFound                 404  there is no such thing
├── Conflict                 409  it is in a state that forbids this
├── TooManyRequests          429  slow down
├── IllegalState             500  as the Conductor server: a state that forbids this, answered as 500
├── Unavailable              503  nothing was changed, try again later
└── Unsupported              501  this server does not do that
    ├── ReadOnly             501  this store cannot be changed from here
    └── NotYet               501  a later version will
"""

from __future__ import annotations

from dataclasses import dataclass


class EngineError(Exception):
    """A request that could not be carried out; `status` is the HTTP status that the Conductor server answers with."""

    status = 500
    retryable = False

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""


class InvalidInput(EngineError):
    """The request says something that makes no sense."""

    status = 400


@dataclass(frozen=True)
class FieldError:
    """One broken rule: where (`registerTaskDef.arg0[0].name`), what, and the value if it is a scalar."""

    path: str
    message: str
    invalid_value: str | None = None


class ValidationFailed(InvalidInput):
    """Fields of the request break rules."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("Validation failed, check below errors for detail.")
        self.errors = errors


class NotFound(EngineError):
    """There is no workflow, task, definition or schedule of that name."""

    status = 404


class Conflict(EngineError):
    """The state of the thing forbids this."""

    status = 409


class TooManyRequests(EngineError):
    """A limit is reached for now."""

    status = 429
    retryable = True


class IllegalState(EngineError):
    """The state of the thing forbids this, and the Conductor server answers 500 to it."""


class Unavailable(EngineError):
    """The store could not write; nothing of the request was kept."""

    status = 503
    retryable = True


class Unsupported(EngineError):
    """This engine does not do that."""

    status = 501


class ReadOnly(Unsupported):
    """This store cannot be changed through the API."""


class NotYet(Unsupported):
    """A part of the API that this version does not have."""

    def __init__(self) -> None:
        super().__init__("This operation is not implemented by this version.")
