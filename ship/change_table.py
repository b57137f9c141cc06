"""Table of the changes of a change set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef

_PIPE_WIDTH = 140


def print_changes(title: str, changes: list[ChangeTypeDef], console: Console | None = None) -> None:
    """Print the changes of a stack; replaced and removed resources in red."""
    console = console or Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    if not changes:
        console.print(f"{title}: no changes", highlight=False)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("action", "resource", "type", "effect"):
        table.add_column(column)
    for change in changes:
        table.add_row(*_row(change.get("ResourceChange", {})))
    console.print(table)


def _row(change: Any) -> list[Text]:
    effect = {"True": "REPLACED", "Conditional": "may be replaced"}.get(change.get("Replacement", ""), "")
    if change["Action"] == "Remove":
        effect = "retained outside the stack" if "Retain" in change.get("PolicyAction", "") else "DELETED"
    names = sorted({d["Target"]["Name"] for d in change.get("Details", []) if d.get("Target", {}).get("Name")})
    words = " - ".join(part for part in (effect, ", ".join(names)) if part)
    style = "red" if effect.isupper() else ""
    cells = (change["Action"], change["LogicalResourceId"], change["ResourceType"], words)
    return [Text(cell, style=style) for cell in cells]
