"""The plain-text table below the sentences: every shown token at every stage, the draw and the verdicts.

Columns line up in a fixed-width font, Chinese and emoji counted as two cells. It computes layout only.
"""

import unicodedata

from tracer.analysis.explanation import Change, Explanation, Row, Stage, Verdict
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose, join
from tracer.wording.effects import effect_lines, luck_line
from tracer.wording.explanation import setting_text


def table(explanation: Explanation, lang: Language = "en") -> str:
    """Returns the chain of one step as lines of text: a table, then what the draw and the criteria did."""
    lines = _grid(explanation, lang)
    lines += ["", compose("legend", lang)]
    if explanation.inactive_stages:
        settings = [setting_text(stage.setting, lang) for stage in explanation.inactive_stages]
        lines.append(compose("no_effect", lang, settings=join(settings, lang)))
    lines += effect_lines(explanation, lang)
    lines += _draw(explanation, lang)
    lines.append(_verdicts(explanation, lang))
    return "\n".join(lines)


def _grid(explanation: Explanation, lang: Language) -> list[str]:
    stages = [stage for stage in explanation.stages if stage.change is not Change.NOTHING]
    columns = [_token_column(explanation, lang)]
    columns += [_stage_column(explanation, stage, lang) for stage in stages]
    if explanation.draw.mode == "sample" and explanation.draw.racers:
        columns.append(_draw_column(explanation, lang))
    if all(stage.num_others <= 0 for stage in stages):
        columns = [column[:-1] for column in columns]
    return [line.rstrip() for line in map("   ".join, zip(*map(aligned, columns), strict=True))]


def _token_column(explanation: Explanation, lang: Language) -> list[str]:
    marks = [("✓" if row.is_chosen else " ") + ("○" if row.is_favorite else " ") for row in explanation.rows]
    tokens = [f"{mark} {row.token}" for mark, row in zip(marks, explanation.rows, strict=True)]
    return [compose("column_token", lang), "", "", *tokens, compose("other_tokens", lang)]


def _stage_column(explanation: Explanation, stage: Stage, lang: Language) -> list[str]:
    name = setting_text(stage.setting, lang) if stage.stage else compose("column_model", lang)
    left = compose("tokens_left", lang, count=numbers.count(stage.num_left))
    mass = compose("mass_removed", lang, mass=numbers.percent(stage.removed_mass, lang))
    cells = _cells([_numbers(row, stage, lang) for row in explanation.rows])
    others = _others(stage, lang)
    return [name, left, mass if stage.num_removed > 0 else "", *cells, others]


def _numbers(row: Row, stage: Stage, lang: Language) -> tuple[str, ...]:
    """Probability, score and rank of one cell; one word where this stage removed the token; nothing after."""
    if row.removed_at is not None and row.removed_at <= stage.stage:
        return (compose("removed_cell", lang),) if row.removed_at == stage.stage else ()
    at = stage.stage
    return (
        numbers.percent(row.probabilities[at], lang),
        numbers.decimal(row.scores[at]),
        f"#{numbers.count(row.ranks[at] + 1)}",
    )


def _cells(parts: list[tuple[str, ...]]) -> list[str]:
    """Right-aligns probability, score and rank below each other within one column."""
    whole = [part for part in parts if len(part) == 3]
    widths = [max((_width(part[place]) for part in whole), default=0) for place in range(3)]
    return [
        " ".join(_padded(text, width) for text, width in zip(part, widths, strict=True))
        if len(part) == 3
        else "".join(part)
        for part in parts
    ]


def _others(stage: Stage, lang: Language) -> str:
    if stage.num_others <= 0:
        return ""
    mass = numbers.percent(stage.others_probability, lang)
    if stage.num_others == 1:
        return compose("other_cell", lang, mass=mass)
    return compose("others_cell", lang, count=numbers.count(stage.num_others), mass=mass)


def _draw_column(explanation: Explanation, lang: Language) -> list[str]:
    racers = [explanation.draw.racer(row.token_id) for row in explanation.rows]
    cells = ["" if racer is None else numbers.decimal(racer.finish) for racer in racers]
    width = max(map(_width, cells))
    return [compose("column_draw", lang), "ln p − ln q", "", *(_padded(cell, width) for cell in cells), ""]


def _draw(explanation: Explanation, lang: Language) -> list[str]:
    draw = explanation.draw
    is_greedy = draw.mode == "greedy"
    if draw.mode == "forced":
        return [compose("draw_forced", lang), _greedy_choice(explanation, lang)]
    if not draw.racers:
        return [compose("draw_unknown", lang), _greedy_choice(explanation, lang)]
    first, second = draw.racers[0], draw.runner_up
    if second is None or draw.margin is None:
        return [
            compose("draw_greedy_alone" if is_greedy else "draw_race_alone", lang, first=chip(first.token))
        ]
    key = "draw_greedy" if is_greedy else "draw_race" if draw.is_exact_second else "draw_race_at_least"
    values = {
        "first": chip(first.token),
        "second": chip(second.token),
        "margin": numbers.decimal(draw.margin),
    }
    if not is_greedy:
        values["finish"] = numbers.decimal(first.finish)
    lines = [compose(key, lang, **values)]
    if not draw.agrees:
        chosen = chip(explanation.chosen.token)
        lines.append(compose("draw_race_differs", lang, first=chip(first.token), chosen=chosen))
    luck = luck_line(explanation, lang)
    lines += [] if luck is None else [luck]
    return lines if is_greedy else [*lines, _greedy_choice(explanation, lang)]


def _greedy_choice(explanation: Explanation, lang: Language) -> str:
    winner = explanation.winner
    if winner.is_chosen:
        return compose("greedy_same", lang, winner=chip(winner.token))
    probability = numbers.percent(winner.probabilities[-1], lang)
    return compose("greedy_other", lang, winner=chip(winner.token), probability=probability)


def _verdicts(explanation: Explanation, lang: Language) -> str:
    if not explanation.verdicts:
        return compose("no_criteria", lang)
    shown = (
        [v for v in explanation.verdicts if v.is_stop] if explanation.is_finished else explanation.verdicts
    )
    reasons = [verdict_reason(verdict, explanation, lang) for verdict in shown]
    key = "stopped" if explanation.is_finished else "went_on"
    return compose(key, lang, reasons=Whole(join(reasons, lang, "clause")))


_KINDS = {
    "MaxLengthCriteria": "length",
    "EosTokenCriteria": "token",
    "MaxTimeCriteria": "time",
    "StopStringCriteria": "string",
}


def verdict_reason(verdict: Verdict, explanation: Explanation, lang: Language) -> str:
    """Returns what one criterion answered, as a clause."""
    kind = _KINDS.get(verdict.criterion.split(" ")[0], "other")
    if kind in {"length", "time"} and verdict.limit is None:
        kind = "other"
    values: dict[str, str] = {}
    match kind:
        case "length":
            values = {"count": numbers.count(verdict.num_tokens), "limit": numbers.value(verdict.limit)}
            if verdict.is_stop:
                del values["count"]
        case "token":
            values = {"chosen": chip(explanation.chosen.token)}
        case "time":
            values = {"limit": numbers.value(verdict.limit)}
        case "other":
            values = {"criterion": verdict.criterion}
    return compose(f"{kind}_{'stops' if verdict.is_stop else 'goes_on'}", lang, **values)


def aligned(column: list[str]) -> list[str]:
    """Returns the texts of a column, each as wide as the widest."""
    width = max(map(_width, column))
    return [text + " " * (width - _width(text)) for text in column]


def _padded(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text


def _width(text: str) -> int:
    """The number of cells that the text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
