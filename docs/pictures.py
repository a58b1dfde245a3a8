"""Draws the pictures of the READMEs from a trace that `make demo` recorded: `make pictures`.

Each column is a run of its own in the drawing, so that wide characters do not move what stands behind them.
"""

import html
import io
import re
import sys
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

import tracer
from tracer.cli import tables
from tracer.trace.sequence import Sequence

FOLDER = Path(__file__).parent
FONTS = (
    "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"
)
ALIKE = ("#c5c8c6", "#c5c8c5")
"""Two colors that look the same: neighbors of unequal color are drawn, and so placed, one by one."""
WIDTH = 152
STEP = 10
SHOWN = slice(6, 14)


class _Excerpt:
    """Some steps of a sequence, as `steps_table` takes them."""

    def __init__(self, sequence: Sequence) -> None:
        self.call = sequence.call
        self.steps = sequence.steps[SHOWN]


def in_columns(line: str) -> Text:
    """Returns a line whose columns, two spaces or a change of script apart, are separate runs."""
    text = Text(no_wrap=True, overflow="crop")
    runs = re.findall(r"\s{2,}|[⺀-鿿！-｠、。]+|(?:(?!\s{2})[^⺀-鿿！-｠、。])+", line)
    for number, run in enumerate(runs):
        text.append(run, style=ALIKE[number % 2])
    assert cell_len(text.plain) == cell_len(line)
    return text


def draw(sequence: Sequence, language: str, option: str) -> str:
    """Returns the SVG of two commands and their answers."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False, markup=False
    )
    console.print(Text("$ tracer steps runs/english.trace", style="bold"))
    console.print(Text(tables.settings_line(sequence.call)))
    console.print(tables.steps_table(_Excerpt(sequence)))
    console.print(Text(f"$ tracer why runs/english.trace --step {STEP}{option}", style="bold"))
    sentence, table, *_ = str(tracer.why(sequence.steps[STEP], lang=language)).split("\n\n")
    console.print(Text(sentence) if language == "en" else in_columns(sentence), Text(), sep="\n")
    for line in table.splitlines():
        console.print(in_columns(line))
    return with_local_fonts(with_wide_characters(console.export_svg(title="tracer")))


def with_wide_characters(svg: str) -> str:
    """Returns the picture with every run as long as its cells; rich counts a Chinese character as one cell."""

    def measured(match: re.Match[str]) -> str:
        head, length, middle, run = match.groups()
        shown = html.unescape(run)
        return f"{head}{float(length) * cell_len(shown) / len(shown):g}{middle}{run}"

    return re.sub(r'(<text [^>]*textLength=")([\d.]+)("[^>]*>)([^<]+)', measured, svg)


def with_local_fonts(svg: str) -> str:
    """Returns the picture without fonts from elsewhere."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S).replace("Fira Code", FONTS)


def main() -> None:
    """Draws both pictures from the trace named, `runs/english.trace` when none is."""
    trace = tracer.open_trace(sys.argv[1] if len(sys.argv) > 1 else "runs/english.trace")
    sequence = trace.calls[0].sequences[0]
    for language, option, name in (("en", "", "steps.svg"), ("zh", " --lang zh", "steps.zh-CN.svg")):
        (FOLDER / name).write_text(draw(sequence, language, option), encoding="utf-8")


if __name__ == "__main__":
    main()
