"""Rules about the prompt: padded on the wrong side, too long, cut, its chat template missing or there twice."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.chat_markup import ChatMarkup, chat_markup
from tracer.analysis.findings.facts import config_ids, mask_row, stop_ids
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_call

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.sequence import Sequence

_LIMITS = ("max_position_embeddings", "n_positions")


def right_paddings(call: "Call") -> Iterator[Finding]:
    """Finds rows whose prompt ends with masked columns: the first token was chosen behind padding."""
    for sequence in call.sequences:
        mask = mask_row(sequence)
        num_pads = next((place for place, is_given in enumerate(reversed(mask)) if is_given), 0)
        if num_pads:
            numbers = {"num_pads": num_pads, "prompt_len": len(mask)}
            yield of_call(Rule.RIGHT_PADDING, Severity.ERROR, call, numbers, row=sequence.row, step=0)


def prompts_at_limit(call: "Call") -> Iterator[Finding]:
    """Finds prompts as long as the model has positions, or longer: cut to fit, or about to leave them."""
    limit = _limit(call)
    for sequence in call.sequences:
        length = len(sequence.prompt_ids) + call.info.prefix_len
        if limit is not None and length >= limit:
            numbers = {"prompt_len": length, "limit": limit}
            yield of_call(Rule.PROMPT_AT_LIMIT, Severity.WARNING, call, numbers, row=sequence.row)


def truncated_prompts(call: "Call") -> Iterator[Finding]:
    """Finds prompts of exactly the length at which the tokenizer truncates, where the model has room for more."""
    limit = call.trace.manifest.tokenizer_limit
    for sequence in call.sequences if limit != _limit(call) else ():
        if len(sequence.prompt_ids) == limit:
            numbers = {"limit": limit}
            yield of_call(Rule.PROMPT_TRUNCATED, Severity.WARNING, call, numbers, row=sequence.row)


def cut_prompts(call: "Call") -> Iterator[Finding]:
    """Finds prompts that begin inside a message: the first special token of the template ends one."""
    for sequence, markup in _templated(call):
        written = set(markup.token_ids)
        first = next((one for one in sequence.prompt_ids if one in written), None)
        if first in markup.ends and written - markup.ends & set(sequence.prompt_ids):
            numbers = {"num_before": sequence.prompt_ids.index(first), "prompt_len": len(sequence.prompt_ids)}
            tokens = {"end": first}
            yield of_call(Rule.PROMPT_CUT, Severity.WARNING, call, numbers, row=sequence.row, tokens=tokens)


def missing_starts(call: "Call") -> Iterator[Finding]:
    """Finds prompts without the start token that their template begins with."""
    starts = config_ids(call, "bos_token_id")
    for sequence, markup in _templated(call):
        is_expected = markup.names_bos or starts & set(markup.token_ids)
        if starts and is_expected and not starts & set(sequence.prompt_ids):
            numbers = {"prompt_len": len(sequence.prompt_ids)}
            tokens = {"start": min(starts), "first": sequence.prompt_ids[0]}
            yield of_call(Rule.BOS_MISSING, Severity.WARNING, call, numbers, row=sequence.row, tokens=tokens)


def double_templates(call: "Call") -> Iterator[Finding]:
    """Finds prompts whose opening token comes again at once, or before the first message has ended."""
    markup = chat_markup(call.trace)
    written = () if markup is None else markup.token_ids
    openings = config_ids(call, "bos_token_id") | set(written[:1])
    ends = frozenset() if markup is None else markup.ends | (set(written) & set(stop_ids(call)))
    for sequence in call.sequences if not call.info.prefix_len else ():
        ids = sequence.prompt_ids
        if len(ids) < 2 or ids[0] not in openings:
            continue
        first_end = next((place for place, one in enumerate(ids) if place and one in ends), None)
        head = ids[:2] if first_end is None else ids[:first_end]
        if head.count(ids[0]) > 1:
            numbers = {"num_openings": head.count(ids[0]), "position": ids.index(ids[0], 1)}
            tokens = {"opening": ids[0]}
            yield of_call(
                Rule.TEMPLATE_TWICE, Severity.WARNING, call, numbers, row=sequence.row, tokens=tokens
            )


def missing_templates(call: "Call") -> Iterator[Finding]:
    """Finds prompts without any special token of the chat template; the start token alone does not count."""
    markup = chat_markup(call.trace)
    if markup is None or call.info.prefix_len:
        return
    written = set(markup.token_ids)
    telling = written - config_ids(call, "bos_token_id") or written
    for sequence in call.sequences:
        if telling and not telling & set(sequence.prompt_ids):
            numbers = {"num_template_tokens": len(telling), "prompt_len": len(sequence.prompt_ids)}
            yield of_call(Rule.TEMPLATE_MISSING, Severity.WARNING, call, numbers, row=sequence.row)


def _templated(call: "Call") -> Iterator[tuple["Sequence", ChatMarkup]]:
    """The rows that hold a special token of the chat template, and begin where their prompt does."""
    markup = chat_markup(call.trace)
    if markup is None or call.info.prefix_len:
        return
    for sequence in call.sequences:
        if set(markup.token_ids) & set(sequence.prompt_ids):
            yield sequence, markup


def _limit(call: "Call") -> int | None:
    held = [criterion.parameters.get("max_position_embeddings") for criterion in call.criteria]
    held += [call.trace.model.config.get(name) for name in _LIMITS]
    return next((value for value in held if isinstance(value, int)), None)
