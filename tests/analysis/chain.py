"""Builds steps of known scores in memory, with those attributes of a `Step` that explanations read.

The tables are computed here from the scores given for each stage, one token at a time, independently of
`tracer.analysis.statistics`.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from tracer.errors import SignalMissingError
from tracer.schema import CriterionInfo, ProcessorInfo
from tracer.trace.candidate import Candidate

INF = float("inf")

PENALTY = ("RepetitionPenaltyLogitsProcessor", {"penalty": 1.1})
TEMPERATURE = ("TemperatureLogitsWarper", {"temperature": 0.5})
TOP_K = ("TopKLogitsWarper", {"top_k": 4})
TOP_P = ("TopPLogitsWarper", {"top_p": 0.9})

WORDS = ("·sun", "·rain", "·ra", "·the", "<|im_end|>", "↵", "·a", "⟨E4 BB⟩")


class Words:
    """A vocabulary of eight tokens, of which the fifth is special."""

    def visible(self, token_id: int) -> str:
        return WORDS[token_id] if token_id < len(WORDS) else f"#{token_id}"

    def special(self, token_id: int) -> bool:
        return token_id == 4


class FakeStep(SimpleNamespace):
    """A step; without full scores where the trace is a light one."""

    @property
    def scores(self) -> np.ndarray:
        if self.is_light:
            raise SignalMissingError("Step 2 has no scores; they were not recorded.")
        return self.stages[-1]


def make_step(
    logits: Sequence[float],
    processed: Sequence[tuple[tuple[str, dict[str, Any]], Sequence[float]]] = (),
    *,
    chosen: int,
    noise: dict[int, float] | None = None,
    candidates: Sequence[int] | None = None,
    **changes: Any,
) -> FakeStep:
    """Returns a step from its logits and, for each processor, its name, parameters and scores.

    `noise` makes it a sampled step; `candidates` are the ids in the table (all by default); `changes` are
    `prompt`, `generated`, `verdicts`, `criteria`, `mode`, `is_light`, `is_finished`.
    """
    stages = [np.array(row, dtype=np.float32) for row in (logits, *(scores for _, scores in processed))]
    probabilities = [np.exp(row.astype(np.float64)) / np.exp(row.astype(np.float64)).sum() for row in stages]
    ids = range(len(logits)) if candidates is None else candidates
    table = [_candidate(token, stages, probabilities) for token in ids]
    processors = [
        ProcessorInfo(stage=k + 1, class_name=name, module="m", parameters=parameters, is_rebuildable=True)
        for k, ((name, parameters), _) in enumerate(processed)
    ]
    mode = changes.get("mode", "greedy" if noise is None else "sample")
    generated = changes.get("generated", (6, 6))
    criteria = changes.get(
        "criteria", [("EosTokenCriteria", {"eos_token_id": {"tensor": "int64", "values": [4]}})]
    )
    call = SimpleNamespace(
        index=0,
        info=SimpleNamespace(mode=mode, prompt_len=5),
        processors=processors,
        criteria=[CriterionInfo(class_name=name, parameters=parameters) for name, parameters in criteria],
        trace=SimpleNamespace(vocabulary=Words()),
    )
    return FakeStep(
        index=len(generated),
        call=call,
        sequence=SimpleNamespace(
            row=0, prompt_ids=changes.get("prompt", (3, 6)), token_ids=(*generated, chosen)
        ),
        token_id=chosen,
        favorite_id=int(np.argmax(stages[0])),
        winner_id=int(np.argmax(stages[-1])),
        num_stages=len(stages),
        stages=stages,
        candidates=tuple(sorted(table, key=lambda one: (one.rank[0], one.token_id))),
        survivors=tuple(int((row > -INF).sum()) for row in stages),
        removed_mass=(0.0, *_removed_masses(stages, probabilities)),
        logsumexp=tuple(float(np.log(np.exp(row.astype(np.float64)).sum())) for row in stages),
        verdicts=changes.get("verdicts", {"EosTokenCriteria": False}),
        is_finished=changes.get("is_finished", False),
        is_forced=False,
        is_light=changes.get("is_light", False),
        noise=None
        if noise is None
        else (np.array(list(noise), dtype=np.int32), np.array(list(noise.values()), dtype=np.float32)),
    )


def _candidate(token: int, stages: list[np.ndarray], probabilities: list[np.ndarray]) -> Candidate:
    return Candidate(
        token_id=token,
        token=WORDS[token] if token < len(WORDS) else f"#{token}",
        score=tuple(float(row[token]) for row in stages),
        probability=tuple(float(row[token]) for row in probabilities),
        rank=tuple(sum(1 for other in row if other > row[token]) for row in stages),
        removed=tuple(row[token] == -INF for row in stages),
    )


def _removed_masses(stages: list[np.ndarray], probabilities: list[np.ndarray]) -> list[float]:
    return [
        float(before[(after == -INF)].sum())
        for before, after in zip(probabilities[:-1], stages[1:], strict=True)
    ]


def log(*probabilities: float) -> list[float]:
    """Returns scores of these probabilities; 0 is a removed token."""
    return [float(np.log(p)) if p else -INF for p in probabilities]


def rain_step(**changes: Any) -> FakeStep:
    """The model favors `·rain`; the penalty turns it; two filters follow; the draw takes `·ra`."""
    return make_step(
        log(0.05, 0.526, 0.08, 0.2, 0.05, 0.05, 0.03, 0.014),
        [
            (PENALTY, log(0.1, 0.2, 0.3, 0.2, 0.05, 0.05, 0.05, 0.05)),
            (TEMPERATURE, log(0.06, 0.23, 0.52, 0.15, 0.01, 0.01, 0.01, 0.01)),
            (TOP_K, log(0.06, 0.23, 0.52, 0.15, 0, 0, 0, 0)),
            (TOP_P, log(0, 0.23, 0.52, 0, 0, 0, 0, 0)),
        ],
        chosen=changes.pop("chosen", 2),
        noise=changes.pop("noise", {0: 1.0, 1: 0.5, 2: 1.0, 3: 2.0, 4: 0.1, 5: 1.0, 6: 3.0, 7: 4.0}),
        **{"prompt": (3, 1, 4), **changes},
    )
