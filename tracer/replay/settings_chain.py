"""The chain of processors that the installed transformers makes for other settings.

Asks `GenerationMixin._get_logits_processor` on a stand-in that has a config and a device but is no model: so
classes, values and order are those of the installed version. Recorded processors that no change concerns stay
as recorded; the user's own are handed in again and keep their place. Runs none of them.

Source: transformers 5.17 and 5.23, generation/utils.py.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from tracer import processor_names
from tracer.analysis.chain_editing import Link, prompt_row, recorded_settings
from tracer.analysis.settings import setting_of
from tracer.errors import MissingExtraError
from tracer.replay.place import TORCH_MISSING
from tracer.replay.processors import rebuild, why_not
from tracer.schema import ProcessorInfo
from tracer.trace.call import Call

_WATERMARKS = frozenset({"WatermarkLogitsProcessor", "SynthIDTextWatermarkLogitsProcessor"})
_TOKEN_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")


def installed_chain(call: Call, settings: Mapping[str, Any]) -> tuple[Link, ...]:
    """Returns the chain of a call with these settings.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ValueError: transformers does not take a value.
    """
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        names = ", ".join(settings)
        raise MissingExtraError(f"{names} cannot be changed here, because {TORCH_MISSING}.") from error
    before = recorded_settings(call)
    after = before | {name: value for name, value in settings.items() if name != "seed"}
    if "min_new_tokens" in settings:  # `generate` computes the one from the other
        least = settings["min_new_tokens"]
        after["min_length"] = call.info.prompt_len + least if least else 0
    known = _matched(call, _make(call, before, []))
    own = {id(made): (made, info) for info in call.processors if info not in known for made in [_own(info)]}
    try:
        made = _make(call, after, [processor for processor, _ in own.values()])
    except (TypeError, ValueError, AttributeError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        raise ValueError(
            f"transformers does not take {given}: {error} Type values as `generate` takes them."
        ) from error
    return tuple(_link(processor, own, known, settings) for processor in made)


def _link(
    processor: Any,
    own: Mapping[int, tuple[Any, ProcessorInfo]],
    known: list[ProcessorInfo],
    settings: Mapping[str, Any],
) -> Link:
    """The recorded processor where there is one that no setting concerns; else the new one."""
    if id(processor) in own:
        return Link(own[id(processor)][1], is_recorded=True)
    if isinstance(processor, _StandIn):
        return Link(processor.info, is_recorded=True)
    class_name, parameters = type(processor).__name__, _numbers(processor)
    same = next((info for info in known if info.class_name == class_name), None)
    setting = setting_of(class_name, parameters)
    concerns = {setting.name} | ({"min_new_tokens"} if setting.name == "min_length" else set())
    if same is not None and not concerns & settings.keys():
        return Link(same, is_recorded=True)
    if same is not None and class_name == "RepetitionPenaltyLogitsProcessor":
        processor.prompt_ignore_length = rebuild(same, device="cpu").prompt_ignore_length
    info = ProcessorInfo(
        stage=0,
        class_name=class_name,
        module=processor_names.MODULE,
        parameters=parameters,
        is_rebuildable=True,
        is_stateful=class_name in processor_names.STATEFUL,
    )
    return Link(info, is_recorded=False, processor=processor)


def _make(call: Call, settings: Mapping[str, Any], own: list[Any]) -> list[Any]:
    """The processors that transformers makes for these settings, those of the user's own among them."""
    import torch
    from transformers import GenerationMixin, LogitsProcessorList

    prompts = torch.tensor(_prompts(call), dtype=torch.long)
    mask = call.info.prompt_mask
    stub: Any = type("_NoModel", (GenerationMixin,), {})()
    text = SimpleNamespace(vocab_size=call.trace.model.vocab_size)
    stub.config = SimpleNamespace(is_encoder_decoder=False, get_text_config=lambda: text)
    stub.device = torch.device("cpu")
    allowed = _recorded(call, {"PrefixConstrainedLogitsProcessor"})
    made = stub._get_logits_processor(
        generation_config=_config(call, settings),
        input_ids_seq_length=call.info.prompt_len,
        encoder_input_ids=prompts,
        prefix_allowed_tokens_fn=(lambda _row, _ids: []) if allowed else None,
        logits_processor=LogitsProcessorList(own),
        device="cpu",
        model_kwargs={} if mask is None else {"attention_mask": torch.tensor(mask)},
    )
    return list(made)


def _prompts(call: Call) -> list[list[int]]:
    return [prompt_row(call, call.info.prompt_ids, row) for row in range(call.info.num_rows)]


def _config(call: Call, settings: Mapping[str, Any]) -> Any:
    """A GenerationConfig with these values as they are: what is odd among them was accepted once."""
    import torch
    from transformers import GenerationConfig

    config = GenerationConfig()
    for name, value in settings.items():
        setattr(config, name, value)
    for name in _TOKEN_IDS:
        ids = settings.get(name)
        tensor = None if ids is None else torch.tensor(ids if isinstance(ids, list) else [ids])
        setattr(config, f"_{name.removesuffix('_id')}_tensor", tensor)
    for info in _recorded(call, {"SequenceBiasLogitsProcessor"}):
        if config.sequence_bias == recorded_settings(call).get("sequence_bias"):
            config.sequence_bias = rebuild(info, device="cpu").sequence_bias
    marks = _recorded(call, _WATERMARKS)
    maker = SimpleNamespace(construct_processor=lambda *_: _StandIn(marks[0]))
    config.watermarking_config = maker if marks else None
    return config


def _recorded(call: Call, class_names: frozenset[str] | set[str]) -> list[ProcessorInfo]:
    is_theirs = (info.module == processor_names.MODULE for info in call.processors)
    pairs = zip(call.processors, is_theirs, strict=True)
    return [info for info, own in pairs if own and info.class_name in class_names]


def _matched(call: Call, made: list[Any]) -> list[ProcessorInfo]:
    """The recorded processors that transformers makes for the recorded settings; the others are the user's.

    Searched from the end, because the user's own stand before those of the same class.
    """
    wanted = [_fingerprint(processor) for processor in made]
    matched = []
    for info in reversed(call.processors):
        found = (info.class_name, setting_of(info.class_name, info.parameters).value)
        if info.module == processor_names.MODULE and found in wanted:
            wanted.remove(found)
            matched.append(info)
    return matched


def _fingerprint(processor: Any) -> tuple[str, Any]:
    if isinstance(processor, _StandIn):
        info = processor.info
        return info.class_name, setting_of(info.class_name, info.parameters).value
    class_name = type(processor).__name__
    return class_name, setting_of(class_name, _numbers(processor)).value


def _numbers(processor: Any) -> dict[str, Any]:
    """The attributes of a processor that are one number or text, also within a tensor."""
    values = {
        name: value.item() if hasattr(value, "numel") and value.numel() == 1 else value
        for name, value in vars(processor).items()
    }
    return {name: value for name, value in values.items() if isinstance(value, int | float | str)}


class _StandIn:
    """Takes the place of a recorded processor that cannot be made again."""

    def __init__(self, info: ProcessorInfo) -> None:
        self.info = info


def _own(info: ProcessorInfo) -> Any:
    """A processor of the user's own, to be handed in again: of its own class where that is possible."""
    return _StandIn(info) if why_not(info) else rebuild(info, device="cpu")
