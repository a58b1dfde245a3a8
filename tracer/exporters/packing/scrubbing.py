"""Documents without what is private: only known fields stay, and of free text only plain names and numbers.

What is not certain to be harmless goes: a whole text that holds a slash goes, because a path may hold anything.
Knows nothing of tables and arrays.
"""

import getpass
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer.processor_names import MODULE
from tracer.schema import (
    Branch,
    CallInfo,
    CriterionInfo,
    Environment,
    Fault,
    Manifest,
    Missing,
    ModelInfo,
    ProcessorInfo,
)

GONE = "taken out by tracer pack --redact"
_NAME = re.compile(r"[A-Za-z0-9_.\-+]{1,64}")
_PRIVATE_KEY = re.compile(
    r"path|file|dir|url|name_or|label|auto_map|task|prefix|user|token$|prompt", re.IGNORECASE
)
_TOKEN_SETTINGS = frozenset({"eos_token_id", "pad_token_id", "bos_token_id", "decoder_start_token_id"})
_SHORTEST, _LONG = 3, 6
_ORDINARY = frozenset({"root", "user", "admin", "localhost", "ubuntu", "runner", "jupyter"})


def private_words() -> tuple[str, ...]:
    """Returns what must stand nowhere: this machine's user and host names, unless they are everybody's."""
    found = [Path.home().name]
    for ask in (getpass.getuser, socket.gethostname):
        try:
            found.append(ask())
        except (OSError, KeyError, ImportError):
            continue
    words = {one.casefold() for name in found for one in (name, name.split(".")[0])}
    return tuple(sorted(one for one in words if len(one) >= _SHORTEST and one not in _ORDINARY))


def is_plain(text: str) -> bool:
    """Returns whether a text is a mere name or number and none of the private words is in it."""
    return _NAME.fullmatch(text) is not None and not has_private_word(text)


def has_private_word(text: str) -> bool:
    """Returns whether a private word stands in a text: a long one anywhere, a short one as a word of its own."""
    words = private_words()
    anywhere = (re.escape(one) for one in words if len(one) >= _LONG)
    alone = (rf"(?<!\w){re.escape(one)}(?!\w)" for one in words if len(one) < _LONG)
    pattern = "|".join((*anywhere, *alone))
    return bool(pattern) and re.search(pattern, text.casefold()) is not None


def plain_tree(value: Any) -> Any:
    """Returns numbers, plain names, and lists and tables of them; None for everything else."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value if is_plain(value) else None
        case Mapping():
            kept = {str(key): plain_tree(one) for key, one in value.items() if _is_public(str(key))}
            return {key: one for key, one in kept.items() if one is not None or value[key] is None}
        case list() | tuple():
            parts = [plain_tree(one) for one in value]
            return None if any(part is None for part in parts) else parts
    return None


def scrubbed_manifest(manifest: Manifest) -> Manifest:
    """Returns the manifest without prompts, paths, user and host names."""
    return manifest.model_copy(
        update={
            "model": _model(manifest.model),
            "environment": _environment(manifest.environment),
            "config": plain_tree({**manifest.config, "messages": None}),
            "chat_template": False,
            "missing": _missing(manifest.missing),
            "faults": [
                Fault(where=_text(one.where), error=_kind(one.error), call=one.call, step=one.step)
                for one in manifest.faults
            ],
            "unrecorded_calls": [GONE for _ in manifest.unrecorded_calls],
            "parent": None,
            "branch": _branch(manifest.branch),
        }
    )


def scrubbed_call(info: CallInfo, placeholder_id: int) -> CallInfo:
    """Returns a call's document with a placeholder for every token of the prompt, and only harmless settings."""
    settings = {
        name: one
        for name, one in info.generation_config.items()
        if name in _TOKEN_SETTINGS or one.value is None or isinstance(one.value, bool | int | float)
    }
    return info.model_copy(
        update={
            "error": None if info.error is None else _kind(info.error),
            "prompt_ids": [[placeholder_id] * len(row) for row in info.prompt_ids],
            "messages": None,
            "generation_config": settings,
            "processors": [_processor(one) for one in info.processors],
            "cache_class": None if info.cache_class is None else _text(info.cache_class),
            "criteria": [_criterion(one) for one in info.criteria],
            "missing": _missing(info.missing),
            "notes": [_text(note) for note in info.notes],
        }
    )


def _is_public(key: str) -> bool:
    return is_plain(key) and _PRIVATE_KEY.search(key) is None


def _model(model: ModelInfo) -> ModelInfo:
    name = _last_part(model.name)
    return model.model_copy(
        update={
            "name": name if is_plain(name) else _text(model.class_name),
            "class_name": _text(model.class_name),
            "architecture": _text(model.architecture),
            "quantization": None if model.quantization is None else _text(model.quantization),
            "layer_types": [_text(one) for one in model.layer_types],
            "adapters": [_text(_last_part(one)) for one in model.adapters],
            "config": plain_tree(model.config),
        }
    )


def _environment(made: Environment) -> Environment:
    device = made.device_name
    is_known = device is not None and all(map(is_plain, device.split()))
    return made.model_copy(
        update={"platform": made.platform.split("-")[0], "device_name": device if is_known else None}
    )


def _missing(missing: list[Missing]) -> list[Missing]:
    return [one.model_copy(update={"reason": _text(one.reason)}) for one in missing]


def _branch(branch: Branch | None) -> Branch | None:
    settings = plain_tree(branch.settings) if branch is not None else {}
    return (
        None if branch is None else branch.model_copy(update={"trace": "parent.trace", "settings": settings})
    )


def _processor(info: ProcessorInfo) -> ProcessorInfo:
    """One of transformers' own keeps its numbers; of another one nothing but its name is known to be harmless."""
    is_own = info.module != MODULE
    kept = {} if is_own else {key: one for key, one in info.parameters.items() if _is_number(key, one)}
    is_whole = kept.keys() == info.parameters.keys()
    return info.model_copy(
        update={
            "class_name": info.class_name if is_plain(info.class_name) else "LogitsProcessor",
            "module": "not told" if is_own else MODULE,
            "parameters": kept,
            "is_rebuildable": info.is_rebuildable and is_whole,
        }
    )


def _criterion(info: CriterionInfo) -> CriterionInfo:
    kept = {key: one for key, one in info.parameters.items() if _is_number(key, one)}
    name = info.class_name if is_plain(info.class_name) else "StoppingCriteria"
    return CriterionInfo(class_name=name, parameters=kept)


def _is_number(key: str, value: object) -> bool:
    is_end = key in _TOKEN_SETTINGS or key == "token_id"
    is_infinity = isinstance(value, dict) and value.keys() == {"float"}
    return is_end or is_infinity or value is None or isinstance(value, bool | int | float)


def _last_part(name: str) -> str:
    return re.split(r"[\\/]", name.rstrip("\\/"))[-1]


def _kind(error: str) -> str:
    """The class of an error; its message may quote anything."""
    kind = re.match(r"\w+", error)
    return f"{kind[0]}: {GONE}" if kind is not None and is_plain(kind[0]) else GONE


def _text(text: str) -> str:
    """A sentence of our own stays; one that may quote a path, a quoted value or a private word goes."""
    is_risky = re.search(r"[\\/~'\"`«“]", text) is not None or has_private_word(text)
    return GONE if is_risky else text
