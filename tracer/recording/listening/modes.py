"""Which calls can be recorded: judged when `generate` is entered, and again from the resolved configuration.

Raises before anything is generated. Each reason names the line that makes the call recordable.
"""

from typing import Any

from tracer.errors import UnsupportedCallError

_FIELDS = ("num_beams", "prompt_lookup_num_tokens", "cache_implementation", "penalty_alpha", "dola_layers")


def _setting(model: Any, name: str, arguments: dict[str, Any]) -> Any:
    """The value `generate` will resolve: argument, then the passed configuration, then the model's."""
    for source in (arguments.get(name), getattr(arguments.get("generation_config"), name, None)):
        if source is not None:
            return source
    return getattr(getattr(model, "generation_config", None), name, None)


def judge_arguments(model: Any, arguments: dict[str, Any]) -> None:
    """Checks the arguments of a `generate` call.

    Raises:
        UnsupportedCallError: the decoding mode cannot be recorded.
    """
    settings = {name: _setting(model, name, arguments) for name in _FIELDS}
    if arguments.get("assistant_model") is not None or settings["prompt_lookup_num_tokens"]:
        raise _unsupported("assisted decoding", "without assistant_model and prompt_lookup_num_tokens")
    if arguments.get("custom_generate") is not None:
        raise _unsupported("a custom_generate function", "without custom_generate")
    if settings["cache_implementation"] == "paged":
        raise _unsupported("continuous batching (a paged cache)", "with another cache_implementation")
    if (settings["num_beams"] or 1) > 1:
        raise _unsupported(f"beam search (num_beams={settings['num_beams']})", "with num_beams=1")
    if settings["penalty_alpha"] or settings["dola_layers"]:
        raise _unsupported("contrastive or DoLa decoding", "without penalty_alpha and dola_layers")
    if getattr(model.config, "is_encoder_decoder", False):
        raise _unsupported("an encoder-decoder model", "with a decoder-only model")


def judge_resolved(model: Any, generation_config: Any, model_kwargs: dict[str, Any]) -> None:
    """Checks the resolved configuration, inside `generate` and before its first forward.

    Raises:
        UnsupportedCallError: the mode is neither greedy nor sampling, or the forward would be compiled.
    """
    mode = str(generation_config.get_generation_mode(None).value)
    if mode not in ("greedy_search", "sample"):
        raise _unsupported(f"generation mode {mode!r}", "with greedy decoding or sampling (num_beams=1)")
    if model._valid_auto_compile_criteria(dict(model_kwargs), generation_config):
        raise _unsupported("a compiled forward", "with generate(..., disable_compile=True)")


def judge_batch_call(arguments: dict[str, Any]) -> None:
    """Refuses `generate_batch`.

    Raises:
        UnsupportedCallError: always.
    """
    raise _unsupported("generate_batch (continuous batching)", "with generate")


def _unsupported(what: str, remedy: str) -> UnsupportedCallError:
    return UnsupportedCallError(
        f"This call uses {what}, which cannot be recorded. Call {remedy}, "
        "or let such calls run unrecorded with record(..., unsupported='skip')."
    )
