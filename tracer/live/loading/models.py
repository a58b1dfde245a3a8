"""Loading a model and its tokenizer as the command line does: the demo model, a local folder, or a hub id.

Everything that can go wrong becomes a `ModelError` that says what to type. Knows nothing about recording.
"""

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

from tracer.errors import MissingExtraError, ModelError
from tracer.live.loading.demo_model import DEMO_NAMES, prepare_copy
from tracer.live.loading.progress import Progress, ignore_progress, reported_loading

DTYPES = ("auto", "float32", "bfloat16", "float16")

_HUB_TIMEOUT_SECONDS = 5.0


def load_model(
    name: str,
    *,
    dtype: Any = None,
    device: str | None = None,
    attn_implementation: str | None = None,
    progress: Progress | None = None,
) -> tuple[Any, Any]:
    """Returns (model, tokenizer), the model in eval mode: for "demo", a local folder, or a hub id.

    Args:
        dtype: "float32", "bfloat16", "float16", "auto" (the checkpoint's own) or a torch dtype.
            Default: float32 for the demo model, "auto" for others.
        device: such as "cpu" or "cuda:1". Default: CUDA where there is one, else the CPU.
        attn_implementation: as in transformers. Default: sdpa for the demo model, transformers' choice for others.
        progress: called with what is done, how much of it, and of how much.

    Raises:
        ModelError: the model is not there, or cannot be loaded.
        MissingExtraError: torch or transformers is not installed.
    """
    require_live_packages("load_model")
    report = progress or ignore_progress
    is_demo = name in DEMO_NAMES
    options = {"dtype": checked_dtype(dtype or ("float32" if is_demo else "auto"))}
    if attn_implementation or is_demo:
        options["attn_implementation"] = attn_implementation or "sdpa"
    model, tokenizer = _load_demo(options, report) if is_demo else _load_other(name, options, report)
    return _placed(model, device), tokenizer


def require_live_packages(what: str) -> None:
    """Raises MissingExtraError, naming what needs them, where torch or transformers is not installed."""
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(
                f"{what} needs the package {package!r}, which is not installed; reading traces does not. "
                f"Type: pip install 'generation-tracer[record]'"
            )


def default_device() -> str:
    """Returns "cuda" where there is a CUDA device, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def checked_dtype(dtype: Any) -> Any:
    """Returns the torch dtype of a name, or "auto".

    Raises:
        ValueError: the name is none of `DTYPES`.
    """
    import torch

    if isinstance(dtype, torch.dtype) or dtype == "auto":
        return dtype
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r} is none of {', '.join(DTYPES)}. Type dtype='float32'.")
    return getattr(torch, dtype)


def _load_demo(options: dict[str, Any], report: Progress) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        try:
            folder = prepare_copy(report)
        except OSError:
            # A cache that cannot be written only costs time: the copy is made for this once.
            folder = prepare_copy(report, cache=Path(temporary))
        model, tokenizer = _load_pretrained(str(folder), "demo", options, report)
    # The folder's path would otherwise stand in every trace, and mean nothing elsewhere.
    model.name_or_path = model.config.name_or_path = DEMO_NAMES[1]
    tokenizer.name_or_path = DEMO_NAMES[1]
    return model, tokenizer


def _load_other(name: str, options: dict[str, Any], report: Progress) -> tuple[Any, Any]:
    return _load_pretrained(find_model(name), name, options, report)


def find_model(name: str) -> str:
    """Returns what `from_pretrained` takes: a folder's path, or an id that the hub or its cache knows.

    Raises:
        ModelError: there is no such model, or the hub cannot be asked.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"{name!r} is a folder without a config.json, so it holds no model. "
                f"Name the folder that `model.save_pretrained(...)` wrote, or type --model demo."
            )
        return str(folder)
    if folder.is_file():
        raise ModelError(
            f"{name!r} is a file; a model is a folder with config.json, weights and tokenizer. "
            f"Name the folder, a hub id such as 'owner/name', or type --model demo."
        )
    if not _is_hub_id(name):
        raise ModelError(
            f"There is no model {name!r}: it is neither a folder here nor a hub id such as 'owner/name'. "
            f"Check the path, or type --model demo."
        )
    if not _is_downloaded(name):
        _ask_hub(name)
    return name


def _is_hub_id(name: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return True


def _is_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def _ask_hub(name: str) -> None:
    """Raises ModelError unless the hub answers, within seconds, that it has this model."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import RepositoryNotFoundError

    if constants.HF_HUB_OFFLINE or os.environ.get("TRANSFORMERS_OFFLINE"):
        raise ModelError(
            f"There is no folder {name!r} here, and the hub was not asked because HF_HUB_OFFLINE is set. "
            f"Check the path, unset HF_HUB_OFFLINE, or type --model demo."
        )
    try:
        HfApi().model_info(name, timeout=_HUB_TIMEOUT_SECONDS)
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"There is no model {name!r}: no folder here has that name, and the hub knows no such model "
            f"(or it is private). Check the spelling, log in with `hf auth login`, or type --model demo."
        ) from error
    except Exception as error:  # whatever the HTTP client of the installed hub version raises
        raise ModelError(
            f"There is no folder {name!r} here, and the hub could not be reached ({type(error).__name__}). "
            f"Check the path or the connection, or type --model demo, which needs no network."
        ) from error


def _load_pretrained(source: str, name: str, options: dict[str, Any], report: Progress) -> tuple[Any, Any]:
    from transformers import AutoTokenizer

    try:
        with reported_loading(report, "loading weights"):
            report("loading the tokenizer", 0, 0)
            tokenizer = AutoTokenizer.from_pretrained(source)
            report("loading weights", 0, 0)
            model = _auto_class(source).from_pretrained(source, **options)
    except Exception as error:  # transformers raises whatever the file at fault led to
        reason = " ".join(str(error).split()) or "no reason given"
        raise ModelError(
            f"The model {name!r} cannot be loaded: {type(error).__name__}: {reason[:300].rstrip('.')}. "
            f"It must be a model that generates text, with its tokenizer, as `save_pretrained` writes them. "
            f"Check {name!r}, or type --model demo."
        ) from error
    return model.eval(), tokenizer


def _auto_class(source: str) -> Any:
    """Returns the class that loads such a model: with an encoder, unless it was saved as a decoder alone."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    config = AutoConfig.from_pretrained(source)
    is_alone = any(name.endswith("ForCausalLM") for name in config.architectures or ())
    return AutoModelForSeq2SeqLM if config.is_encoder_decoder and not is_alone else AutoModelForCausalLM


def _placed(model: Any, device: str | None) -> Any:
    target = device or default_device()
    try:
        return model.to(target)
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ModelError(
            f"The model cannot be put on device={target!r}: {reason}. Type --device cpu, or leave it out."
        ) from error
