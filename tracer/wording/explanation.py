"""An `Explanation` in words: one sentence or two for each thing that happened, each with its number.

Pure functions of an explanation and a language. Nothing is said about what did not happen; the table
that shows everything is in `tracer.wording.table`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from tracer.analysis.explanation import Change, Explanation, Row, Stage
from tracer.analysis.settings import Setting
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, join

_CLEARLY = 0.1
"""A processor is named for a token when it changed its probability by more than this share of it."""

_NOTABLE_MASS = 0.001


class Topic(StrEnum):
    """What a clause is about."""

    MODEL = "model"
    SETTINGS = "settings"
    DRAW = "draw"
    END = "end"


@dataclass(frozen=True, slots=True)
class Told:
    """A clause, what it is about, and of one about settings the stages that it needs to have been seen."""

    topic: Topic
    text: str
    stages: tuple[int, ...] = ()


def sentences(explanation: Explanation, lang: Language = "en") -> str:
    """Returns why the token was chosen, in at most a few short sentences."""
    return ("" if lang == "zh" else " ").join(clauses(explanation, lang))


def clauses(explanation: Explanation, lang: Language = "en") -> tuple[str, ...]:
    """Returns the clauses one by one: the favorite, the settings, the draw, the end."""
    return tuple(one.text for one in told(explanation, lang))


def told(explanation: Explanation, lang: Language = "en") -> tuple[Told, ...]:
    """Returns the clauses, each with what it is about; together they are the sentences of `sentences`."""
    made = [Told(Topic.MODEL, _favorite(explanation, lang)), *_settings(explanation, lang)]
    made += [
        Told(Topic.DRAW, _choice(explanation, lang) or ""),
        Told(Topic.END, _end(explanation, lang) or ""),
    ]
    return tuple(one for one in made if one.text)


def setting_text(setting: Setting, lang: Language) -> str:
    """Returns a setting with its value: "repetition penalty 1.1"; a class of the user's own by its name."""
    name = setting_name(setting, lang)
    if setting.value is None:
        return name
    return compose("setting_with_value", lang, name=name, value=numbers.value(setting.value))


def setting_name(setting: Setting, lang: Language) -> str:
    """Returns a setting without its value: "top-k"."""
    return setting.class_name if setting.name is None else compose(f"setting.{setting.name}", lang)


def _favorite(explanation: Explanation, lang: Language) -> str:
    favorite = explanation.favorite
    return compose(
        "favored_stop" if favorite.token_id in explanation.stop_ids else "favored",
        lang,
        favorite=chip(favorite.token),
        probability=numbers.percent(favorite.probabilities[0], lang),
    )


def _settings(explanation: Explanation, lang: Language) -> list[Told]:
    """What mattered most for the favorite, else for the chosen token; then what the filters left."""
    stage, key, values = _main_effect(explanation, lang)
    effect = "" if key is None else compose(key, lang, **values)
    at = () if stage is None else (stage.stage,)
    filters = _filters(explanation)
    if not filters or explanation.stages[-1].num_left < 2:
        return [Told(Topic.SETTINGS, effect, at)]
    values |= _filter_values(explanation, filters, lang)
    whole = compose("left" if key is None else f"{key}_then_left", lang, **values)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(effect, whole, strict=False))
    shared = sum(1 for _ in same)  # up to the full stop, or what stands in its place
    left = Told(Topic.SETTINGS, whole[shared:].lstrip(), (*at, *(one.stage for one in filters)))
    return [Told(Topic.SETTINGS, whole[:shared], at), left]


def _filter_values(explanation: Explanation, filters: list[Stage], lang: Language) -> dict[str, str]:
    names = dict.fromkeys(setting_name(stage.setting, lang) for stage in filters)
    return {
        "filters": join(list(names), lang),
        "left": numbers.count(filters[-1].num_left),
        "total": numbers.count(explanation.stages[filters[0].stage - 1].num_left),
    }


def _main_effect(explanation: Explanation, lang: Language) -> tuple[Stage | None, str | None, dict[str, str]]:
    """The stage that changed the favorite, or the chosen token, the most, with its catalogue key and values."""
    stages = [stage for stage in explanation.stages if stage.on_favorite is not None]
    removal = next((stage for stage in stages if stage.stage == explanation.favorite.removed_at), None)
    if removal is not None:
        return removal, "removed", {"setting": setting_text(removal.setting, lang)}
    changed = [stage for stage in stages if stage.change is Change.CHANGED]
    rescaled = [stage for stage in stages if stage.change is Change.RESCALED]
    stage = _strongest(changed or rescaled, explanation.favorite)
    if stage is not None:
        after = numbers.percent(explanation.favorite.probabilities[stage.stage], lang)
        values = {"setting": setting_text(stage.setting, lang), "after": after}
        return stage, _effect_key(explanation.favorite, stage), values
    return _effect_on_chosen(explanation.chosen, _strongest(changed, explanation.chosen), lang)


def _effect_key(favorite: Row, stage: Stage) -> str:
    """Special tokens stand in the prompt through the chat template, not in what people call the text."""
    before, after = favorite.scores[stage.stage - 1], favorite.scores[stage.stage]
    if _ratio(favorite, stage) > 0:
        return "raised_by_cuts" if after == before else "raised"
    if stage.setting.name != "repetition_penalty" or not favorite.occurs_before:
        return "cut"
    return "cut_special" if favorite.is_special else "cut_repeated"


def _effect_on_chosen(
    chosen: Row, stage: Stage | None, lang: Language
) -> tuple[Stage | None, str | None, dict[str, str]]:
    if stage is None or chosen.scores[stage.stage] <= chosen.scores[stage.stage - 1]:
        return None, None, {}
    values = {
        "setting": setting_text(stage.setting, lang),
        "chosen": chip(chosen.token),
        "before": numbers.percent(chosen.probabilities[stage.stage - 1], lang),
        "after": numbers.percent(chosen.probabilities[stage.stage], lang),
    }
    return stage, "chosen_raised", values


def _strongest(stages: list[Stage], row: Row) -> Stage | None:
    clear = [stage for stage in stages if abs(_ratio(row, stage)) > _CLEARLY]
    return max(clear, key=lambda stage: abs(_ratio(row, stage)), default=None)


def _ratio(row: Row, stage: Stage) -> float:
    """ln of the factor by which a stage changed a token's probability."""
    before, after = row.probabilities[stage.stage - 1], row.probabilities[stage.stage]
    return math.log(after / before) if before > 0 and after > 0 else 0.0


def _filters(explanation: Explanation) -> list[Stage]:
    """The stages that left markedly fewer tokens, but for one that is named for removing the favorite."""
    return [
        stage
        for stage in explanation.stages[1:]
        if stage.num_removed > 0
        and stage.stage != explanation.favorite.removed_at
        and (stage.num_removed >= stage.num_left or stage.removed_mass >= _NOTABLE_MASS)
    ]


def _choice(explanation: Explanation, lang: Language) -> str | None:
    chosen, draw = explanation.chosen, explanation.draw
    if draw.mode == "forced":
        return compose("forced", lang, chosen=chip(chosen.token), **_final(chosen, lang))
    if explanation.stages[-1].num_left == 1:
        return _only_one(explanation, lang)
    values = {"chosen": chip(chosen.token), "probability": numbers.percent(chosen.probabilities[-1], lang)}
    if draw.mode == "greedy":
        second = next((racer for racer in draw.racers if racer.token_id != chosen.token_id), None)
        if second is None:
            return None
        values["second"] = chip(second.token)
        values["second_probability"] = numbers.percent(math.exp(second.log_probability), lang)
        return compose("took_favorite" if chosen.is_favorite else "took", lang, **values)
    if chosen.is_winner:
        return compose("drew_favorite" if chosen.is_favorite else "drew", lang, **values)
    values["winner"] = chip(explanation.winner.token)
    values["winner_probability"] = numbers.percent(explanation.winner.probabilities[-1], lang)
    return compose("drew_by_luck", lang, **values)


def _final(row: Row, lang: Language) -> dict[str, str]:
    return {"probability": numbers.percent(row.probabilities[-1], lang)}


def _only_one(explanation: Explanation, lang: Language) -> str:
    chosen = chip(explanation.chosen.token)
    filters = _filters(explanation)
    if not filters:
        return compose("only_one", lang, chosen=chosen)
    return compose("only_one_after", lang, chosen=chosen, **_filter_values(explanation, filters, lang))


def _end(explanation: Explanation, lang: Language) -> str | None:
    if not explanation.is_finished:
        return None
    if explanation.chosen.token_id in explanation.stop_ids:
        return compose("stopped_at_token", lang, chosen=chip(explanation.chosen.token))
    stops = [verdict for verdict in explanation.verdicts if verdict.is_stop]
    if not stops:
        return None
    if stops[0].criterion.startswith("MaxLength") and stops[0].limit is not None:
        return compose("stopped_at_length", lang, limit=numbers.count(int(stops[0].limit)))
    return compose("stopped_by", lang, criterion=stops[0].criterion)
