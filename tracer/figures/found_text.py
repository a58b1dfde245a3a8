"""Where a text stands in prompt and answer: one row of tokens, those that hold a part of it in color.

The value is `tracer.pictures.find.FindPicture`; `marked_text` puts the tokens beside it, `text_marks` draws.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.figures.labels import MARKED, OTHER, base_layout, empty_note, escape
from tracer.pictures.find import FindPicture, find_picture
from tracer.trace.trace import Trace
from tracer.wording.composition import Language, Whole, compose, require_language

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

_HEIGHT = 220
_MOST_LABELS = 120


@dataclass(frozen=True, slots=True)
class MarkedText:
    """The tokens of prompt and answer, which of them hold a part of the text, and where the answer begins."""

    title: str
    tokens: tuple[str, ...]
    is_marked: tuple[bool, ...]
    found: FindPicture


def marked_text(sequence: "Sequence", text: str, lang: Language = "en") -> MarkedText:
    """Returns what the figure shows.

    Raises:
        ValueError: the text is empty, or the language is neither "en" nor "zh".
    """
    require_language(lang)
    if not text:
        raise ValueError(
            "The text to find is empty. Type at least one character, such as text_marks(trace, 'rain')."
        )
    found = find_picture(sequence, text, lang)
    visible = sequence.call.trace.vocabulary.visible
    ids = [*sequence.prompt_ids, *sequence.token_ids]
    marked = {
        place for first, last in zip(found.first, found.last, strict=True) for place in range(first, last + 1)
    }
    return MarkedText(
        title=compose("find.title", lang, text=Whole(text), label=found.label),
        tokens=tuple(visible(int(token_id)) for token_id in ids),
        is_marked=tuple(place in marked for place in range(len(ids))),
        found=found,
    )


def text_marks(given: "Sequence | Trace", text: str, *, lang: Language = "en") -> go.Figure:
    """Returns one bar per token of prompt and answer; those that hold a part of the text are tall and in color.

    Raises:
        AmbiguousStepError: a trace was given that holds several sequences; give one of them.
        ValueError: the text is empty.
    """
    value = marked_text(given.sequence() if isinstance(given, Trace) else given, text, lang)
    layout = base_layout(escape(value.title), x=compose("find.axis", lang))
    figure = go.Figure(layout=layout)
    figure.update_layout(height=_HEIGHT, yaxis={"visible": False, "range": [0, 1.1]}, showlegend=False)
    if not value.tokens:
        figure.add_annotation(empty_note(compose("find.empty", lang)))
        return figure
    figure.add_bar(
        x=list(range(len(value.tokens))),
        y=[1.0 if marked else 0.35 for marked in value.is_marked],
        marker={"color": [MARKED if marked else OTHER for marked in value.is_marked]},
        hovertext=[escape(token) for token in value.tokens],
        hovertemplate="%{hovertext}<extra>%{x}</extra>",
    )
    _name_places(figure, value, lang)
    return figure


def _name_places(figure: go.Figure, value: MarkedText, lang: Language) -> None:
    """The border of prompt and answer, and the found tokens below their bars."""
    count, prompt_len = len(value.tokens), value.found.prompt_len
    figure.update_xaxes(range=[-0.7, count - 0.3], showgrid=False, zeroline=False)
    if 0 < prompt_len < count:
        figure.add_vline(
            x=prompt_len - 0.5,
            line={"dash": "dash", "color": OTHER},
            annotation_text=compose("find.answer", lang),
        )
    shown = [place for place in range(count) if value.is_marked[place]][:_MOST_LABELS]
    if shown:
        figure.update_xaxes(
            tickmode="array",
            tickvals=shown,
            ticktext=[f"{escape(value.tokens[place])}  {place}" for place in shown],
            tickangle=-90,
            automargin=True,
        )
