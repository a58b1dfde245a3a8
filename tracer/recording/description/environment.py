"""The model and the machine as they stand when recording begins: `ModelInfo` and `Environment`.

Reads configurations and parameters; moves, changes and runs nothing. Parameters on meta (offloaded weights)
are counted, never read.
"""

import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
import transformers

from tracer.recording.description.json_values import to_json
from tracer.recording.model.anatomy import dissect
from tracer.recording.model.target_model import inner_model
from tracer.schema import Environment, ModelInfo


def describe_model(model: Any) -> ModelInfo:
    """Returns what the manifest says of the model, itself or inside an adapter wrapper.

    Raises:
        TypeError: `model` holds no transformers model that can generate.
    """
    inner = inner_model(model)
    config = inner.config
    text = config.get_text_config(decoder=True)
    layer_types = [type(layer.module).__name__ for layer in dissect(inner).layers]
    num_heads, hidden_size = _int(text, "num_attention_heads"), _int(text, "hidden_size")
    return ModelInfo(
        name=getattr(config, "name_or_path", "") or type(inner).__name__,
        class_name=type(inner).__name__,
        architecture=getattr(config, "model_type", None) or type(config).__name__,
        dtype=_find_dtype(inner),
        device=str(_find_device(inner)),
        attn_implementation=getattr(config, "_attn_implementation", None),
        num_hidden_layers=_int(text, "num_hidden_layers") or len(layer_types),
        num_attention_heads=num_heads,
        num_key_value_heads=_int(text, "num_key_value_heads"),
        head_dim=_int(text, "head_dim") or (hidden_size // num_heads if hidden_size and num_heads else None),
        hidden_size=hidden_size,
        vocab_size=_int(text, "vocab_size") or inner.get_output_embeddings().weight.shape[0],
        num_parameters=int(inner.num_parameters()),
        layer_types=layer_types,
        adapters=_find_adapters(model, inner),
        quantization=_find_quantization(config),
        config=_describe_config(config),
    )


def describe_environment(model: Any) -> Environment:
    """Returns the versions and the machine that bit-equality depends on."""
    device = _find_device(inner_model(model))
    return Environment(
        tracer=_own_version(),
        python=platform.python_version(),
        torch=torch.__version__,
        transformers=transformers.__version__,
        platform=platform.platform(),
        device_type=device.type,
        device_name=_device_name(device),
        num_threads=torch.get_num_threads(),
    )


def _own_version() -> str:
    try:
        return version("generation-tracer")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"


def _int(config: Any, name: str) -> int | None:
    """None where the configuration has no such number, or one for each layer."""
    value = getattr(config, name, None)
    return value if isinstance(value, int) else None


def _find_device(model: torch.nn.Module) -> torch.device:
    """The device of the first parameter that is not on meta, else the one to which they are brought."""
    devices = (parameter.device for parameter in model.parameters())
    found = next((device for device in devices if device.type != "meta"), None)
    if found is not None:
        return found
    hooks = (getattr(module, "_hf_hook", None) for module in model.modules())
    execution = (getattr(hook, "execution_device", None) for hook in hooks)
    return next((torch.device(device) for device in execution if device is not None), torch.device("meta"))


def _find_dtype(model: torch.nn.Module) -> str:
    """The dtype of most numbers among the floating parameters, such as "bfloat16"."""
    counts: Counter[torch.dtype] = Counter()
    for parameter in model.parameters():
        if parameter.is_floating_point():
            counts[parameter.dtype] += parameter.numel()
    dtype = max(counts, key=lambda found: counts[found]) if counts else getattr(model, "dtype", "unknown")
    return str(dtype).removeprefix("torch.")


def _find_adapters(model: Any, inner: Any) -> list[str]:
    """Names of the active adapters; where the model does not say which are active, of all it has.

    Source: peft, PeftModel (`active_adapters` a property) and transformers' integration of it (a method).
    """
    for holder in (model, inner):
        configured = getattr(holder, "peft_config", None)
        if not configured:
            continue
        active = getattr(holder, "active_adapters", None)
        try:
            active = active() if callable(active) else active
        except Exception:  # transformers' method raises without peft, or with every adapter switched off
            active = None
        names = [active] if isinstance(active, str) else active
        return [str(name) for name in (configured if names is None else names)]
    return []


def _find_quantization(config: Any) -> str | None:
    quantization = getattr(config, "quantization_config", None)
    if quantization is None:
        return None
    is_dict = isinstance(quantization, dict)
    method = quantization.get("quant_method") if is_dict else getattr(quantization, "quant_method", None)
    return str(to_json(method)) if method is not None else type(quantization).__name__


def _describe_config(config: Any) -> dict[str, Any]:
    try:
        described = config.to_diff_dict()
    except Exception:  # a custom configuration that cannot be compared with its defaults
        described = vars(config)
    return {str(name): to_json(value) for name, value in described.items()}


def _device_name(device: torch.device) -> str | None:
    match device.type:
        case "cuda":
            return torch.cuda.get_device_name(device)
        case "cpu":  # the instruction set decides which kernels run
            return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
        case _:
            return None
