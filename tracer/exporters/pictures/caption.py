"""The caption of a picture: one paragraph of what it shows, and what it was made from. The same for every format."""

from importlib.metadata import PackageNotFoundError, version

from tracer.exporters.views.drawing import Drawing
from tracer.exporters.views.request import ViewRequest
from tracer.pictures.run_summary import setting_facts
from tracer.trace.step import Step
from tracer.wording.composition import Whole, compose, join, together
from tracer.wording.markdown import code

_SEEDED_LENGTHS = (16, 5048, 5056)


def caption_of(request: ViewRequest, drawing: Drawing) -> str:
    """Returns the caption as one paragraph of Markdown, tokens as code."""
    lang = request.lang
    shown = together((compose(f"caption.{request.view}", lang), *drawing.sentences), lang)
    return together((_one_line(shown), *_made_from(request)), lang) + "\n"


def caption_of_steps(request: ViewRequest, steps: tuple[Step, ...]) -> str:
    """Returns the caption of a picture that goes through steps."""
    lang = request.lang
    told = compose("caption.steps", lang, first=str(steps[0].index), last=str(steps[-1].index))
    return together((told, *_made_from(request)), lang) + "\n"


def _made_from(request: ViewRequest) -> tuple[str, ...]:
    sequence, lang = request.sequence, request.lang
    trace, call = sequence.call.trace, sequence.call
    made, model = trace.manifest.environment, trace.model
    given = [f"{one.name}={one.value}" for one in setting_facts(call, lang) if not one.is_default]
    seed = _seed([step for step in (request.step, *sequence.steps[:1]) if step is not None])
    name = Whole(code(trace.path.name))
    place = {"call": str(call.index), "row": str(sequence.row)}
    return (
        compose(
            "caption.model", lang, model=Whole(code(model.name)), kind=model.class_name, dtype=model.dtype
        ),
        compose("caption.settings", lang, settings=Whole(join([code(one) for one in given], lang)))
        if given
        else compose("caption.no_settings", lang),
        compose("caption.no_seed", lang) if seed is None else compose("caption.seed", lang, seed=str(seed)),
        compose(
            "caption.versions",
            lang,
            torch=made.torch,
            transformers=made.transformers,
            recorder=made.tracer,
            drawer=_own_version(),
        ),
        compose("caption.trace", lang, trace=name, **place)
        if request.step is None
        else compose("caption.trace_step", lang, trace=name, step=str(request.step.index), **place),
    )


def _seed(steps: list[Step]) -> int | None:
    """The seed of the generator that the draw used, out of its recorded state.

    Source: torch, CPUGeneratorImpl.cpp and CUDAGeneratorImpl.cpp: a state begins with the initial seed, 64 bits.
    """
    states = (step.random_state for step in steps)
    known = (state for state in states if state is not None and len(state) in _SEEDED_LENGTHS)
    return next((int.from_bytes(state[:8], "little") for state in known), None)


def _own_version() -> str:
    try:
        return version("generation-tracer")
    except PackageNotFoundError:
        return "?"


def _one_line(text: str) -> str:
    return " ".join(text.split())
