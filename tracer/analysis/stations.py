"""The stations of a walk-through: which recorded frames belong to each, and which topic of a long reading it covers.

Frames are told apart by what their function does, never by a model's name: a frame belongs to the station of the
first rule that fits it, else to that of the frame that called it. Lines of the loop over tokens belong to further
stations by what they do. Holds no words; `tracer.wording.catalogue_walkthrough` has them under the stations' keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracer.analysis.executed_lines import ExecutedFrame, LineRecord, Part


class Scope(StrEnum):
    """Where the module of a frame stands in the model."""

    MODEL = "model"
    BASE = "base"
    LAYER = "layer"
    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Station:
    """`needs_lines`: the station is there only where the run reached lines of it; the others stand on facts."""

    key: str
    needs_lines: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A frame fits if each given pattern is found in it: function name, module of the function, class, module path."""

    station: str | None
    name: str = ""
    module: str = ""
    owner: str = ""
    path: str = ""
    scope: Scope | None = None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading of the long reading that this tour began as: number of its topic, and the heading's key."""

    topic: int
    key: str
    station: str


_FACTS = ("script", "loading", "construction", "prompt", "decode")
_ORDER = (
    *("script", "loading", "construction", "prompt", "generate", "encoder", "new_cache", "loop", "prefill"),
    *("prepare_inputs", "module_call", "head_forward", "base_forward", "embedding", "mask", "rotary"),
    *("decoder_layer", "norm", "attention", "cache_update", "attention_interface", "cross_attention", "mlp"),
    *("experts", "final_norm", "lm_head", "output", "last_logits", "processors", "choice", "next_inputs"),
    *("stopping", "ending", "decode"),
)
STATIONS = tuple(Station(key, key not in _FACTS) for key in _ORDER)
"""In the order of the page."""

ALWAYS = frozenset(
    {*_FACTS, "generate", "new_cache", "loop", "prefill", "prepare_inputs", "module_call", "head_forward"}
    | {"base_forward", "embedding", "decoder_layer", "norm", "final_norm", "lm_head", "output", "last_logits"}
    | {"processors", "choice", "next_inputs", "stopping", "ending"}
)
"""The stations that every call of a decoder with layers passes."""

_KEPT_WHOLE = ("encoder", "processors", "stopping")
_RULES = (
    Rule(None, module=r"^transformers\.utils\.import_utils$"),
    Rule("encoder", name=r"^_prepare_(encoder_decoder_kwargs|decoder_input_ids)_for_generation$"),
    Rule("encoder", owner=r".", path=r".", part=Part.BEFORE),
    Rule("prefill", name=r"^_prefill$"),
    Rule("loop", name=r"^_(sample|beam_search)$"),
    Rule("prepare_inputs", name=r"^prepare_inputs_for_generation$"),
    Rule("next_inputs", name=r"^_update_model_kwargs_for_generation$"),
    Rule("new_cache", name=r"^_prepare_cache_for_generation$|^__init__$"),
    Rule("generate", name=r"^generate$|^_prepare_|^_get_(logits_processor|stopping_criteria)$"),
    Rule("cache_update", module=r"^transformers\.cache_utils$"),
    Rule("processors", module=r"^transformers\.generation\.logits_process$"),
    Rule("stopping", module=r"^transformers\.generation\.stopping_criteria$"),
    Rule("mask", module=r"^transformers\.masking_utils$"),
    Rule("rotary", owner=r"(?i)rotary"),
    Rule("rotary", name=r"(?i)rotary|^rotate_|rope"),
    Rule("experts", module=r"^transformers\.integrations\.moe$"),
    Rule("module_call", module=r"^transformers\.utils\.|^torch\.utils\.|^torch\.nn\.modules\.module$"),
    Rule("module_call", module=r"^transformers\.(modeling_layers|integrations\.accelerate)$"),
    Rule("attention_interface", name=r"attention_forward$|^repeat_kv$"),
    Rule("attention_interface", module=r"^transformers\.integrations\..*attention"),
    Rule("lm_head", name=r"^slice_logits_to_keep$"),
    Rule("head_forward", name=r"^forward$", scope=Scope.MODEL),
    Rule("base_forward", name=r"^forward$", scope=Scope.BASE),
    Rule("decoder_layer", name=r"^forward$", owner=r"(Block|Layer)$", scope=Scope.LAYER),
    Rule("norm", owner=r"Norm", scope=Scope.INSIDE),
    Rule("final_norm", owner=r"Norm", scope=Scope.OUTSIDE),
    Rule("cross_attention", owner=r"Cross", scope=Scope.INSIDE),
    Rule("cross_attention", path=r"(?i)cross|encdec|encoder_attn", scope=Scope.INSIDE),
    Rule("experts", owner=r"Expert|Router|M[oO][eE]", scope=Scope.INSIDE),
    Rule("mlp", owner=r"MLP|FeedForward|FF$|DenseAct|DenseGated", scope=Scope.INSIDE),
    Rule("attention", owner=r"Attention|Mixer", scope=Scope.INSIDE),
    Rule("embedding", owner=r"Embedding", scope=Scope.OUTSIDE),
    Rule("lm_head", owner=r"^Linear$", scope=Scope.OUTSIDE),
)

SLICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "loop": (
        ("last_logits", r"^next_token_logits = "),
        ("processors", r"^next_token_scores = |logits_processor\("),
        ("choice", r"softmax|multinomial|argmax|^if do_sample|topk"),
        ("next_inputs", r"^input_ids = |pad_token_id|_update_model_kwargs|^del outputs"),
        ("stopping", r"stopping_criteria\(|this_peer_finished = |^while "),
        ("prepare_inputs", r"prepare_inputs_for_generation\("),
        ("module_call", r"^outputs = (model_forward|self)\("),
    ),
    "head_forward": (("output", r"^return "), ("lm_head", r"lm_head\(|logits = ")),
    "base_forward": (
        ("embedding", r"embed_tokens\(|embeddings?\(|wte\(|wpe\("),
        ("mask", r"_mask = "),
        ("rotary", r"rotary\w*\("),
    ),
}
"""Station of a function → further stations that show those of its lines that fit a pattern."""

_HEADINGS = {
    1: "device_dtype:loading tokenizer_terminators:loading from_pretrained:loading quantization:loading "
    "attention_implementation:loading eval:loading test_prompts:prompt three_parts:script "
    "handle_result:decode other_engines:script multi_turn:script",
    2: "whole_processing:prompt template:prompt ids_and_mask:prompt",
    3: "generation_mode:generate sample_in_full:loop sample_set_up:loop kept_tuples:loop "
    "encoder_decoder:loop what_is_kept:loop entering_loop:loop return:ending",
    4: "inputs_first:prepare_inputs inputs_later:prepare_inputs call_first:prefill call_later:module_call "
    "last_position:last_logits penalties:processors softmax:choice choosing:choice update_stop:stopping "
    "next_ids_and_mask:next_inputs check_again:stopping",
    5: "parameters:head_forward wrapped_call:module_call head_source:head_forward lm_head:lm_head "
    "output_object:output",
    6: "inputs_first_later:base_forward wrapped_call:module_call base_source:base_forward "
    "embedding:embedding cache:new_cache cache_update:cache_update layers:decoder_layer "
    "layer_source:decoder_layer self_attention:attention norm:final_norm next_cache:output",
    7: "place:decoder_layer construction:construction forward:attention scores:attention_interface "
    "rotary:rotary structure:construction",
}
HEADINGS = tuple(
    Heading(topic, *entry.split(":")) for topic, entries in _HEADINGS.items() for entry in entries.split()
)
"""Every heading of the seven topics, in their order."""


def assign_stations(record: LineRecord) -> dict[int, str]:
    """Returns index of a frame → key of its station; frames of no interest are left out."""
    bases, layers = _skeleton(record)
    found: dict[int, str] = {}
    for frame in record.frames:
        above = found.get(frame.parent) if frame.parent is not None else None
        if above in _KEPT_WHOLE:
            found[frame.index] = above
            continue
        scope = _scope(frame.module_path, bases, layers)
        rule = next((rule for rule in _RULES if _fits(rule, frame, scope)), None)
        station = above if rule is None else rule.station
        if station is not None:
            found[frame.index] = station
    return found


def slices_of(station: str, text: str) -> list[str]:
    """Returns the further stations to which a line of a station's function belongs."""
    return [key for key, pattern in SLICES.get(station, ()) if re.search(pattern, text)]


def present_stations(record: LineRecord) -> frozenset[str]:
    """Returns the keys of the stations that this run passed, those that stand on facts included."""
    keys = set(assign_stations(record).values()) | set(_FACTS) | {"ending"}
    for station in SLICES:
        if station in keys:
            keys.update(key for key, _ in SLICES[station] if key in ALWAYS)
    return frozenset(keys)


def _skeleton(record: LineRecord) -> tuple[set[str], set[str]]:
    """Returns the paths of the modules that hold the layers, and those of the layers."""
    layers = set()
    for frame in record.frames:
        found = re.match(r"(.+?)\.\d+(?=\.|$)", frame.module_path or "")
        if found is not None:
            layers.add(found.group(0))
    return {path.rsplit(".", 2)[0] for path in layers}, layers


def _scope(path: str | None, bases: set[str], layers: set[str]) -> Scope | None:
    if path is None:
        return None
    if path == "":
        return Scope.MODEL
    if path in layers:
        return Scope.LAYER
    if any(path.startswith(f"{layer}.") for layer in layers):
        return Scope.INSIDE
    return Scope.BASE if path in bases else Scope.OUTSIDE


def _fits(rule: Rule, frame: ExecutedFrame, scope: Scope | None) -> bool:
    if rule.scope is not None and rule.scope is not scope:
        return False
    if rule.part is not None and rule.part is not frame.part:
        return False
    given = (
        (rule.name, frame.function.name),
        (rule.module, frame.function.module),
        (rule.owner, frame.owner or ""),
        (rule.path, frame.module_path or ""),
    )
    return all(re.search(pattern, text) for pattern, text in given if pattern)
