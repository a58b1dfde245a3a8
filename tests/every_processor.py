"""One instance of every logits processor that can be rebuilt, each with values of its own.

The scores they are tried on have `NUM_ROWS` rows and a vocabulary of `VOCAB_SIZE`.
"""

from types import SimpleNamespace

import torch
from transformers.generation import logits_process as lp

NUM_ROWS = 4
VOCAB_SIZE = 40
PROMPT_LEN = 5

_ENCODER_IDS = torch.tensor([[1, 2, 3, 1, 2, 9], [4, 5, 6, 4, 5, 7], [1, 3, 1, 3, 1, 3], [8, 9, 8, 9, 8, 2]])
_WHISPER = SimpleNamespace(
    no_timestamps_token_id=29, eos_token_id=7, bos_token_id=1, max_initial_timestamp_index=3
)


def make_processors() -> dict[str, lp.LogitsProcessor]:
    """Returns new instances by class name; some names carry a suffix for a second kind of parameter."""
    made: dict[str, lp.LogitsProcessor] = {
        "AlternatingCodebooksLogitsProcessor": lp.AlternatingCodebooksLogitsProcessor(PROMPT_LEN, 11, 13),
        "BarkEosPrioritizerLogitsProcessor": lp.BarkEosPrioritizerLogitsProcessor([3, 8], 0.04),
        "DiaEOSChannelFilterLogitsProcessor": lp.DiaEOSChannelFilterLogitsProcessor(2, 31),
        "DiaEOSDelayPatternLogitsProcessor": lp.DiaEOSDelayPatternLogitsProcessor([0, 2], 31, 11),
        "EncoderNoRepeatNGramLogitsProcessor": lp.EncoderNoRepeatNGramLogitsProcessor(2, _ENCODER_IDS),
        "EncoderRepetitionPenaltyLogitsProcessor": lp.EncoderRepetitionPenaltyLogitsProcessor(
            1.7, _ENCODER_IDS
        ),
        "EpsilonLogitsWarper": lp.EpsilonLogitsWarper(0.021, min_tokens_to_keep=2),
        "EtaLogitsWarper": lp.EtaLogitsWarper(0.31, filter_value=-77.0, min_tokens_to_keep=3),
        "ExponentialDecayLengthPenalty": lp.ExponentialDecayLengthPenalty((1, 1.3), [4, 6], PROMPT_LEN),
        "ForcedBOSTokenLogitsProcessor": lp.ForcedBOSTokenLogitsProcessor(12),
        "ForcedEOSTokenLogitsProcessor": lp.ForcedEOSTokenLogitsProcessor(PROMPT_LEN + 3, [5, 14]),
        "InfNanRemoveLogitsProcessor": lp.InfNanRemoveLogitsProcessor(),
        "LogitNormalization": lp.LogitNormalization(),
        "MinLengthLogitsProcessor": lp.MinLengthLogitsProcessor(PROMPT_LEN + 2, [9, 15]),
        "MinNewTokensLengthLogitsProcessor": lp.MinNewTokensLengthLogitsProcessor(PROMPT_LEN, 3, 16),
        "MinPLogitsWarper": lp.MinPLogitsWarper(0.17, min_tokens_to_keep=4),
        "NoBadWordsLogitsProcessor": lp.NoBadWordsLogitsProcessor([[17], [1, 18], [2, 3, 19], [20]], 20),
        "NoRepeatNGramLogitsProcessor": lp.NoRepeatNGramLogitsProcessor(2),
        "RepetitionPenaltyLogitsProcessor": lp.RepetitionPenaltyLogitsProcessor(1.23),
        "SequenceBiasLogitsProcessor": lp.SequenceBiasLogitsProcessor([[[21], 2.5], [[1, 22], -3.25]]),
        "SequenceBiasLogitsProcessor of a dict": lp.SequenceBiasLogitsProcessor({(23,): 1.5, (2, 24): -7.75}),
        "SuppressTokensAtBeginLogitsProcessor": lp.SuppressTokensAtBeginLogitsProcessor([25, 2], PROMPT_LEN),
        "SuppressTokensLogitsProcessor": lp.SuppressTokensLogitsProcessor([26, 27]),
        "TemperatureLogitsWarper": lp.TemperatureLogitsWarper(0.71),
        "TopHLogitsWarper": lp.TopHLogitsWarper(0.43),
        "TopKLogitsWarper": lp.TopKLogitsWarper(6, min_tokens_to_keep=2),
        "TopPLogitsWarper": lp.TopPLogitsWarper(0.62, min_tokens_to_keep=3),
        "TypicalLogitsWarper": lp.TypicalLogitsWarper(0.55, filter_value=-99.5),
        "WhisperTimeStampLogitsProcessor": lp.WhisperTimeStampLogitsProcessor(_WHISPER, PROMPT_LEN),
    }
    ignored = torch.tensor([0, 1, 2, 3]) if _PENALTY_TAKES_TENSORS else 2
    made["RepetitionPenaltyLogitsProcessor that ignores padding"] = lp.RepetitionPenaltyLogitsProcessor(
        1.31, prompt_ignore_length=ignored
    )
    return made


def _penalty_takes_tensors() -> bool:
    try:
        lp.RepetitionPenaltyLogitsProcessor(1.1, prompt_ignore_length=torch.tensor([1]))
    except ValueError:
        return False
    return True


_PENALTY_TAKES_TENSORS = _penalty_takes_tensors()


def make_rounds(num_rounds: int = 6, seed: int = 0) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Returns (input_ids, scores) of consecutive rounds of a batch, with tokens that repeat."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 12, (NUM_ROWS, PROMPT_LEN), generator=generator)
    rounds = []
    for _ in range(num_rounds):
        scores = torch.randn(NUM_ROWS, VOCAB_SIZE, generator=generator) * 2.0
        rounds.append((ids, scores))
        chosen = torch.where(
            torch.rand(NUM_ROWS, generator=generator) < 0.5, ids[:, -2], scores.argmax(-1) % 12
        )
        ids = torch.cat([ids, chosen[:, None]], dim=1)
    rounds[-1][1][0, 3] = -torch.inf
    return rounds


def run(processor: lp.LogitsProcessor, rounds: list[tuple[torch.Tensor, torch.Tensor]]) -> list[torch.Tensor]:
    """Returns the processor's output of every round; the rounds stay as they were."""
    return [processor(ids.clone(), scores.clone()).clone() for ids, scores in rounds]
