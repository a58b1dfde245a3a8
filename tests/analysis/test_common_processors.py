"""The five processors in numpy give what transformers' own classes give, over thousands of steps."""

import numpy as np
import pytest
import torch
from transformers.generation import logits_process as lp

from tracer.analysis.choice import choose_highest, race
from tracer.analysis.common_processors import is_common, process, tied_at_cut
from tracer.recording.description.parameters import describe_processor

VOCAB_SIZES = (50, 1000, 8000)
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
STEPS = 400


def random_step(random, dtype):
    """Returns token ids, logits that the dtype can hold as float32, and processors as `generate` makes them."""
    vocab_size = int(random.choice(VOCAB_SIZES))
    spread = random.choice([1.0, 3.0, 6.0])
    logits = torch.from_numpy(random.normal(size=vocab_size) * spread).to(dtype).float()
    input_ids = torch.from_numpy(random.integers(0, vocab_size + 3, size=(1, 30)))
    chain = [
        lp.RepetitionPenaltyLogitsProcessor(float(random.choice([0.8, 1.1, 1.7]))),
        lp.TemperatureLogitsWarper(float(random.choice([0.3, 0.7, 1.3, 2.0]))),
        lp.TopKLogitsWarper(int(random.choice([1, 5, 50, 500]))),
        lp.TopPLogitsWarper(float(random.choice([0.0, 0.3, 0.9, 0.95, 0.99]))),
        lp.MinPLogitsWarper(float(random.choice([0.0, 0.02, 0.1, 0.5]))),
    ]
    chosen = [processor for processor in chain if random.random() < 0.7]
    if any(isinstance(processor, lp.RepetitionPenaltyLogitsProcessor) for processor in chosen):
        input_ids = input_ids.clamp(max=vocab_size - 1)  # 5.17 takes no ids beyond the vocabulary
    return input_ids, logits, chosen


def softmax(scores):
    return torch.softmax(torch.from_numpy(scores).double(), dim=-1).numpy()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_survivors_winners_and_probabilities_are_those_of_transformers(seed, dtype):
    random = np.random.default_rng(seed)
    compared = 0
    for _ in range(STEPS):
        input_ids, scores, chain = random_step(random, dtype)
        ours, is_tied = scores.numpy(), False
        for processor in chain:
            info = describe_processor(processor, 1)
            before = ours
            scores = processor(input_ids, scores[None])[0]
            ours = process(info, before, input_ids[0].numpy(), 0)
            tied = tied_at_cut(info, before, ours)
            if tied.size:
                theirs = np.isneginf(scores.numpy())
                assert set(np.flatnonzero(theirs != np.isneginf(ours))) <= set(tied)
                assert np.count_nonzero(theirs) == np.count_nonzero(np.isneginf(ours))
                is_tied = True
                break
        if is_tied:
            continue
        compared += 1
        expected = scores.numpy()
        assert np.array_equal(np.isneginf(expected), np.isneginf(ours))
        assert 1e-6 >= np.abs(softmax(expected) - softmax(ours)).max()
        noise = random.exponential(size=ours.size).astype(np.float32)
        ids = np.arange(ours.size, dtype=np.int32)
        assert race(expected, ids, noise).token_id == race(ours, ids, noise).token_id
        assert choose_highest(expected).token_id == choose_highest(ours).token_id
    assert compared > STEPS // 2


def test_equal_tokens_at_the_cut_are_named():
    info = describe_processor(lp.TopPLogitsWarper(0.6), 1)
    scores = np.log(np.array([0.5, 0.2, 0.2, 0.1], dtype=np.float32))

    assert [1, 2] == tied_at_cut(info, scores, process(info, scores, np.array([0]), 0)).tolist()
    whole = describe_processor(lp.TopPLogitsWarper(0.85), 1)
    assert [] == tied_at_cut(whole, scores, process(whole, scores, np.array([0]), 0)).tolist()


def test_no_other_processor_has_equal_tokens_at_its_cut():
    info = describe_processor(lp.TopKLogitsWarper(2), 1)
    scores = np.array([3.0, 1.0, 1.0, 0.0], dtype=np.float32)
    after = process(info, scores, np.array([0]), 0)

    assert [3.0, 1.0, 1.0, -np.inf] == after.tolist()
    assert [] == tied_at_cut(info, scores, after).tolist()


def test_the_penalty_divides_what_is_positive_and_multiplies_what_is_negative():
    info = describe_processor(lp.RepetitionPenaltyLogitsProcessor(2.0), 1)
    scores = np.array([4.0, -4.0, 4.0], dtype=np.float32)

    assert [2.0, -8.0, 4.0] == process(info, scores, np.array([0, 1, 1]), 0).tolist()


@pytest.mark.parametrize(("ignored", "expected"), [(2, [4.0, 2.0]), ({"values": [0, 2]}, [4.0, 2.0])])
def test_the_penalty_leaves_out_the_padding_of_its_row(ignored, expected):
    info = describe_processor(lp.RepetitionPenaltyLogitsProcessor(2.0), 1)
    info = info.model_copy(update={"parameters": {**info.parameters, "prompt_ignore_length": ignored}})

    assert is_common(info)
    assert expected == process(info, np.array([4.0, 4.0], dtype=np.float32), np.array([0, 0, 1]), 1).tolist()


def test_a_filter_value_and_a_least_number_of_tokens_are_kept_to():
    scores = np.log(np.array([0.9, 0.06, 0.04], dtype=np.float32))
    for processor in (
        lp.TopPLogitsWarper(0.1, filter_value=-7.0, min_tokens_to_keep=2),
        lp.MinPLogitsWarper(0.9, filter_value=-7.0, min_tokens_to_keep=2),
        lp.TopKLogitsWarper(1, filter_value=-7.0, min_tokens_to_keep=2),
    ):
        expected = processor(torch.tensor([[0]]), torch.from_numpy(scores)[None])[0].numpy()
        assert (
            expected.tolist() == process(describe_processor(processor, 1), scores, np.array([0]), 0).tolist()
        )


def test_the_scores_given_stay_as_they_are():
    scores = np.array([2.0, 1.0, 0.0], dtype=np.float32)
    for processor in (
        lp.RepetitionPenaltyLogitsProcessor(1.3),
        lp.TopKLogitsWarper(1),
        lp.TopPLogitsWarper(0.1),
    ):
        process(describe_processor(processor, 1), scores, np.array([0]), 0)
    assert [2.0, 1.0, 0.0] == scores.tolist()


def test_a_class_of_the_same_name_elsewhere_is_not_meant():
    info = describe_processor(lp.TopKLogitsWarper(3), 1)

    assert is_common(info)
    assert not is_common(info.model_copy(update={"module": "elsewhere"}))
    assert not is_common(describe_processor(lp.TypicalLogitsWarper(0.5), 1))
