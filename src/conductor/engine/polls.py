"""Who polls which queue: shown to operators, and what domains are chosen by."""

from __future__ import annotations

from collections.abc import Mapping

from conductor.engine.model import PollData

#: a worker that polled within this time counts as there
ACTIVE_MS = 10_000
_NO_DOMAIN = "NO_DOMAIN"
#: who polls with ever new names of queues must not fill the memory
_MOST = 10_000


class Polls:
    """The last poll by task type and domain."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str | None], PollData] = {}

    def note(self, task_type: str, domain: str | None, worker_id: str | None, now: int) -> None:
        """Take in a poll."""
        known = self._last.get((task_type, domain))
        if known is not None:
            known.worker_id, known.last_poll_time = worker_id, now
        elif len(self._last) < _MOST:
            data = PollData(queue_name=task_type, domain=domain, worker_id=worker_id, last_poll_time=now)
            self._last[task_type, domain] = data

    def all(self, task_type: str | None = None) -> list[PollData]:
        """The last polls of a task type, or of all."""
        return [data for (name, _), data in self._last.items() if task_type in (None, name)]

    def pick_domain(self, task_type: str, task_to_domain: Mapping[str, str], now: int) -> str | None:
        """The first of the domains given for a task type whose workers are there, else the last one."""
        choice = task_to_domain.get(task_type, task_to_domain.get("*"))
        if not choice:
            return None
        domains = [domain.strip() for domain in choice.split(",")]
        for domain in domains:
            if domain.upper() != _NO_DOMAIN and self._is_active(task_type, domain, now):
                return domain
        return None if domains[-1].upper() == _NO_DOMAIN else domains[-1]

    def _is_active(self, task_type: str, domain: str, now: int) -> bool:
        data = self._last.get((task_type, domain))
        return data is not None and now - data.last_poll_time <= ACTIVE_MS
