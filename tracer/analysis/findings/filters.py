"""The rule about filters: top-k, top-p and the like cut off a token nearly as probable as the best one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.facts import SettingStage, best_at, chosen_steps, stages_of
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_step

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.candidate import Candidate
    from tracer.trace.step import Step

FILTERS = frozenset({"top_k", "top_p", "min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff"})

CLOSE = 0.5
"""A runner-up within so many nats of the best is a rival: at least 0.61 times as probable."""


def cut_rivals(call: "Call") -> Iterator[Finding]:
    """Finds steps of a sampled call in which a filter removed the best token's close rival."""
    stages = stages_of(call, FILTERS) if call.info.mode == "sample" else ()
    for step in chosen_steps(call) if stages else ():
        survivors = step.survivors
        cutting = [at for at in stages if survivors[at.stage] != survivors[at.stage - 1]]
        candidates = step.candidates if cutting else ()
        for at in cutting:
            yield from _cut(step, candidates, at)


def _cut(step: "Step", candidates: tuple["Candidate", ...], at: SettingStage) -> Iterator[Finding]:
    before = best_at(candidates, at.stage - 1)[:2]
    if len(before) < 2 or before[0].removed[at.stage] or not before[1].removed[at.stage]:
        return
    best, rival = before
    gap = best.score[at.stage - 1] - rival.score[at.stage - 1]
    if gap <= CLOSE:
        numbers = {
            "gap": gap,
            "best_probability": best.probability[at.stage - 1],
            "rival_probability": rival.probability[at.stage - 1],
            "num_left": step.survivors[at.stage],
        }
        tokens = {"best": best.token_id, "rival": rival.token_id}
        yield of_step(
            Rule.RIVAL_CUT,
            Severity.WARNING,
            step,
            numbers,
            tokens=tokens,
            settings=(at.setting,),
            strength=rival.probability[at.stage - 1],
        )
