"""Which setting of `generate` a logits processor carries out, and its value: "TopKLogitsWarper" → top_k, 50.

Holds names only; the words for them are in `tracer.wording`. A class that is not listed (a processor of the
user's own) has no setting and is shown under its class name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Value = int | float | str | None

_SETTINGS: dict[str, tuple[str, str | None]] = {
    "EncoderNoRepeatNGramLogitsProcessor": ("encoder_no_repeat_ngram_size", "ngram_size"),
    "EncoderRepetitionPenaltyLogitsProcessor": ("encoder_repetition_penalty", "penalty"),
    "EpsilonLogitsWarper": ("epsilon_cutoff", "epsilon"),
    "EtaLogitsWarper": ("eta_cutoff", "epsilon"),
    "ExponentialDecayLengthPenalty": ("exponential_decay_length_penalty", "regulation_factor"),
    "ForcedBOSTokenLogitsProcessor": ("forced_bos_token_id", "bos_token_id"),
    "ForcedEOSTokenLogitsProcessor": ("forced_eos_token_id", None),
    "InfNanRemoveLogitsProcessor": ("remove_invalid_values", None),
    "LogitNormalization": ("renormalize_logits", None),
    "MinLengthLogitsProcessor": ("min_length", "min_length"),
    "MinNewTokensLengthLogitsProcessor": ("min_new_tokens", "min_new_tokens"),
    "MinPLogitsWarper": ("min_p", "min_p"),
    "NoBadWordsLogitsProcessor": ("bad_words_ids", None),
    "NoRepeatNGramLogitsProcessor": ("no_repeat_ngram_size", "ngram_size"),
    "PrefixConstrainedLogitsProcessor": ("prefix_allowed_tokens_fn", None),
    "RepetitionPenaltyLogitsProcessor": ("repetition_penalty", "penalty"),
    "SequenceBiasLogitsProcessor": ("sequence_bias", None),
    "SuppressTokensAtBeginLogitsProcessor": ("begin_suppress_tokens", None),
    "SuppressTokensLogitsProcessor": ("suppress_tokens", None),
    "SynthIDTextWatermarkLogitsProcessor": ("watermarking_config", None),
    "TemperatureLogitsWarper": ("temperature", "temperature"),
    "TopHLogitsWarper": ("top_h", "top_h"),
    "TopKLogitsWarper": ("top_k", "top_k"),
    "TopPLogitsWarper": ("top_p", "top_p"),
    "TypicalLogitsWarper": ("typical_p", "mass"),
    "UnbatchedClassifierFreeGuidanceLogitsProcessor": ("guidance_scale", "guidance_scale"),
    "WatermarkLogitsProcessor": ("watermarking_config", None),
}

SETTING_NAMES: frozenset[str] = frozenset(name for name, _ in _SETTINGS.values())
"""Every setting's name, as in `GenerationConfig`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one stage of the chain carries out; `name` is None for the model and for unlisted classes."""

    class_name: str
    name: str | None = None
    value: Value = None


def setting_of(class_name: str, parameters: Mapping[str, object]) -> Setting:
    """Returns the setting that a processor of this class, with these recorded parameters, carries out."""
    name, attribute = _SETTINGS.get(class_name, (None, None))
    return Setting(class_name, name, None if attribute is None else scalar(parameters.get(attribute)))


def scalar(parameter: object) -> Value:
    """Returns a recorded parameter as one number or text: itself, or a tensor's only value; else None."""
    values = listed(parameter)
    if len(values) == 1 and isinstance(values[0], int | float | str):
        return values[0]
    return None


def listed(parameter: object) -> list[object]:
    """Returns a recorded parameter (a scalar, a list, or a stored tensor) as a flat list."""
    if parameter is None:
        return []
    if isinstance(parameter, Mapping):
        return listed(parameter.get("values"))
    if isinstance(parameter, list | tuple):
        return [value for entry in parameter for value in listed(entry)]
    return [parameter]
