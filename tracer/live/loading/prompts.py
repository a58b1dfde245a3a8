"""From what a person typed to the inputs of `generate`: chat template, token ids, checks before a run.

Generates nothing and loads nothing.
"""

from dataclasses import dataclass
from typing import Any

from tracer.errors import ModelError


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt ready for `generate`; `messages` is None where no chat template was used."""

    text: str
    inputs: dict[str, Any]
    messages: tuple[dict[str, str], ...] | None

    @property
    def prompt_len(self) -> int:
        """Number of tokens."""
        return int(self.inputs["input_ids"].shape[-1])


def prepare_prompt(
    model: Any, tokenizer: Any, text: str, *, system: str | None = None, raw: bool = False
) -> Prompt:
    """Returns the inputs of one prompt, (1, prompt_len) each, on the model's device.

    The prompt goes through the tokenizer's chat template where it has one; `raw` sends it as it is.

    Raises:
        ModelError: the prompt is empty, or a system text was given that nothing can take.
    """
    if not text.strip():
        raise ModelError(
            f"The prompt is empty: {text!r}. It needs at least one visible character. Type: --prompt 'Hello'"
        )
    template = getattr(tokenizer, "chat_template", None)
    if raw or not template:
        if system is not None:
            why = "it was sent as it is (--raw)" if raw else "this tokenizer has no chat template"
            raise ModelError(
                f"The system text {system!r} has no place in the prompt: {why}. Leave out --system."
            )
        return Prompt(text, _on_device(model, tokenizer(text, return_tensors="pt")), None)
    messages: tuple[dict[str, str], ...] = (
        ({"role": "system", "content": system},) if system is not None else ()
    )
    messages += ({"role": "user", "content": text},)
    encoded = tokenizer.apply_chat_template(
        list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    return Prompt(text, _on_device(model, encoded), messages)


def _on_device(model: Any, encoded: Any) -> dict[str, Any]:
    return {
        name: encoded[name].to(model.device) for name in ("input_ids", "attention_mask") if name in encoded
    }


def context_length(model: Any) -> int | None:
    """Returns how many positions the model was made for, or None where its configuration does not say."""
    config = model.config.get_text_config()
    return next(
        (
            int(length)
            for name in ("max_position_embeddings", "n_positions", "max_seq_len")
            if (length := getattr(config, name, None))
        ),
        None,
    )


def check_context(model: Any, prompt: Prompt, max_new_tokens: int) -> None:
    """Raises ModelError where the prompt, or prompt and answer, are longer than the model's context."""
    context = context_length(model)
    if context is None or prompt.prompt_len + max_new_tokens <= context:
        return
    if prompt.prompt_len >= context:
        raise ModelError(
            f"The prompt has {prompt.prompt_len:,} tokens and the model's context is {context:,}, so nothing "
            f"can be generated. Shorten the prompt to at most {context - 1:,} tokens."
        )
    raise ModelError(
        f"The prompt has {prompt.prompt_len:,} tokens, and with {max_new_tokens:,} new ones it exceeds the "
        f"model's context of {context:,}. Type: --max-new-tokens {context - prompt.prompt_len}"
    )
