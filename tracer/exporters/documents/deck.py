"""A trace as a deck of slides: what was asked, a slide for each chosen step with notes for the speaker, the settings.

Without a choice the steps are those that stand out most. The same trace gives the same texts and notes.
"""

from tracer.exporters.chromium import open_chromium
from tracer.exporters.documents.pictures import drawn
from tracer.exporters.documents.slides import (
    ABOVE,
    BODY,
    COVER,
    HEIGHT_IN,
    LIST,
    MARGIN_IN,
    PICTURE,
    WIDTH_IN,
    Deck,
    Place,
    Words,
)
from tracer.exporters.documents.told_steps import ToldStep, told_steps
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.views import Size
from tracer.pictures.run_summary import setting_facts
from tracer.pictures.sentence_parts import shortened
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

MOST_STEPS = 12
_MOST_PROMPT, _MOST_ANSWER, _MOST_SETTINGS, _MOST_TITLE = 420, 560, 12, 250
_PART = Size(
    "slide",
    PICTURE.width * 25.4,
    PICTURE.height * 25.4,
    (2.0, 1.85, 1.7, 1.55, 1.4, 1.25, 1.1, 1.0, 0.9),
    8,
)
_FOOT = Place(MARGIN_IN, HEIGHT_IN - 0.45, WIDTH_IN - 2 * MARGIN_IN, 0.3, 10, "5B6570")


def export_deck(request: ExportRequest) -> Files:
    """Returns the deck.

    Raises:
        MissingExtraError: python-pptx, playwright, Chromium or jinja2 is not installed.
    """
    lang, name = request.lang, request.sequence.call.trace.path.name
    deck = Deck(lang, compose("deck.title", lang, trace=name))
    told = told_steps(request, MOST_STEPS)
    with open_chromium() as chromium:
        pictures = drawn(chromium, request, tuple(one.step for one in told), _PART)
    _cover(deck, request)
    for one in told:
        _step(deck, one, pictures[one.step.index], lang)
    _closing(deck, request)
    return {".pptx": deck.content()}


def _cover(deck: Deck, request: ExportRequest) -> None:
    sequence, lang = request.sequence, request.lang
    trace = sequence.call.trace
    slide = deck.slide([Words(compose("deck.title", lang, trace=trace.path.name), is_bold=True)], place=COVER)
    model = compose("deck.model", lang, model=trace.model.name, count=numbers.count(len(sequence.steps)))
    slide.text(
        [
            [Words(model)],
            [Words("")],
            [Words(compose("ui.prompt", lang), is_bold=True)],
            [Words(_cut(sequence.prompt_text, _MOST_PROMPT))],
            [Words("")],
            [Words(compose("ui.answer", lang), is_bold=True)],
            [Words(_cut(sequence.text, _MOST_ANSWER))],
        ],
        BODY,
    )
    slide.notes([compose("deck.cover_say", lang), compose("deck.cover_ask", lang)])


def _step(deck: Deck, one: ToldStep, picture: bytes, lang: Language) -> None:
    slide = deck.slide(_title(one, lang))
    key = "notebook_file.step_title_because" if one.reason else "notebook_file.step_title"
    values = {"reason": one.reason} if one.reason else {}
    place = compose(key, lang, step=str(one.step.index), **values)
    slide.text([[Words(place, is_bold=True)]], ABOVE)
    alternative = compose("report_file.picture", lang, step=str(one.step.index))
    slide.picture(picture, PICTURE, alternative)
    slide.notes(_notes(one, lang))


def _title(one: ToldStep, lang: Language) -> list[Words]:
    """The sentence of the picture, cut at its end where it is long."""
    words: list[Words] = []
    left = _MOST_TITLE
    for clause in one.picture.clauses:
        length = sum(len(part.text) for part in clause.parts)
        if words and length > left:
            break
        left -= length
        words += [Words(part.text, is_token=part.is_token) for part in clause.parts]
        words += [] if lang == "zh" else [Words(" ")]
    return words


def _notes(one: ToldStep, lang: Language) -> list[str]:
    """What to say, with the numbers of the step, and what to ask."""
    step, total = one.step, one.step.call.trace.model.vocab_size
    values = {
        "token": shortened(one.token),
        "model": numbers.percent(step.model_probability, lang),
        "model_rank": numbers.ordinal(step.model_rank, lang),
        "total": numbers.count(total),
        "after": numbers.percent(step.probability, lang),
        "rank": numbers.ordinal(step.rank, lang),
        "left": numbers.count(step.survivors[-1]),
        "entropy": numbers.decimal(step.entropy),
    }
    draw = one.picture.draw
    question = "deck.ask_draw" if draw is not None and draw.has_luck else "deck.ask_greedy"
    return [
        compose("deck.say", lang),
        *one.picture.sentences,
        compose("deck.numbers", lang, **values),
        compose("deck.ask", lang),
        compose("deck.ask_first", lang, step=str(step.index)),
        compose(question, lang, token=shortened(one.token)),
        compose("deck.try", lang, python=f"tracer.what_if(trace.step({_place(one)}), …)"),
    ]


def _place(one: ToldStep) -> str:
    return f"{one.step.index}, call={one.step.call.index}, row={one.step.sequence.row}"


def _closing(deck: Deck, request: ExportRequest) -> None:
    call, lang = request.sequence.call, request.lang
    made, model = call.trace.manifest.environment, call.trace.model
    given = [one for one in setting_facts(call, lang) if not one.is_default]
    lines = [
        [Words(f"{one.name} = {_cut(one.value, 60)}", is_token=True), Words(f"   {one.origin}")]
        for one in given[:_MOST_SETTINGS]
    ]
    more = len(given) - _MOST_SETTINGS
    lines += [[Words(compose("notebook.more", lang, count=str(more)))]] if more > 0 else []
    versions = (
        f"tracer {made.tracer} · transformers {made.transformers} · torch {made.torch} · Python {made.python}"
    )
    lines += [[Words("")], [Words(f"{model.name} · {model.dtype} · {model.device}")], [Words(versions)]]
    slide = deck.slide([Words(compose("deck.settings", lang), is_bold=True)])
    slide.text(lines or [[Words(compose("report.no_settings", lang))]], LIST)
    slide.text([[Words(compose("deck.from", lang, trace=call.trace.path.name))]], _FOOT)
    slide.notes([compose("deck.closing_say", lang)])


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
