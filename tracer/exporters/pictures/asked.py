"""What was asked of a picture, checked: views, sizes and themes that there are, and the step that is shown."""

from tracer.analysis.telling_step import most_telling_step
from tracer.errors import SignalMissingError
from tracer.exporters.request import ExportRequest
from tracer.exporters.views import SIZES, THEMES, ViewRequest, view_named
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step

_VIEW, _SIZE, _THEME = "decision", "page", "print"


def asked_view(request: ExportRequest) -> ViewRequest:
    """Returns what the view is asked for; without a step, the one that tells most.

    Raises:
        ValueError: there is no such view, size, theme or step, or a whole view was asked for with a step's options.
    """
    asked = request.picture
    size, theme = asked.size or _SIZE, asked.theme or _THEME
    if size not in SIZES:
        raise ValueError(f"size={size!r} is none of {', '.join(SIZES)}. Type size='page'.")
    if theme not in THEMES:
        raise ValueError(f"theme={theme!r} is none of {', '.join(THEMES)}. Type theme='print'.")
    view = view_named(asked.view or _VIEW)
    return ViewRequest(
        request.sequence,
        view.name,
        _step(request, is_of_step=view.is_of_step),
        SIZES[size],
        theme,
        request.lang,
        asked.layer,
        asked.head,
        asked.source,
        asked.measure,
    )


def _step(request: ExportRequest, *, is_of_step: bool) -> Step | None:
    """The step that was named, else the only one chosen, else the one to look at first."""
    number = request.picture.step
    if number is None and request.chosen is not None and len(request.chosen) == 1:
        number = request.chosen[0]
    if number is not None:
        return _numbered(request.sequence, number)
    telling = most_telling_step(request.sequence) if is_of_step else None
    return None if telling is None else _numbered(request.sequence, telling.step)


def _numbered(sequence: Sequence, number: int) -> Step:
    for step in sequence.steps:
        if step.index == number:
            return step
    if not sequence.steps:
        raise SignalMissingError("The sequence has no steps. Record the call again.")
    raise ValueError(
        f"step={number!r} is no step of this sequence: there are 0 to {sequence.steps[-1].index}. Type step=0."
    )
