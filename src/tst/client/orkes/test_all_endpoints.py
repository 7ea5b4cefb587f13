"""Every endpoint of open-source Conductor has a method of a high-level client."""

from __future__ import annotations

import re
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[3] / "conductor" / "client"

#: Endpoints without one, and why.
WITHOUT = {
    "a2a_resource_api": "called by other servers, not by clients",
    "agent_resource_api": "the agents' clients call by path: the answers' shape is the agent's",
    "ui_context_resource_api": "a script of the web page",
    "task_resource_api.get_external_storage_location1": "an older path of get_external_storage_location",
    "workflow_resource_api.get_external_storage_location1": "an older path of get_external_storage_location",
    "health_check_resource_api.do_check_root": "another path of do_check",
}
METHOD = re.compile(r"    def (\w+)\(.*?(?=\n    def |\Z)", re.DOTALL)


def generated() -> set[str]:
    """`module.method` of each generated method, but for what only Orkes servers have."""
    found = set()
    for path in (CLIENT / "http" / "api").glob("*_api.py"):
        if not path.name.startswith("async_"):
            for match in METHOD.finditer(path.read_text()):
                if "orkes_feature" not in match[0] and not match[1].startswith("_"):
                    found.add(f"{path.stem}.{match[1]}")
    return found


def used() -> set[str]:
    """`module.method` of each generated method that a high-level client calls."""
    base = (CLIENT / "orkes" / "orkes_base_client.py").read_text()
    modules = dict(re.findall(r'(\w+): _OnDemand\[\w+\] = _OnDemand\("(\w+)"\)', base))
    found = set()
    for path in (CLIENT / "orkes").glob("*.py"):
        for attribute, method in re.findall(r"self\.(\w+Api)\.(\w+)\(", path.read_text()):
            found.add(f"{modules[attribute]}.{method}")
    return found


def test_each_endpoint_of_the_open_source_server_has_a_sentence() -> None:
    """What the document has, a client of `OrkesClients` can do."""
    missing = {name for name in generated() - used() if not {name, name.partition(".")[0]} & WITHOUT.keys()}
    assert not missing, sorted(missing)
