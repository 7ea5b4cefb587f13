"""Generates `conductor.client.http.models` and `conductor.client.http.api` from openapi/.

`python tools/generate_client.py` writes them; with `--check` it says what differs from the committed code, and fails.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
from client_generator import apis, document, models

ROOT = Path(__file__).resolve().parents[1]
OPENAPI = ROOT / "openapi"
HTTP = ROOT / "src/conductor/client/http"


def generated() -> Iterator[tuple[Path, str]]:
    mended = document.load(OPENAPI)
    templates = OPENAPI / "templates"
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    for name, text in models.generate(mended, templates / "models", env):
        yield HTTP / "models" / name, text
    for name, text in apis.generate(mended, env):
        yield HTTP / "api" / name, text


def committed() -> set[Path]:
    """The files that are there now and are not written by hand (those start with an underscore)."""
    return {
        path
        for folder in ("models", "api")
        for path in (HTTP / folder).glob("*.py")
        if path.name == "__init__.py" or not path.name.startswith("_")
    }


def differences(files: dict[Path, str]) -> Iterator[str]:
    for path in sorted(files.keys() | committed()):
        old = path.read_text().splitlines(keepends=True) if path.exists() else []
        new = files.get(path, "").splitlines(keepends=True)
        name = path.relative_to(ROOT).as_posix()
        yield from difflib.unified_diff(old, new, f"{name} (committed)", f"{name} (generated)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the committed code differs")
    arguments = parser.parse_args()
    files = dict(generated())
    if arguments.check:
        difference = list(differences(files))
        sys.stdout.writelines(difference)
        if difference:
            print("\nthe committed client differs from what the generator gives: run `make client`", file=sys.stderr)
        return 1 if difference else 0
    for path in committed() - files.keys():
        path.unlink()
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
