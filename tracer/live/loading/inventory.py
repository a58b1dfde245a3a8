"""What is on this machine: packages and their versions, devices, attention implementations, models.

Answers `tracer doctor` and `tracer models`. Loads no model, asks no network, changes nothing.
"""

import dataclasses
import importlib.metadata
import importlib.util
import platform
import re
from dataclasses import dataclass
from typing import Any

from tracer.live.loading.demo_model import DEMO_NAMES, INSTALL_LINE, cache_folder, find_gguf

RECORD_LINE = "pip install 'generation-tracer[record]'"

_LOWEST = {"torch": "2.11", "transformers": "5.17"}
_BASE = ("numpy", "pyarrow", "safetensors", "pydantic", "filelock", "typer", "rich")
_RECORD = ("torch", "transformers", "accelerate", "tokenizers")
_DEMO = ("gguf", "sentencepiece")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's answer; `cure` is what to type where something is missing."""

    topic: str
    name: str
    value: str
    is_fine: bool = True
    cure: str = ""

    def describe(self) -> dict[str, Any]:
        """Returns the fields, JSON-ready."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that `load_model` takes by this name."""

    name: str
    what: str
    nbytes: int
    is_ready: bool

    def describe(self) -> dict[str, Any]:
        """Returns the fields, JSON-ready."""
        return dataclasses.asdict(self)


def examine() -> tuple[Finding, ...]:
    """Returns what recording and reading need, each with what is there and what to type where it is not."""
    python = Finding("python", platform.python_implementation(), platform.python_version())
    packages = [_package(name, "pip install generation-tracer", "reading") for name in _BASE]
    packages += [_package(name, RECORD_LINE, "recording") for name in _RECORD]
    packages += [_package(name, RECORD_LINE, "demo model") for name in _DEMO]
    return (python, *packages, *_devices(), *_attention(), _demo())


def _package(name: str, cure: str, topic: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(topic, name, "not installed", is_fine=False, cure=cure)
    lowest = _LOWEST.get(name)
    if lowest is not None and _numbers(version) < _numbers(lowest):
        return Finding(topic, name, f"{version}, older than {lowest}", is_fine=False, cure=cure)
    if name == "transformers" and _numbers(version) >= (6,):
        return Finding(topic, name, f"{version}, newer than 5", is_fine=False, cure=cure)
    return Finding(topic, name, version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def _devices() -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    import torch

    found = [Finding("device", "cpu", f"{platform.machine()}, {torch.get_num_threads()} threads")]
    for number in range(torch.cuda.device_count()):
        found.append(Finding("device", f"cuda:{number}", torch.cuda.get_device_name(number)))
    if torch.backends.mps.is_available():
        found.append(Finding("device", "mps", "there, taken only with --device mps"))
    return found


def _attention() -> list[Finding]:
    """The attention implementations that models can be asked for here."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        return []
    from transformers.utils import is_flash_attn_2_available, is_torch_flex_attn_available

    found = [Finding("attention", "eager", "available"), Finding("attention", "sdpa", "available")]
    optional = {
        "flex_attention": is_torch_flex_attn_available(),
        "flash_attention_2": is_flash_attn_2_available(),
    }
    found += [
        Finding("attention", name, "available" if is_there else "not on this machine")
        for name, is_there in optional.items()
    ]
    return found


def _demo() -> Finding:
    gguf = find_gguf()
    if gguf is None:
        return Finding("demo model", DEMO_NAMES[1], "not installed", is_fine=False, cure=INSTALL_LINE)
    copies = [path for path in cache_folder().glob("smollm2-*") if path.is_dir()]
    value = f"ready, copy in {cache_folder()}" if copies else "installed; the first load takes about 20 s"
    return Finding("demo model", DEMO_NAMES[1], value)


def list_models() -> tuple[ModelEntry, ...]:
    """Returns the demo model and the models of the hub's cache, by name."""
    gguf = find_gguf()
    demo = ModelEntry(
        name="demo",
        what=f"{DEMO_NAMES[1]}, float32" if gguf else f"not installed; type: {INSTALL_LINE}",
        nbytes=gguf.stat().st_size if gguf else 0,
        is_ready=gguf is not None,
    )
    return (demo, *_cached_models())


def _cached_models() -> list[ModelEntry]:
    if importlib.util.find_spec("huggingface_hub") is None:
        return []
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return []
    return sorted(
        (
            ModelEntry(repo.repo_id, "in the hub's cache", repo.size_on_disk, is_ready=True)
            for repo in repositories
            if repo.repo_type == "model"
        ),
        key=lambda entry: entry.name,
    )
