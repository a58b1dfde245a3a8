"""`plan`: how many bytes recording one `generate` call will take, said before it runs.

Turns what a person knows beforehand (a model or its configuration, lengths, settings) into outlines; what they
take is counted by `tracer.recording.planning.call_plan`. Generates nothing and needs no weights.
"""

from dataclasses import replace
from typing import Any

from tracer.config import RecordingConfig
from tracer.recording.planning.budget import fit_budget
from tracer.recording.planning.call_outline import CallShape, imagine_call
from tracer.recording.planning.call_plan import Plan, join_plans, plan_call
from tracer.recording.planning.model_outline import generating_model, outline_model
from tracer.recording.planning.planned_documents import manifest_bytes

_VOCABULARY_BYTES = 1_000
_TOKEN_BYTES = 8.7
"""An id with its piece and bytes, compressed; measured on a byte-level vocabulary of 49,152."""


def plan(
    model: Any,
    *,
    prompt_len: int,
    max_new_tokens: int,
    rows: int = 1,
    prefix_len: int = 0,
    config: RecordingConfig | str | None = None,
    **settings: Any,
) -> Plan:
    """Returns what recording one `generate` call will take, without running or loading anything.

    Args:
        model: what you would give `record`; or a configuration (`AutoConfig.from_pretrained(...)`), or anything
            that has one as `.config`: no weights are needed.
        prompt_len: columns of `input_ids`, those that the cache holds already included.
        rows: prompts in the batch; `num_return_sequences` multiplies them.
        prefix_len: positions that the cache holds already.
        config: a `RecordingConfig`, or the name of a preset.
        settings: fields of `RecordingConfig` (where `config` gives none) and of `GenerationConfig`, by their
            names, and `logits_processor`.

    Raises:
        TypeError: `model` is neither a model nor a configuration, or a setting has no such name.
        ValueError: a number is out of its range, or a setting is given twice.
        UnsupportedCallError: such a call cannot be recorded.
        BudgetError: a budget was given that even the tables alone exceed.
    """
    shape = CallShape(prompt_len, max_new_tokens, rows, prefix_len)
    recorded = {name: settings.pop(name) for name in RecordingConfig.__dataclass_fields__ if name in settings}
    wanted = _configured(config, recorded)
    generating = generating_model(model)
    outline = outline_model(generating)
    paddings = (False, True) if rows > 1 else (False,)
    calls = [imagine_call(generating, outline, shape, settings, is_padded=padded) for padded in paddings]
    trace = {
        "documents": manifest_bytes(generating, outline, wanted),
        "vocabulary": _VOCABULARY_BYTES + round(_TOKEN_BYTES * outline.info.vocab_size),
    }

    def plan_of(config: RecordingConfig) -> Plan:
        return join_plans([plan_call(outline, call, config, trace) for call in calls])

    if wanted.budget_bytes is None:
        return plan_of(wanted)
    fitted, left_out = fit_budget(wanted, plan_of, wanted.budget_bytes)
    return replace(plan_of(fitted), left_out=left_out)


def _configured(config: RecordingConfig | str | None, settings: dict[str, Any]) -> RecordingConfig:
    if config is not None and settings:
        given = ", ".join(sorted(settings))
        raise ValueError(f"Both config and {given} were given. Put the settings into the config.")
    if isinstance(config, str):
        config = RecordingConfig(preset=config)  # type: ignore[arg-type]  # checked there
    return (config or RecordingConfig(**settings)).resolved()
