"""Pictures of a definition: Mermaid text, and SVG that needs nothing to be looked at.

A definition is a tree of sequences, branches and loops, so the layout is recursive: a sequence stacks its tasks,
branches stand side by side, a loop puts a frame around its body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.outline import outline

BOX_HEIGHT = 44
GAP = 26
SIDE = 24
CHARACTER = 7.2  # the width of a character of the font below, in pixels
COLOURS = {
    "SIMPLE": ("#e7f0fb", "#3b73b9"),
    "JOIN": ("#eef0f2", "#7b8794"),
    "FORK_JOIN": ("#eef0f2", "#7b8794"),
    "SWITCH": ("#fdf3dc", "#c58a12"),
    "DO_WHILE": ("#f1eafb", "#7a4fc1"),
    "SUB_WORKFLOW": ("#e6f6ef", "#2b8a5b"),
    "WAIT": ("#fbeaea", "#b94a48"),
    "HUMAN": ("#fbeaea", "#b94a48"),
    "TERMINATE": ("#fbeaea", "#b94a48"),
}
OTHER = ("#eaf7f8", "#2c8c99")
STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2933}.t{fill:#616e7c;font-size:10px}"
    ".e{fill:none;stroke:#9aa5b1;stroke-width:1.4}.l{fill:#52606d;font-size:11px}"
)


def to_mermaid(definition: WorkflowDef) -> str:
    """The definition as a Mermaid flowchart, which GitHub and many wikis draw."""
    lines = ["flowchart TD", "  start((start))"]
    ends = _mermaid(definition.tasks or [], ["start"], lines)
    lines.append("  done((end))")
    lines += [f"  {end} --> done" for end in ends]
    return "\n".join(lines) + "\n"


def _mermaid(tasks: list[WorkflowTask], ends: list[str], lines: list[str], label: str = "") -> list[str]:
    """Append the lines of a sequence that hangs on `ends`; the ends that the next task hangs on."""
    for task in tasks:
        node = _node(task)
        shape = f'{{"{_text(task)}"}}' if task.type in ("SWITCH", "DECISION") else f'["{_text(task)}"]'
        lines.append(f"  {node}{shape}")
        arrow = f'-- "{_quote(label)}" -->' if label else "-->"
        lines += [f"  {end} {arrow} {node}" for end in ends]
        label, ends = "", []
        shown = outline(task)
        if task.type == "DO_WHILE":
            for end in _mermaid(task.loop_over or [], [node], lines, "again"):
                lines.append(f"  {end} -.-> {node}")
            ends = [node]
            continue
        for branch in shown.branches:
            ends += _mermaid(branch.tasks, [node], lines, branch.label) if branch.tasks else [node]
        ends = list(dict.fromkeys(ends)) or [node]
    return ends


def _node(task: WorkflowTask) -> str:
    return "t_" + "".join(c if c.isalnum() else f"_{ord(c):x}_" for c in task.task_reference_name or "")


def _text(task: WorkflowTask) -> str:
    return f"{_quote(task.task_reference_name or '')}<br/><small>{_quote(_kind(task))}</small>"


def _quote(text: str) -> str:
    return escape(text).replace("\n", " ")


def _kind(task: WorkflowTask) -> str:
    """What stands under the name: a worker's task definition, else the type."""
    return (
        f"{task.name}"
        if task.type in (None, "SIMPLE") and task.name != task.task_reference_name
        else task.type or "SIMPLE"
    )


@dataclass
class Picture:
    """A piece of the drawing: its size, its shapes (relative to its corner), and where lines enter and leave:
    the middle.
    """

    width: float
    height: float
    shapes: list[str] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return self.width / 2

    def at(self, x: float, y: float) -> str:
        """The piece, moved."""
        return f'<g transform="translate({x:.1f} {y:.1f})">{"".join(self.shapes)}</g>'


def to_svg(definition: WorkflowDef) -> str:
    """The definition as an SVG document of its own."""
    body = _sequence(definition.tasks or [])
    width, height = max(body.width, 160) + 2 * SIDE, body.height + 118
    x, y = (width - body.width) / 2, 66
    title = escape(f"{definition.name} v{definition.version or 1}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{title}</title><style>{STYLE}</style>",
        f'<text x="{width / 2:.1f}" y="18" text-anchor="middle">{title}</text>',
        f'<circle cx="{width / 2:.1f}" cy="36" r="7" fill="#1f2933"/>{_line(width / 2, 43, width / 2, y)}',
        body.at(x, y),
        _line(width / 2, y + body.height, width / 2, height - 31),
        f'<circle cx="{width / 2:.1f}" cy="{height - 24:.1f}" r="7" fill="none" stroke="#1f2933" stroke-width="2"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (y1 + y2) / 2
    return f'<path class="e" d="M{x1:.1f} {y1:.1f}C{x1:.1f} {bend:.1f} {x2:.1f} {bend:.1f} {x2:.1f} {y2:.1f}"/>'


def _box(task: WorkflowTask) -> Picture:
    ref, kind = task.task_reference_name or "", _kind(task)
    width = max(len(ref), len(kind) * 0.85) * CHARACTER + 28
    fill, stroke = COLOURS.get(task.type or "SIMPLE", OTHER)
    shape = f'<rect width="{width:.1f}" height="{BOX_HEIGHT}" rx="7" fill="{fill}" stroke="{stroke}"/>'
    name = f'<text x="{width / 2:.1f}" y="19" text-anchor="middle">{escape(ref)}</text>'
    type_line = f'<text class="t" x="{width / 2:.1f}" y="34" text-anchor="middle">{escape(kind)}</text>'
    return Picture(width, BOX_HEIGHT, [shape, name, type_line])


def _sequence(tasks: list[WorkflowTask]) -> Picture:
    """Tasks one under the other, joined by lines."""
    pieces = [_piece(task) for task in tasks]
    if not pieces:
        return Picture(2 * SIDE, 0)
    width = max(piece.width for piece in pieces)
    out, y = Picture(width, 0), 0.0
    for index, piece in enumerate(pieces):
        if index:
            out.shapes.append(_line(width / 2, y, width / 2, y + GAP))
            y += GAP
        out.shapes.append(piece.at((width - piece.width) / 2, y))
        y += piece.height
    out.height = y
    return out


def _piece(task: WorkflowTask) -> Picture:
    shown = outline(task)
    if not shown.branches:
        return _box(task)
    if task.type == "DO_WHILE":
        return _loop(task)
    return _side_by_side(_box(task), list(_branches(task)))


def _branches(task: WorkflowTask) -> Iterator[tuple[str, Picture]]:
    for branch in outline(task).branches:
        yield branch.label, _sequence(branch.tasks)


def _side_by_side(head: Picture, branches: list[tuple[str, Picture]]) -> Picture:
    """A head, its branches beside each other, and their lines down to one point."""
    spread = [max(piece.width, 2 * len(label) * CHARACTER + 12) for label, piece in branches]
    width = max(head.width, sum(spread) + SIDE * (len(branches) - 1))
    tallest = max(piece.height for _, piece in branches)
    top, bottom = head.height + GAP + 12, head.height + 2 * GAP + 12 + tallest
    out = Picture(width, bottom, [head.at((width - head.width) / 2, 0)])
    x = (width - sum(spread) - SIDE * (len(branches) - 1)) / 2
    for (label, piece), room in zip(branches, spread, strict=True):
        middle = x + room / 2
        out.shapes += [_line(width / 2, head.height, middle, top), piece.at(middle - piece.width / 2, top)]
        out.shapes.append(_line(middle, top + piece.height, width / 2, bottom))
        if label:
            left = middle < width / 2  # on the outer side of the line, where nothing crosses it
            x_label, anchor = (middle - 5, "end") if left else (middle + 5, "start")
            out.shapes.append(
                f'<text class="l" x="{x_label:.1f}" y="{top - 6:.1f}" text-anchor="{anchor}">{escape(label)}</text>'
            )
        x += room + SIDE
    return out


def _loop(task: WorkflowTask) -> Picture:
    head, body = _box(task), _sequence(task.loop_over or [])
    inner = max(head.width, body.width)
    width, height = inner + 2 * SIDE, head.height + GAP + body.height + SIDE
    frame = (
        f'<rect x="1" y="{head.height / 2:.1f}" width="{width - 2:.1f}" height="{height - head.height / 2:.1f}" '
        f'rx="10" fill="none" stroke="{COLOURS["DO_WHILE"][1]}" stroke-dasharray="4 4"/>'
    )
    return Picture(
        width,
        height,
        [
            frame,
            head.at((width - head.width) / 2, 0),
            _line(width / 2, head.height, width / 2, head.height + GAP),
            body.at((width - body.width) / 2, head.height + GAP),
        ],
    )
