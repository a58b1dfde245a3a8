"""Two compared runs in words: where they part, why, and by how much. A and B name the two.

Numbers come from `tracer.analysis.comparison`, words from the catalogue. Tables are made elsewhere.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracer.analysis.comparison import Comparison, Divergence, Kind
from tracer.analysis.divergence import Cause, Evidence, LogitDifference
from tracer.analysis.run_differences import PartDifference
from tracer.analysis.settings import listed
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose, join
from tracer.wording.explanation import setting_text

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

_NAMED = frozenset({Cause.LOGITS, Cause.SETTINGS, Cause.DRAW, Cause.SAMPLING})
_LONGEST_VALUE = 120


def comparison_text(comparison: Comparison, lang: Language) -> str:
    """Returns the whole answer, one sentence a line: headline, cause, both tokens, prompts."""
    lines = [headline(comparison, lang), cause_sentence(comparison, lang)]
    lines += token_sentences(comparison, lang)
    if not comparison.is_same:
        lines.append(prompt_sentence(comparison, lang))
    lines.append(caveat(comparison, lang))
    return "\n".join(line for line in lines if line)


def caveat(comparison: Comparison, lang: Language) -> str:
    """Returns what could not be compared, or nothing."""
    is_needed = comparison.same_vocabulary and comparison.steps and not comparison.has_logits
    return compose("compare.no_logits", lang) if is_needed else ""


def headline(comparison: Comparison, lang: Language) -> str:
    """Returns whether the two are the same, or where they part."""
    parted, count = comparison.first_divergence, numbers.count(len(comparison.steps))
    if not comparison.steps:
        return compose("compare.no_steps", lang)
    if parted is None and not comparison.same_vocabulary:
        return compose("compare.same_text", lang)
    if parted is None:
        return compose("compare.same" if comparison.is_same else "compare.same_answer", lang, count=count)
    if parted.kind is Kind.ENDED:
        shorter, longer = shorter_first(parted)
        token = parted.a or parted.b
        text = chip("" if token is None else token.token)
        return compose(
            "compare.ended", lang, shorter=shorter, longer=longer, step=str(parted.step), token=text
        )
    values = {"step": str(parted.step), "token_a": _token(parted.a), "token_b": _token(parted.b)}
    if parted.step == parted.other_step:
        return compose("compare.token", lang, **values)
    return compose("compare.token_elsewhere", lang, other_step=str(parted.other_step), **values)


def _token(side: Any) -> Whole:
    return chip("" if side is None else side.token)


def shorter_first(parted: Divergence) -> tuple[str, str]:
    """Returns the names of the text that had ended and of the one that went on."""
    return ("A", "B") if parted.a is None else ("B", "A")


def token_sentences(comparison: Comparison, lang: Language) -> list[str]:
    """Returns for both chosen tokens at the divergence their probabilities before and after the settings."""
    parted = comparison.first_divergence
    if parted is None:
        return []
    return [
        compose(
            "compare.probabilities",
            lang,
            side=name,
            token=chip(side.token),
            model=numbers.percent(side.model_probability, lang),
            final=numbers.percent(side.probability, lang),
        )
        for name, side in (("A", parted.a), ("B", parted.b))
        if side is not None
    ]


def prompt_sentence(comparison: Comparison, lang: Language) -> str:
    """Returns whether the prompts are the same, or where they differ."""
    prompt = comparison.prompt
    if not comparison.same_vocabulary:
        return compose("compare.prompt_same_text" if prompt.is_same else "compare.prompt_text", lang)
    if prompt.is_same:
        return compose("compare.prompt_same", lang, count=numbers.count(prompt.length_a))
    if prompt.token_a is None or prompt.token_b is None:
        shorter, longer = ("A", "B") if prompt.token_a is None else ("B", "A")
        short, long = (numbers.count(one) for one in sorted((prompt.length_a, prompt.length_b)))
        return compose("compare.prompt_longer", lang, shorter=shorter, longer=longer, short=short, long=long)
    return compose(
        "compare.prompt_token",
        lang,
        place=numbers.count(prompt.num_shared),
        token_a=chip(prompt.token_a),
        token_b=chip(prompt.token_b),
    )


def cause_sentence(comparison: Comparison, lang: Language) -> str:
    """Returns why the texts part; of equal texts, whether the logits are equal too; "" where neither is known."""
    parted = comparison.first_divergence
    if parted is None:
        return _of_equal_texts(comparison, lang)
    evidence = parted.evidence
    told = {Cause.LOGITS} if _is_near(evidence) else set()
    also = [compose(f"compare.name_{one}", lang) for one in evidence.also if one in _NAMED - told]
    sentence = _cause(comparison, parted, lang)
    if not also:
        return sentence
    more = compose("compare.also", lang, others=Whole(join(also, lang)))
    return f"{sentence}{'' if lang == 'zh' else ' '}{more}"


def _of_equal_texts(comparison: Comparison, lang: Language) -> str:
    if not comparison.is_same or not comparison.same_vocabulary or not comparison.steps:
        return ""
    if comparison.logits is None:
        return compose("compare.logits_equal", lang) if comparison.has_logits else ""
    last = comparison.steps[-1].step
    return compose(
        "compare.logits_only",
        lang,
        first=str(comparison.logits.first_step),
        amount=Whole(amount_sentence(comparison.logits, last, lang)),
    )


def _is_near(evidence: Evidence) -> bool:
    """Whether the logits differ by rounding, and something else was the cause."""
    is_rounding = evidence.logits is not None and evidence.logits.is_rounding
    return is_rounding and evidence.cause is not Cause.LOGITS


def _cause(comparison: Comparison, parted: Divergence, lang: Language) -> str:
    key, values = f"compare.cause_{parted.cause}", _values(comparison, parted, lang)
    match parted.cause:
        case Cause.FORCED if parted.a and parted.b and parted.a.is_forced and parted.b.is_forced:
            key += "_both"
        case Cause.SETTINGS if parted.evidence.logits is not None:
            key += "_near"
        case Cause.DRAW if set(parted.evidence.also) == {Cause.LOGITS} and _is_near(parted.evidence):
            key += "_near"
        case Cause.DRAW if parted.evidence.also:
            key += "_alone"
        case Cause.DRAW if parted.evidence.same_luck is None:
            key += "_unknown"
        case Cause.STOPPING if values["changes"]:
            key += "_changes"
        case Cause.INTERRUPTED if not _shorter(comparison, parted).steps:
            key += "_empty"
        case Cause.INTERRUPTED if _shorter(comparison, parted).call.status == "complete":
            key += "_unended"
    return compose(key, lang, **values)


def _values(comparison: Comparison, parted: Divergence, lang: Language) -> dict[str, str]:
    evidence, logits = parted.evidence, parted.evidence.logits
    greedy, sampled = ("A", "B") if comparison.a.call.info.mode == "greedy" else ("B", "A")
    changes = (
        stopping_changes(comparison, lang)
        if parted.kind is Kind.ENDED
        else processor_changes(comparison.processors, evidence.differs_after, lang)
    )
    return {
        "len_a": numbers.count(comparison.a.call.info.prefix_len),
        "len_b": numbers.count(comparison.b.call.info.prefix_len),
        "side": "A" if parted.a is not None and parted.a.is_forced else "B",
        "first": "" if logits is None else str(logits.first_step),
        "amount": Whole("" if logits is None else amount_sentence(logits, parted.step, lang)),
        "changes": Whole(changes),
        "greedy": greedy,
        "sampled": sampled,
        "token_b": _token(parted.b),
        "shorter": shorter_first(parted)[0],
        "criteria": Whole(join(list(parted.stopped_by), lang)),
    }


def _shorter(comparison: Comparison, parted: Divergence) -> "Sequence":
    return comparison.a if shorter_first(parted)[0] == "A" else comparison.b


def amount_sentence(logits: LogitDifference, step: int, lang: Language) -> str:
    """Returns by how much the logits differ at a step, and whether that is no more than rounding."""
    if logits.max_delta_there is None:
        return compose("compare.amount_unknown", lang)
    values = {"step": str(step), "delta": Whole(small(logits.max_delta_there))}
    if logits.kl_there is None:
        return compose("compare.amount_partial", lang, **values)
    key = "compare.amount_rounding" if logits.is_rounding else "compare.amount"
    return compose(key, lang, kl=Whole(nats(logits.kl_there, lang)), **values)


def nats(number: float, lang: Language) -> str:
    """Returns a KL in nats as people read it, "infinite" included."""
    return compose("compare.kl_infinite_short", lang) if math.isinf(number) else small(number)


def small(number: float) -> str:
    """Returns a number with three digits, however small: "1.23", "4.1e-07", "0"."""
    return f"{number:.3g}"


def processor_changes(processors: tuple[PartDifference, ...], behind: str | None, lang: Language) -> str:
    """Returns which processors differ: "temperature: 0.8 in A, 1.2 in B; top-k: 50 in A, absent in B"."""
    changes = [part_change(one, lang) for one in processors]
    if not changes and behind is not None:
        changes = [compose("compare.scores_behind", lang, name=Whole(behind))]
    return join(changes, lang, "clause")


def part_change(one: PartDifference, lang: Language) -> str:
    """Returns what differs of one processor or criterion: "temperature: 0.8 in A, 1.2 in B"."""
    known = one.a or one.b
    is_named = known is not None and known.name is not None
    name = compose(f"setting.{known.name}", lang) if is_named and known is not None else one.class_name
    sides = part_sides(one, lang)
    prefix = f"{name} "
    sides = [side.removeprefix(prefix) if is_named else side for side in sides]
    return compose("compare.change", lang, name=Whole(name), a=Whole(sides[0]), b=Whole(sides[1]))


def part_sides(one: PartDifference, lang: Language) -> list[str]:
    """Returns what A and what B have of one part: the setting with its value, or the parameters that differ."""
    texts = [
        compose("compare.absent", lang) if side is None else setting_text(side, lang)
        for side in (one.a, one.b)
    ]
    if texts[0] != texts[1]:
        return texts
    return [
        ", ".join(f"{each.name} {value_text(_bare(value))}" for each, value in side)
        for side in (
            [(each, each.a) for each in one.parameters],
            [(each, each.b) for each in one.parameters],
        )
    ]


def _bare(parameter: object) -> object:
    """A recorded parameter without the description of its tensor."""
    return listed(parameter) if isinstance(parameter, Mapping) and "values" in parameter else parameter


def stopping_changes(comparison: Comparison, lang: Language) -> str:
    """Returns which settings of the end differ: "max_new_tokens: 20 in A, 40 in B"."""
    names = ("max_new_tokens", "max_length", "max_time", "stop_strings", "eos_token_id", "min_new_tokens")
    found = {one.name: one for one in comparison.settings if one.name in names}
    if "max_new_tokens" in found:
        found.pop("max_length", None)  # follows from it
    changes = [
        compose(
            "compare.change",
            lang,
            name=Whole(one.name),
            a=Whole(value_text(one.a.value if one.a else None)),
            b=Whole(value_text(one.b.value if one.b else None)),
        )
        for one in found.values()
    ]
    return join(changes, lang, "clause")


def value_text(value: object) -> str:
    """Returns a setting's value as code writes it, a long one cut."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
