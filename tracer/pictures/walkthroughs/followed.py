"""The one token that a walk-through follows through all stations: the last that was read, and what came of it."""

from tracer.pictures.walkthroughs.run import Run
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose

_OF_PROBABILITIES = ("last_logits", "processors", "choice")


def followed_token(run: Run, station: str, lang: Language) -> str:
    """Returns a sentence about the token at a station, or nothing where nothing was read or chosen."""
    if run.followed is None or run.chosen is None:
        return ""
    key = f"followed.{station}"
    if station not in _OF_PROBABILITIES:
        return compose(key, lang, **_values(run))
    if run.step is None:
        return compose(f"{key}.unrecorded", lang, **_values(run))
    return compose(key, lang, **_values(run), **_probabilities(run, lang))


def _values(run: Run) -> dict[str, str]:
    """Returns what any of the sentences may hold."""
    assert run.followed is not None
    assert run.chosen is not None
    model = run.model
    heads = model.num_attention_heads
    return {
        "token": chip(run.followed.text),
        "id": str(run.followed.id),
        "chosen": chip(run.chosen.text),
        "chosen_id": str(run.chosen.id),
        "position": str(run.position),
        "next": str(run.position + 1),
        "count": numbers.count(run.position + 1),
        "read": numbers.count(len(run.tokens)),
        "vocab": numbers.count(model.vocab_size),
        "layers": numbers.count(model.num_hidden_layers),
        "hidden": "?" if model.hidden_size is None else numbers.count(model.hidden_size),
        "heads": "?" if heads is None else str(heads),
        "kv_heads": str(model.num_key_value_heads or heads or "?"),
    }


def _probabilities(run: Run, lang: Language) -> dict[str, str]:
    step = run.step
    assert step is not None
    favorite = max(step.candidates, key=lambda one: one.probability[0])
    return {
        "favorite": Whole(chip(step.call.trace.vocabulary.visible(step.favorite_id))),
        "most": numbers.percent(favorite.probability[0], lang),
        "before": numbers.percent(step.model_probability, lang),
        "after": numbers.percent(step.probability, lang),
    }
