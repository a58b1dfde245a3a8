"""The table of cells that a test run ends with: each passed, failed, or with the bare call's own exception.

A test adds its cell with `record_property(CELL, ...)`; properties travel from xdist's workers with the reports.
"""

from typing import Any

CELL = "fidelity cell"
_COLUMNS = ("1 greedy", "1 sampled", "3 greedy", "3 sampled")


def print_table(terminal: Any) -> None:
    """Prints one line per architecture, dtype and attention implementation; nothing where no cell ran."""
    cells, raised = _collect(terminal.stats)
    if not cells:
        return
    terminal.section(
        "fidelity: rows × decoding; recorded, written, read without torch, compared with a bare call"
    )
    terminal.write_line(f"{'':34}" + "".join(f"{column:>12}" for column in _COLUMNS))
    for name, outcomes in sorted(cells.items()):
        terminal.write_line(f"{name:34}" + "".join(f"{outcomes.get(column, '-'):>12}" for column in _COLUMNS))
    for text in sorted(raised):
        terminal.write_line(f"bare call raises: {text}")


def _collect(stats: dict[str, list[Any]]) -> tuple[dict[str, dict[str, str]], set[str]]:
    cells: dict[str, dict[str, str]] = {}
    raised: set[str] = set()
    for report in (report for kind in ("passed", "failed", "error") for report in stats.get(kind, ())):
        for key, value in getattr(report, "user_properties", ()):
            if key != CELL:
                continue
            outcome = "bare raises" if value["raised"] and report.passed else report.outcome
            cells.setdefault(value["name"], {})[value["column"]] = outcome
            if value["raised"]:
                raised.add(f"{value['name']}: {value['raised']}")
    return cells, raised
