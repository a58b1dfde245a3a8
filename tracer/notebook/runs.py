"""A trace, a call, a sequence and a step as notebooks show them: what it is, its text, and how to go on."""

from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import notable_steps
from tracer.config import format_bytes
from tracer.errors import TracerError
from tracer.notebook import html
from tracer.notebook.answers import sentence_of
from tracer.notebook.decision import decision
from tracer.notebook.html import Markup, chip, element, heading, joined, paragraph, quiet, table
from tracer.notebook.strip import attention, strip
from tracer.pictures.attention_text import attention_text
from tracer.pictures.decision import decision_picture
from tracer.pictures.notable import notable_picture
from tracer.pictures.strip import strip_picture
from tracer.trace.call import Call
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.trace.trace import Trace
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

_MOST_LISTED = 20
_MOST_PROMPT = 1200


def trace_html(trace: Trace, lang: Language) -> Markup:
    """Returns a trace: what was recorded, then its only text, or the list of its calls."""
    facts = compose(
        "notebook.trace_facts",
        lang,
        model=trace.model.name,
        calls=numbers.count(len(trace.calls)),
        size=format_bytes(trace.nbytes),
        status=compose(f"notebook.status_{trace.status}", lang),
    )
    head = paragraph(element("b", trace.path.name), " · ", facts)
    if len(trace.calls) != 1:
        return joined([head, _calls(trace, lang)])
    sequences = trace.calls[0].sequences
    inside = _text(sequences[0], lang, "trace") if len(sequences) == 1 else call_html(trace.calls[0], lang)
    return joined([head, inside])


def call_html(call: Call, lang: Language) -> Markup:
    """Returns a call: its mode and settings, then its rows."""
    mode = compose(
        "notebook.call_facts",
        lang,
        call=str(call.index),
        mode=call.info.mode,
        rows=numbers.count(len(call.sequences)),
        stages=" → ".join(call.stage_names),
    )
    head = [compose(f"notebook.column_{name}", lang) for name in ("row", "steps", "text")]
    rows = [
        (str(one.row), numbers.count(len(one.steps)), chip(_cut(one.text, 90)))
        for one in call.sequences[:_MOST_LISTED]
    ]
    hint = quiet(compose("notebook.go_on", lang), code(f"trace.calls[{call.index}].sequences[0].steps"))
    return joined([paragraph(mode), table(head, rows), _more(len(call.sequences), lang), hint])


def sequence_html(sequence: Sequence, lang: Language) -> Markup:
    """Returns a sequence: prompt, answer and its most telling steps."""
    return _text(sequence, lang, "sequence")


def step_html(step: Step, lang: Language) -> Markup:
    """Returns a step: its place in the text, why its token was chosen, and the decision picture."""
    picture = decision_picture(step, lang)
    title = compose(
        "notebook.step", lang, step=str(step.index), phase=compose(f"notebook.{step.phase}", lang)
    )
    return joined(
        [
            paragraph(element("b", title), " ", chip(step.call.trace.vocabulary.visible(step.token_id))),
            sentence_of(picture, lang),
            decision(picture),
        ]
    )


def attention_html(step: Step, lang: Language) -> Markup:
    """Returns the text that the chosen token was made from, shaded by attention."""
    picture = attention_text(step, lang=lang)
    lines = [picture.choice.label, *(aside.text for aside in picture.aside), picture.note, picture.badge]
    return joined(
        [
            paragraph(html.sentence(picture.title, [picture.token])),
            attention(picture),
            paragraph(html.sentence(picture.summary, [one.text for one in picture.sources])),
            *(quiet(line) for line in lines if line),
        ]
    )


def code(expression: str) -> Markup:
    """Returns a line of Python."""
    return element("code", expression, style=html.MONO)


def _calls(trace: Trace, lang: Language) -> Markup:
    head = [compose(f"notebook.column_{name}", lang) for name in ("call", "mode", "rows", "text")]
    rows = [
        (str(call.index), call.info.mode, numbers.count(len(call.sequences)), chip(_first_text(call)))
        for call in trace.calls[:_MOST_LISTED]
    ]
    hint = quiet(compose("notebook.go_on", lang), code("trace.calls[0].sequences[0]"))
    return joined([table(head, rows), _more(len(trace.calls), lang), hint]) if trace.calls else Markup("")


def _first_text(call: Call) -> str:
    return _cut(call.sequences[0].text, 90) if call.sequences else ""


def _more(count: int, lang: Language) -> Markup:
    left = count - _MOST_LISTED
    return quiet(compose("notebook.more", lang, count=numbers.count(left))) if left > 0 else Markup("")


def _cut(words: str, most: int) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _text(sequence: Sequence, lang: Language, name: str) -> Markup:
    try:
        notables = notable_steps(sequence, lint(sequence.call.trace))
        picture = strip_picture(sequence, notables, lang)
        told = notable_picture(sequence, notables, lang)
    except TracerError as error:
        return quiet(str(error))
    rows = [
        (code(f"{name}.steps[{_place(sequence, one.step)}]"), chip(one.token), one.reason)
        for one in told.strongest
    ]
    parts = [
        heading(compose("notebook.prompt", lang)),
        _prompt(sequence),
        heading(compose("notebook.answer", lang)),
        strip(picture),
        heading(told.title),
        table((), rows),
        quiet(compose("notebook.go_on", lang), *_ways(name, told.opened_step, sequence)),
    ]
    return joined(parts)


def _prompt(sequence: Sequence) -> Markup:
    shown = sequence.prompt_text
    shown = shown if len(shown) <= _MOST_PROMPT else f"{shown[:_MOST_PROMPT]}…"
    return element(
        "pre", shown, style="white-space:pre-wrap;margin:2px 0;border-left:3px solid #7A8594;padding-left:8px"
    )


def _place(sequence: Sequence, step: int) -> int:
    """Where a step stands in `steps`."""
    return next(place for place, one in enumerate(sequence.steps) if one.index == step)


def _ways(name: str, opened: int | None, sequence: Sequence) -> list[str]:
    place = _place(sequence, opened) if opened is not None else 0
    step = f"{name}.steps[{place}]"
    lines = [step, f"tracer.why({step})", f"tracer.what_if({step}, temperature=1.2)"]
    return [part for line in lines for part in (code(line), " · ")][:-1]
