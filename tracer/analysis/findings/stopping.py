"""Rules about the end: an end token that is no stop id, and a stop id listed twice."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.chat_markup import chat_markup
from tracer.analysis.findings.facts import chosen_steps, prompt_row, stop_ids
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_call, of_step
from tracer.analysis.settings import listed

if TYPE_CHECKING:
    from tracer.trace.call import Call


def missed_stops(call: "Call") -> Iterator[Finding]:
    """Finds end tokens, the model's own or the chat template's, that were chosen without ending the text."""
    stops = stop_ids(call)
    own = {one for one in listed(call.trace.model.config.get("eos_token_id")) if isinstance(one, int)}
    missed = (own | _template_ends(call)).difference(stops)
    for step in chosen_steps(call) if missed else ():
        num_after = len(step.sequence.token_ids) - step.index - 1
        if step.token_id in missed and num_after:
            numbers = {
                "probability": step.probability,
                "num_after": num_after,
                "num_stop_ids": len(set(stops)),
            }
            yield of_step(
                Rule.STOP_MISSED,
                Severity.WARNING,
                step,
                numbers,
                tokens={"end": step.token_id},
                strength=step.probability,
            )


def unlisted_stops(call: "Call") -> Iterator[Finding]:
    """Finds chat prompts whose template ends messages with a token that is no stop id, before it did harm."""
    chosen = {token_id for sequence in call.sequences for token_id in sequence.token_ids}
    ends = _template_ends(call)
    if ends and not ends & chosen:
        numbers = {"num_stop_ids": len(set(stop_ids(call)))}
        for end in sorted(ends):
            yield of_call(Rule.STOP_NOT_LISTED, Severity.WARNING, call, numbers, tokens={"end": end})


def repeated_stops(call: "Call") -> Iterator[Finding]:
    """Finds ids that the stopping criteria hold more than once."""
    for token_id, count in Counter(stop_ids(call)).items():
        if count > 1:
            numbers = {"num_listed": count}
            yield of_call(Rule.STOP_LISTED_TWICE, Severity.NOTE, call, numbers, tokens={"stop": token_id})


def _template_ends(call: "Call") -> frozenset[int]:
    """The tokens behind a message's content, where no token of the template is a stop id and a prompt has one.

    A template that writes a stop token somewhere ends turns with that one; the others end parts of a turn.
    """
    markup = chat_markup(call.trace)
    if markup is None or markup.names_eos or set(markup.token_ids) & set(stop_ids(call)):
        return frozenset()
    prompts = {token_id for sequence in call.sequences for token_id in prompt_row(sequence)}
    return markup.ends & prompts
