"""The step where a text left the expected one: the expected and the chosen token's probability at every stage.

`paths_of` gives the frozen value, `expectation_path` the figure. A text that was reached, or that ended before
it differed, has no such step: the figure then says so.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.expectation import Departure, Expectation
from tracer.analysis.explanation import Row
from tracer.figures.labels import CHOSEN, MARKED, base_layout, empty_note, escape, sentence
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose
from tracer.wording.expectation import Expected, clauses, missing_reason
from tracer.wording.explanation import setting_text

_HEIGHT = 420


@dataclass(frozen=True, slots=True)
class Path:
    """One token through the stages, in percent."""

    name: str
    percents: tuple[float, ...]
    hover: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """Both tokens; `expected` is None where its scores were not recorded, and `note` then says why.

    `removed_at` is the stage that removed the expected token. Without a `chosen` there is nothing to draw.
    """

    title: str
    stages: tuple[str, ...]
    chosen: Path | None
    expected: Path | None
    removed_at: int | None
    removed: str
    note: str


def paths_of(expectation: Expectation, lang: Language = "en") -> Paths:
    """Returns what the figure shows."""
    departure = expectation.departure
    if departure is None:
        note = ("" if lang == "zh" else " ").join(clauses(expectation, lang))
        return Paths("", (), None, None, None, "", note)
    wanted = departure.expected
    removed_at = None if wanted is None else wanted.removed_at
    return Paths(
        title=compose(
            "expected.path_title",
            lang,
            step=str(departure.step),
            expected=Whole(departure.expected_token),
            chosen=Whole(departure.chosen.token),
        ),
        stages=(
            compose("column_model", lang),
            *(setting_text(setting, lang) for setting in departure.settings[1:]),
        ),
        chosen=_path("expected.path_chosen", departure.chosen, lang),
        expected=None if wanted is None else _path("expected.path_expected", wanted, lang),
        removed_at=removed_at,
        removed="" if removed_at is None else _removed(departure, removed_at, lang),
        note=missing_reason(departure, lang) if wanted is None else "",
    )


def _path(key: str, row: Row, lang: Language) -> Path:
    return Path(
        name=compose(key, lang, token=Whole(row.token)),
        percents=tuple(100.0 * probability for probability in row.probabilities),
        hover=tuple(
            f"{numbers.percent(probability, lang)}, {numbers.ordinal(rank, lang)}"
            for probability, rank in zip(row.probabilities, row.ranks, strict=True)
        ),
    )


def _removed(departure: Departure, stage: int, lang: Language) -> str:
    setting = setting_text(departure.settings[stage], lang)
    return compose("expected.path_removed", lang, setting=setting)


def expectation_path(expected_or_expectation: Expected | Expectation, *, lang: Language = "en") -> go.Figure:
    """Returns both tokens' probability over the stages; a cross stands where the expected one was removed."""
    given = expected_or_expectation
    paths = paths_of(given.expectation if isinstance(given, Expected) else given, lang)
    if paths.chosen is None:
        figure = go.Figure(layout=base_layout(""))
        figure.add_annotation(empty_note(paths.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    title = sentence(paths.title) + (f"<br><sub>{sentence(paths.note)}</sub>" if paths.note else "")
    x, y = compose("expected.path_axis", lang), compose("picture.probability_axis", lang)
    figure = go.Figure(layout=base_layout(title, x=x, y=y))
    for path, color in ((paths.chosen, CHOSEN), (paths.expected, MARKED)):
        if path is not None:
            figure.add_trace(_line(path, color))
    if paths.expected is not None and paths.removed_at is not None:
        figure.add_scatter(
            x=[paths.removed_at],
            y=[paths.expected.percents[paths.removed_at]],
            mode="markers",
            name=escape(paths.removed),
            marker={"color": MARKED, "size": 16, "symbol": "x"},
            cliponaxis=False,
            hovertemplate=f"{escape(paths.removed)}<extra></extra>",
        )
    figure.update_layout(
        height=_HEIGHT,
        showlegend=True,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis=_stage_axis(paths.stages),
        yaxis={"rangemode": "tozero", "gridcolor": "#E6EAEE", "automargin": True},
    )
    return figure


def _line(path: Path, color: str) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(path.percents))),
        y=list(path.percents),
        mode="lines+markers",
        name=escape(path.name),
        line={"color": color},
        marker={"size": 8},
        cliponaxis=False,
        hovertext=[sentence(text) for text in path.hover],
        hoverinfo="text+name",
    )


def _stage_axis(stages: tuple[str, ...]) -> dict[str, object]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(stages))),
        "ticktext": [escape(stage) for stage in stages],
        "range": [-0.5, len(stages) - 0.5],
        "ticks": "outside",
        "ticklen": 10,
        "tickcolor": "rgba(0,0,0,0)",  # only room for the cross
        "automargin": True,
        "zeroline": False,
    }
