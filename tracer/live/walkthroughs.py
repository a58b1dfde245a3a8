"""What a walk-through asks of the model at hand and of the installed transformers. Changes nothing of either."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import transformers

from tracer.analysis.executed_lines import LineRecord
from tracer.analysis.live_facts import CHANGES, Change, LiveFacts
from tracer.live.loading.prompts import Prompt
from tracer.live.source_lines.surroundings import Frames, construction_lines
from tracer.pictures.walkthroughs.run import Run, Token, end_ids
from tracer.recording.description.environment import describe_model
from tracer.recording.description.structure import describe_structure
from tracer.recording.description.vocabulary import known_vocabulary
from tracer.schema import ConfigParameter
from tracer.trace.text.tokens import Vocabulary

_NO_MAP = "-"


def live_facts(model: Any, surroundings: Mapping[str, Frames] | None = None) -> LiveFacts:
    """Returns the model's mode, how many of its parameter tensors could be trained, and the names that changed.

    Args:
        surroundings: lines of the tokenizer, by station.
    """
    tensors = list(model.parameters())
    return LiveFacts(
        is_training=bool(model.training),
        num_trainable=sum(one.requires_grad for one in tensors),
        num_tensors=len(tensors),
        changed=changed_names(),
        device_map=_device_map(model),
        surroundings={"construction": construction_lines(model), **(surroundings or {})},
    )


def _device_map(model: Any) -> str:
    """Returns "model.layers.0: 0, …", or the one device."""
    placed = getattr(model, "hf_device_map", None)
    if not placed:
        return f"{{'': {str(model.device)!r}}}"
    return ", ".join(f"{name or _NO_MAP}: {device}" for name, device in list(placed.items())[:6])


def changed_names() -> tuple[Change, ...]:
    """Returns which changes of names the installed transformers bears out, each with the line that does.

    Source: transformers 5.23, modeling_utils.py, generation/utils.py and cache_utils.py.
    """
    mixin, cache = transformers.GenerationMixin, transformers.DynamicCache
    load = inspect.unwrap(transformers.PreTrainedModel.from_pretrained.__func__)
    loop = inspect.unwrap(mixin._sample)
    make = inspect.unwrap(mixin._prepare_cache_for_generation)
    is_gone = {
        "dtype": "torch_dtype" not in transformers.PretrainedConfig().to_dict(),
        "low_memory": "low_cpu_mem_usage" not in inspect.signature(load).parameters,
        "bits": "load_in_4bit" not in inspect.getsource(load),
        "warpers": "logits_warper" not in inspect.signature(loop).parameters,
        "legacy_cache": not hasattr(cache, "from_legacy_cache"),
        "prefill": True,
        "cache_position": "cache_position" not in inspect.getsource(loop),
    }
    instead = {
        "dtype": (load, r"torch_dtype = kwargs\.pop\(\"torch_dtype\""),
        "low_memory": (load, r"^\s*for name in .*\"low_cpu_mem_usage\""),
        "bits": (load, r"quantization_config = kwargs\.pop\("),
        "warpers": (loop, r"^\s*logits_processor: "),
        "legacy_cache": (make, r"= DynamicCache\("),
        "prefill": (loop, r"= self\._prefill\("),
        "cache_position": (loop, r"next_sequence_length = "),
    }
    found = {key: _line(*instead[key]) for key in CHANGES if is_gone[key]}
    return tuple(Change(key, *line) for key, line in found.items() if line is not None)


def _line(function: Any, pattern: str) -> tuple[str, int, str] | None:
    """Returns file, number and text of the first line of a function that fits."""
    lines, first = inspect.getsourcelines(function)
    root = Path(inspect.getfile(transformers)).parent
    file = Path(inspect.getfile(function)).relative_to(root).as_posix()
    return next(
        ((file, first + place, line.strip()) for place, line in enumerate(lines) if re.search(pattern, line)),
        None,
    )


def unrecorded_run(
    model: Any, tokenizer: Any, prepared: Prompt, record: LineRecord, settings: Mapping[str, Any]
) -> Run:
    """Returns what a call says that no trace can hold: of a model with an encoder, whose answer stands alone."""
    info = describe_model(model)
    table: pa.Table = known_vocabulary(tokenizer, info.vocab_size)
    vocabulary = Vocabulary.from_table(table)
    answer = record.output_ids[0]
    given = {name: ConfigParameter(value=value, origin="argument") for name, value in settings.items()}
    default = ConfigParameter(value=model.generation_config.eos_token_id, origin="generation_config")
    given.setdefault("eos_token_id", default)
    owners = {
        part: tuple(dict.fromkeys(one.owner for one in record.frames if part in one.function.module))
        for part in ("logits_process", "stopping_criteria")
    }
    tokens = [Token(vocabulary.visible(one), one) for one in answer[:2]]
    return Run(
        model=info,
        structure=describe_structure(model),
        asked=prepared.text,
        prompt=prepared.text,
        tokens=tuple(Token(vocabulary.visible(one), one) for one in prepared.inputs["input_ids"][0].tolist()),
        answer=vocabulary.text(answer, skip_special=True),
        answer_ids=answer[1:],
        mode="sample" if settings.get("do_sample") else "greedy",
        settings=given,
        processors=tuple(filter(None, owners["logits_process"])),
        criteria=tuple(filter(None, owners["stopping_criteria"])),
        terminators=tuple(Token(vocabulary.visible(one), one) for one in end_ids(given)),
        followed=tokens[0] if tokens else None,
        position=0,
        chosen=tokens[1] if len(tokens) > 1 else None,
    )
