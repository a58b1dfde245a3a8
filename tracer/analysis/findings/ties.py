"""The rule about ties: greedy decoding among equal scores takes the smallest id, for no other reason."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.facts import best_at, chosen_steps
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_step

if TYPE_CHECKING:
    from tracer.trace.call import Call


def ties(call: "Call") -> Iterator[Finding]:
    """Finds greedy steps whose best final score belongs to several tokens."""
    for step in chosen_steps(call) if call.info.mode == "greedy" else ():
        if step.probability > 0.5001:  # two equals cannot both have more than half
            continue
        tied = [one for one in best_at(step.candidates, -1) if one.rank[-1] == 0]
        if len(tied) > 1:
            other = next(one for one in tied if one.token_id != step.token_id)
            numbers = {
                "num_tied": len(tied),
                "score": other.score[-1],
                "probability": other.probability[-1],
            }
            tokens = {"chosen": step.token_id, "other": other.token_id}
            yield of_step(
                Rule.TIE, Severity.NOTE, step, numbers, tokens=tokens, strength=other.probability[-1]
            )
