"""The command `compare`: two traces, where their texts part, why, and what else differs.

Needs neither torch nor a model.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, Lang, SequenceOptions
from tracer.cli.tables import new_table, plain_text
from tracer.wording.comparison import comparison_text
from tracer.wording.composition import Language, compose, require_language

if TYPE_CHECKING:
    from tracer.pictures.comparison import ComparisonPicture

_Trace = Annotated[Path, typer.Argument(help="The folder of a trace.", show_default=False)]


def compare(a: _Trace, b: _Trace, which: SequenceOptions, lang: Lang = "en", json: AsJson = False) -> None:
    """Compare two traces: where their texts part first and why, and which settings and versions differ.

    Exits with 0 where prompts and answers are the same, 1 where they differ. KL is in nats.
    """
    import tracer
    from tracer.pictures.comparison import comparison_picture

    require_language(lang)
    language = cast(Language, lang)
    compared = tracer.compare(tracer.open_trace(a), tracer.open_trace(b), call=which.call, row=which.row)
    if json:
        print_json(compared.describe())
    else:
        tables = difference_tables(comparison_picture(compared, language), language)
        print_answer(plain_text(comparison_text(compared, language)), *tables)
    if not compared.is_same:
        raise typer.Exit(ANSWER_IS_NO)


def difference_tables(picture: "ComparisonPicture", lang: Language) -> list[Table | Text]:
    """Returns a table for each kind of difference that there is, under its title."""
    parts: list[Table | Text] = []
    for title, rows in picture.differences:
        if not rows:
            continue
        table = new_table(compose("compare.column_name", lang), "A", "B")
        for row in rows:
            table.add_row(*(plain_text(cell) for cell in (row.name, row.a, row.b)))
        parts += [Text(f"\n{title}", style="bold"), table]
    return parts
