"""Where in a text the findings lie: a row for each rule, a mark at each step it found.

`strip_of` decides what is shown, `findings_strip` draws it. Findings about the whole run stand left of step 0.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.analysis.findings.finding import Rule, Severity
from tracer.analysis.findings.registry import RULES, lint
from tracer.figures.labels import OTHER, base_layout, empty_note, escape, sentence
from tracer.wording.composition import Language, compose
from tracer.wording.findings import finding_text, rule_title, severity_name

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.trace import Trace

WHOLE_RUN = -1
"""The place of findings that are about no step."""

_ROWS_FOR_TOKENS = 5
"""The tokens stand upright below the strip and take the height of so many rows."""

MOST_TOKENS = 60
"""With more steps than this, the axis shows numbers only."""

_MARKS = {
    Severity.ERROR: ("#A3123A", "x"),
    Severity.WARNING: ("#1F5A94", "diamond"),
    Severity.NOTE: (OTHER, "circle"),
}
"""Color and symbol of a severity."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding: its place along the text, its row, its sentence."""

    place: int
    row: int
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class FindingsStrip:
    """The rules that found something, the most severe first, and their marks; `tokens` are the steps'."""

    tokens: tuple[str, ...]
    rules: tuple[Rule, ...]
    marks: tuple[Mark, ...]


def strip_of(sequence: "Sequence", lang: Language = "en") -> FindingsStrip:
    """Returns the findings of a sequence, those of its call included."""
    findings = [
        one
        for one in lint(sequence.call.trace)
        if one.call == sequence.call.index and one.row in {None, sequence.row}
    ]
    rules = tuple(dict.fromkeys(one.rule for one in findings))
    visible = sequence.call.trace.vocabulary.visible
    return FindingsStrip(
        tokens=tuple(visible(token_id) for token_id in sequence.token_ids),
        rules=rules,
        marks=tuple(
            Mark(
                WHOLE_RUN if one.step is None else one.step,
                rules.index(one.rule),
                one.severity,
                finding_text(one, lang),
            )
            for one in findings
        ),
    )


def findings_strip(
    trace: "Trace", *, call: int | None = None, row: int | None = None, lang: Language = "en"
) -> go.Figure:
    """Returns the figure of the findings in a sequence; `call` and `row` where the trace has several."""
    strip = strip_of(trace.sequence(call=call, row=row), lang)
    figure = go.Figure([_marks(strip, severity, lang) for severity in Severity])
    places = [place for place in {mark.place for mark in strip.marks} if place != WHOLE_RUN]
    title = compose("lint.strip_title", lang, found=str(len(places)), steps=str(len(strip.tokens)))
    height = len(strip.rules) + _ROWS_FOR_TOKENS
    figure.update_layout(base_layout(title, x=compose("lint.strip_steps", lang), rows=height))
    figure.update_layout(
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
    )
    figure.update_xaxes(**_step_axis(strip, lang))
    figure.update_yaxes(
        tickvals=list(range(len(strip.rules))),
        ticktext=[escape(rule_title(rule, lang)) for rule in strip.rules],
        range=[max(len(strip.rules), 1) - 0.5, -0.5],
        automargin=True,
        gridcolor="#E6EAEE",
        zeroline=False,
    )
    if not strip.marks:
        figure.add_annotation(empty_note(compose("lint.clean", lang, count=str(len(RULES)))))
    return figure


def _marks(strip: FindingsStrip, severity: Severity, lang: Language) -> go.Scatter:
    color, symbol = _MARKS[severity]
    marks = [mark for mark in strip.marks if mark.severity is severity]
    return go.Scatter(
        x=[mark.place for mark in marks],
        y=[mark.row for mark in marks],
        mode="markers",
        name=severity_name(severity, lang),
        marker={"color": color, "symbol": symbol, "size": 11},
        hovertext=[sentence(mark.text) for mark in marks],
        hoverinfo="text",
        showlegend=bool(marks),
    )


def _step_axis(strip: FindingsStrip, lang: Language) -> dict[str, object]:
    """One tick a step with its token, as long as there is room; the whole run stands before them."""
    count = len(strip.tokens)
    is_about_run = any(mark.place == WHOLE_RUN for mark in strip.marks)
    first = WHOLE_RUN if is_about_run else 0
    axis: dict[str, object] = {
        "range": [first - 0.7, max(count, 1) - 0.3],
        "zeroline": False,
        "showgrid": False,
    }
    if count > MOST_TOKENS:
        return axis
    ticks = [(step, f"{escape(token)}  {step}") for step, token in enumerate(strip.tokens)]
    if is_about_run:
        ticks = [(WHOLE_RUN, escape(compose("lint.whole_run", lang))), *ticks]
    return axis | {
        "tickvals": [place for place, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickangle": -90,
        "automargin": True,
    }
