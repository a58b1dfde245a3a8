"""How large the JSON documents of a trace become: documents of the same shape are made and measured."""

from collections.abc import Sequence

from tracer.config import RecordingConfig
from tracer.recording.description.environment import describe_environment
from tracer.recording.description.structure import describe_structure
from tracer.recording.listening.hooks import listened_modules
from tracer.recording.model.anatomy import dissect
from tracer.recording.model.target_model import inner_model
from tracer.recording.planning.call_outline import CallOutline
from tracer.recording.planning.model_outline import ModelOutline
from tracer.recording.signals import Signals
from tracer.schema import AccountingInfo, AttentionInfo, CallInfo, LayerAttention, Manifest, Missing

_NOW = "2026-01-01T12:00:00.000000+00:00"


def manifest_bytes(model: object, outline: ModelOutline, config: RecordingConfig) -> int:
    """Returns the size of `trace.json` and `model.json`."""
    manifest = Manifest(
        status="complete",
        created_at=_NOW,
        model=outline.info,
        environment=describe_environment(model),
        config=config.describe(),
        num_calls=1,
    )
    inner = inner_model(model)
    heard = listened_modules(inner, dissect(inner), Signals(config))
    structure = describe_structure(inner, heard).model_dump_json(exclude_defaults=True)
    return len(manifest.model_dump_json(indent=2).encode()) + len(structure.encode())


def call_info_bytes(
    outline: ModelOutline, call: CallOutline, config: RecordingConfig, missing: Sequence[Missing] = ()
) -> int:
    """Returns the size of `call.json`."""
    setup = call.setup
    typical_id = outline.info.vocab_size // 2
    ids = [[typical_id] * call.prompt_len] * call.num_rows
    accounted = bool(outline.accounted) and config.accounting != "none"
    heard = outline.attention if config.queries != "none" or config.keys_values != "none" else ()
    info = CallInfo(
        index=0,
        status="complete",
        mode="sample" if call.is_sampled else "greedy",
        num_rows=call.num_rows,
        num_return_sequences=setup.num_return_sequences,
        prompt_len=call.prompt_len,
        prompt_ids=ids,
        prompt_mask=[[1] * call.prompt_len] * call.num_rows if call.has_mask else None,
        messages=None if config.messages is None else list(config.messages),
        generation_config=setup.generation_config,
        processors=list(setup.processors),
        criteria=list(setup.criteria),
        cache_class=setup.cache_class,
        use_cache=setup.use_cache,
        missing=[*setup.missing, *missing],
        notes=list(setup.notes),
        started_at=_NOW,
        elapsed_ms=1234.5678901234567,
        num_steps=call.num_steps,
        accounting=_accounting(outline) if accounted else None,
        attention=AttentionInfo(
            layers=[
                LayerAttention(layer=layer.layer, scaling=0.125, num_heads=8, num_key_value_heads=8)
                for layer in heard
            ]
        ),
    )
    return len(info.model_dump_json(indent=2).encode())


def _accounting(outline: ModelOutline) -> AccountingInfo:
    return AccountingInfo(parts=list(outline.accounted), logits_dtype=outline.info.dtype)
