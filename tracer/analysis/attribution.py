"""How much each token of the text gave to one logit, or to the difference of two: the value, and those kept.

Computes nothing: `tracer.live.attribution` does, with the model. Kept answers are read here without it.
"""

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.errors import TraceFormatError
from tracer.self_rendering import RendersItself
from tracer.store.derived import Derived, derived_names, read_derived, write_derived

if TYPE_CHECKING:
    from pathlib import Path

    from tracer.trace.trace import Trace

_KIND = "attribution"


class Method(StrEnum):
    """How a score is computed; x is a token's embedding and f the target."""

    GRADIENT_X_INPUT = "gradient_x_input"  # gradient of f at x, times x
    OCCLUSION = "occlusion"  # f minus f with this one embedding at the baseline
    INTEGRATED_GRADIENTS = (
        "integrated_gradients"  # the gradient along the way from the baseline, times the way
    )


@dataclass(frozen=True, slots=True)
class Source:
    """One token of the text and its score, in units of the logit; `position` is absolute, padding counted.

    A held token kept its embedding in the baseline too, so its score is 0.
    """

    position: int
    token_id: int
    token: str
    score: float
    is_prompt: bool
    is_held: bool


@dataclass(frozen=True, slots=True)
class Attribution(RendersItself):
    """What each token gave to the chosen token's logit at one step, or to its lead over a rival.

    `value` is that logit (or difference), `baseline_value` the same with every token that is not held at the
    baseline. `gap` is what the scores leave unexplained: value − baseline_value − Σ scores. Integrated gradients
    bring it to 0 with enough steps; the other two methods do not promise that. `recorded_gap` is the largest
    difference of the logits of this run from the recorded ones (None: no logits were recorded).
    """

    call: int
    row: int
    step: int
    method: Method
    settings: dict[str, Any]
    chosen_id: int
    chosen: str
    rival_id: int | None
    rival: str | None
    sources: tuple[Source, ...]
    value: float
    baseline: str
    baseline_value: float
    gap: float
    recorded_gap: float | None

    @property
    def positions(self) -> tuple[int, ...]:
        """The absolute positions of the sources."""
        return tuple(source.position for source in self.sources)

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The token ids of the sources."""
        return tuple(source.token_id for source in self.sources)

    @property
    def scores(self) -> tuple[float, ...]:
        """The scores of the sources, in units of the logit."""
        return tuple(source.score for source in self.sources)

    @property
    def ranked(self) -> tuple[Source, ...]:
        """The sources that are not held, the largest score in absolute value first."""
        free = (source for source in self.sources if not source.is_held)
        return tuple(sorted(free, key=lambda source: (-abs(source.score), source.position)))

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; a score that is not finite is None."""
        described = dataclasses.asdict(self)
        for source in described["sources"]:
            source["score"] = _finite(source["score"])
        return described | {name: _finite(described[name]) for name in ("value", "baseline_value", "gap")}


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def keep_attribution(path: "Path", attribution: Attribution, made_with: dict[str, str | None]) -> None:
    """Keeps an attribution in the trace at `path`, in place of one with the same step, method and settings."""
    document = dataclasses.asdict(attribution)
    scores = np.array([source.pop("score") for source in document["sources"]], dtype=np.float64)
    numbers = ("value", "baseline_value", "gap")
    values = np.array([document.pop(name) for name in numbers], dtype=np.float64)
    document |= {"kind": _KIND, "made_with": made_with}
    write_derived(path, _name(attribution), document, {"scores": scores, "values": values})


def kept_attributions(trace: "Trace") -> tuple[Attribution, ...]:
    """Returns the attributions that a trace keeps, by call, step and row; needs no model.

    Raises:
        TraceFormatError: a kept answer is damaged.
    """
    names = (name for name in derived_names(trace.path) if name.startswith(f"{_KIND}-"))
    found = ((name, read_derived(trace.path, name)) for name in names)
    return tuple(_read(trace, name, kept) for name, kept in found if kept is not None)


def _name(attribution: Attribution) -> str:
    asked = [attribution.rival_id, sorted(attribution.settings.items())]
    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]
    place = f"{attribution.call:03d}-{attribution.step:06d}-{attribution.row}"
    return f"{_KIND}-{place}-{attribution.method}-{digest}"


def _read(trace: "Trace", name: str, kept: Derived) -> Attribution:
    document = dict(kept.document)
    try:
        scores = kept.arrays["scores"].tolist()
        value, baseline_value, gap = kept.arrays["values"].tolist()
        sources = zip(document.pop("sources"), scores, strict=True)
        names = {field.name for field in dataclasses.fields(Attribution)}
        fields = {name: value for name, value in document.items() if name in names} | {
            "method": Method(document["method"]),
            "sources": tuple(Source(**source, score=score) for source, score in sources),
        }
        return Attribution(**fields, value=value, baseline_value=baseline_value, gap=gap)
    except (KeyError, TypeError, ValueError) as error:
        raise TraceFormatError(
            f"The kept answer {name!r} of {str(trace.path)!r} cannot be read: {type(error).__name__}: {error}. "
            f"It can be computed again. Delete derived/{name}.json, and ask again."
        ) from error
