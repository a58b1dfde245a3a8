"""`attribute`: what each token of the text gave to the chosen token's logit, with Captum on the live model.

The recorded text runs through the model once more, with its token embeddings replaced by a hook: by themselves, by
the baseline (zeros), or by points in between. The attention implementation stays what it is, since only gradients
and logits are asked for. Nothing of the model is changed: see `tracer.live.replaying.untouched`.

Source: Captum 0.9, InputXGradient, Occlusion, IntegratedGradients.
"""

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from tracer.analysis.attribution import Attribution, Method, Source, keep_attribution
from tracer.analysis.template import template_places
from tracer.errors import MissingExtraError, ModelError
from tracer.live.replaying.recorded_call import require_same_model, threads_of
from tracer.live.replaying.recorded_text import RecordedText, recorded_gap, recorded_text, token_id_of
from tracer.live.replaying.untouched import evaluating, input_device
from tracer.recording.description.environment import describe_model
from tracer.recording.model.target_model import inner_model
from tracer.trace.step import Step

BASELINE = "zero embedding"

_POSITIONS_AT_ONCE = 1024
"""Integrated gradients run so many positions in one batch, and at least one row."""

Target = Callable[[torch.Tensor], torch.Tensor]


def attribute(
    step: Step,
    *,
    model: Any,
    method: str = "gradient_x_input",
    rival: int | str | None = None,
    skip_special: bool = True,
    skip_template: bool = False,
    steps: int = 32,
) -> Attribution:
    """Returns what each token before the step gave to the chosen token's raw logit, and keeps it in the trace.

    Args:
        method: "gradient_x_input", "occlusion" or "integrated_gradients".
        rival: a token id or a token's text; then the target is the chosen token's lead over it.
        skip_special: holds special tokens fixed, in the baseline too: their score is 0.
        skip_template: likewise every prompt token that is no message's content.
        steps: points on the way from the baseline, for integrated gradients.

    Raises:
        ModelError: the model is not the recorded one, or does not repeat the step.
        MissingExtraError: Captum is not installed.
        ValueError: no such method or rival, or steps < 1.
    """
    chosen_method = _checked(method, steps)
    rival_id = None if rival is None else token_id_of(step, rival, "rival")
    if rival_id == step.token_id:
        raise ValueError(
            f"rival={rival!r} is the chosen token itself. Name another token, or leave rival out."
        )
    require_same_model(step.call.trace, model)
    inner, text = inner_model(model), recorded_text(step)
    held = _held(step, text, skip_special, skip_template)
    settings: dict[str, Any] = {"skip_special": skip_special, "skip_template": skip_template}
    if chosen_method is Method.INTEGRATED_GRADIENTS:
        settings["steps"] = steps
    with evaluating(inner), threads_of(step.call), torch.inference_mode(False):
        run = _EmbeddedRun(inner, text)
        gap, _ = recorded_gap(step, run.logits(run.embeddings)[0].detach().float().cpu().numpy())
        found = _measure(run, held, _target(run, step.token_id, rival_id), chosen_method, steps)
    visible = step.call.trace.vocabulary.visible
    attribution = Attribution(
        call=step.call.index,
        row=step.sequence.row,
        step=step.index,
        method=chosen_method,
        settings=settings,
        chosen_id=step.token_id,
        chosen=visible(step.token_id),
        rival_id=rival_id,
        rival=None if rival_id is None else visible(rival_id),
        sources=_sources(step, text, held, found.scores),
        value=found.value,
        baseline=BASELINE,
        baseline_value=found.baseline_value,
        gap=found.value - found.baseline_value - sum(found.scores),
        recorded_gap=gap,
    )
    keep_attribution(step.call.trace.path, attribution, _made_with(model))
    return attribution


@dataclass(frozen=True, slots=True)
class _Measured:
    scores: tuple[float, ...]
    value: float
    baseline_value: float


def _checked(method: str, steps: int) -> Method:
    if method not in list(Method):
        raise ValueError(f"method={method!r} is none of {', '.join(Method)}. Type method='gradient_x_input'.")
    if steps < 1:
        raise ValueError(f"steps={steps!r} is less than 1. Type steps=32.")
    if importlib.util.find_spec("captum") is None:
        raise MissingExtraError(
            "Attribution needs the package 'captum', which is not installed. "
            "Type: pip install 'generation-tracer[attribution]'"
        )
    return Method(method)


def _held(step: Step, text: RecordedText, skip_special: bool, skip_template: bool) -> tuple[bool, ...]:
    """Which tokens keep their embedding in the baseline."""
    template = template_places(step.sequence) if skip_template else frozenset()
    special = step.call.trace.vocabulary.special
    held = tuple(
        (skip_special and special(token_id)) or place in template for place, token_id in enumerate(text.ids)
    )
    if all(held):
        raise ValueError(
            f"Every token before step {step.index} is special or of the template, so none is left to attribute to. "
            "Type skip_special=False, skip_template=False."
        )
    return held


class _EmbeddedRun:
    """The model over the recorded text, its token embeddings given from outside."""

    def __init__(self, model: Any, text: RecordedText) -> None:
        self._model, self._embed = model, model.get_input_embeddings()
        device = input_device(model)
        self._ids = torch.tensor([text.ids], device=device)
        self._more: dict[str, Any] = {"attention_mask": torch.ones_like(self._ids)}
        taken = inspect.signature(model.forward).parameters
        if text.position_ids is not None and "position_ids" in taken:
            self._more["position_ids"] = torch.tensor([text.position_ids], device=device)
        self._fixed = {"use_cache": False} | ({"logits_to_keep": 1} if "logits_to_keep" in taken else {})
        with torch.no_grad():
            self.embeddings: torch.Tensor = self._embed(self._ids).detach().clone()

    def logits(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Returns the last position's logits, (rows, vocab), for embeddings (rows, positions, hidden)."""
        rows, calls = len(embeddings), 0

        def replace(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
            nonlocal calls
            calls += 1
            return embeddings

        more = {name: value.expand(rows, -1) for name, value in self._more.items()}
        handle = self._embed.register_forward_hook(replace)
        try:
            output = self._model(input_ids=self._ids.expand(rows, -1), **more, **self._fixed)
        finally:
            handle.remove()
        if calls != 1:
            raise ModelError(
                f"{type(self._model).__name__} calls its input embedding {calls} times in a forward, so its inputs "
                "cannot be attributed to. Use a causal language model that embeds its tokens once."
            )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def _target(run: _EmbeddedRun, chosen_id: int, rival_id: int | None) -> Target:
    def target(embeddings: torch.Tensor) -> torch.Tensor:
        logits = run.logits(embeddings).float()
        return logits[:, chosen_id] - (0.0 if rival_id is None else logits[:, rival_id])

    return target


def _measure(
    run: _EmbeddedRun, held: tuple[bool, ...], target: Target, method: Method, steps: int
) -> _Measured:
    from captum.attr import InputXGradient, IntegratedGradients, Occlusion

    embeddings = run.embeddings
    is_held = torch.tensor(held, device=embeddings.device)[None, :, None]
    baseline = torch.where(is_held, embeddings, torch.zeros_like(embeddings))
    inputs = embeddings.clone().requires_grad_(method is not Method.OCCLUSION)
    with torch.no_grad():
        value, baseline_value = float(target(embeddings)), float(target(baseline))
    match method:
        case Method.GRADIENT_X_INPUT:
            with torch.enable_grad():
                parts = InputXGradient(target).attribute(inputs)
        case Method.OCCLUSION:
            with torch.no_grad():  # one position at a time; the difference stands at each of its coordinates
                window = (1, embeddings.shape[2])
                parts = Occlusion(target).attribute(inputs, window, strides=window, baselines=baseline)
            parts = parts[..., :1]
        case Method.INTEGRATED_GRADIENTS:
            rows = max(1, min(steps, _POSITIONS_AT_ONCE // embeddings.shape[1]))
            with torch.enable_grad():
                parts = IntegratedGradients(target).attribute(
                    inputs, baseline, n_steps=steps, internal_batch_size=rows
                )
    scores = torch.where(is_held, 0.0, parts.detach().double()).sum(-1)[0]
    return _Measured(tuple(scores.cpu().tolist()), value, baseline_value)


def _sources(
    step: Step, text: RecordedText, held: tuple[bool, ...], scores: tuple[float, ...]
) -> tuple[Source, ...]:
    visible = step.call.trace.vocabulary.visible
    return tuple(
        Source(
            position=text.positions[place],
            token_id=token_id,
            token=visible(token_id),
            score=scores[place],
            is_prompt=place < text.prompt_len,
            is_held=held[place],
        )
        for place, token_id in enumerate(text.ids)
    )


def _made_with(model: Any) -> dict[str, str | None]:
    from importlib.metadata import version

    made = describe_model(model)
    versions: dict[str, str | None] = {name: version(name) for name in ("captum", "torch", "transformers")}
    return versions | {
        "model": made.name,
        "dtype": made.dtype,
        "attn_implementation": made.attn_implementation,
    }
