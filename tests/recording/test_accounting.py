"""Shares and named steps give transformers' own `output_logits`, for every block shape, or say why not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.recording.blocks import CONFIGS, HIDDEN, VOCAB, build, generate_steps
from tracer.recording.model.anatomy import Anatomy, BlockShape, LayerAnatomy, dissect
from tracer.recording.model.head_rows import MAX_ROWS, HeadRows
from tracer.recording.model.norms import NormFormula, NormKind, read_formula
from tracer.recording.writing.accounting import Accountant
from tracer.schema import AccountingInfo

BF16 = torch.bfloat16
UNDIVIDED = ("mamba", "opt-post-norm", "bloom-post-norm")
HALF_UNIT = 2.0**-8
"""Of a bfloat16 number, relative."""


def _accountant(model: Any, dtype: str = "float32", **changes: Any) -> Accountant:
    return Accountant(model, replace(dissect(model), **changes), logits_dtype=dtype)


def _ids(logits: np.ndarray) -> np.ndarray:
    """The best 16 tokens of each row and one from the middle, as a recording accounts for them."""
    order = np.argsort(-logits, axis=1)
    return order[:, [*range(16), VOCAB // 2]]


def _info(accountant: Accountant) -> AccountingInfo:
    assert accountant.info is not None
    return accountant.info


def _applied(info: AccountingInfo, sums: np.ndarray) -> np.ndarray:
    """The named steps, as a reader of a trace takes them."""
    for name in info.steps_after:
        match name:
            case "scaling":
                sums = sums * info.scaling
            case "softcap":
                sums = info.softcap * np.tanh(sums / info.softcap)
    return sums


@pytest.mark.parametrize("name", CONFIGS)
def test_shares_give_the_recorded_logits(name: str) -> None:
    model = build(name)
    accountant = _accountant(model)
    for step in generate_steps(model):
        ids = _ids(step.logits)
        accounted = step.account(accountant, ids)
        info, logits = _info(accountant), np.take_along_axis(step.logits, ids, axis=1)
        bound = 1e-5 * np.abs(accounted.shares).sum(axis=1)

        assert (2, len(info.parts), 17) == accounted.shares.shape
        assert np.all(np.abs(accounted.remainder) <= bound)
        np.testing.assert_allclose(
            logits, _applied(info, accounted.shares.sum(axis=1)) + accounted.remainder, rtol=1e-12
        )


@pytest.mark.parametrize("name", CONFIGS)
def test_parts_are_named_as_the_model_is_built(name: str) -> None:
    model = build(name)
    accountant = _accountant(model)
    generate_steps(model)[0].account(accountant, np.zeros((2, 1), int))
    divided = [f"layer-{k:02d}.{part}" for k in range(2) for part in ("attention", "mlp")]
    layers = ["layer-00", "layer-01"] if name in UNDIVIDED else divided
    if name == "jamba":
        layers = ["layer-00", *divided[2:]]
    norm = dissect(model).final_norm
    biases = ["norm.bias"] if getattr(norm, "bias", None) is not None else []
    biases += ["head.bias"] if model.get_output_embeddings().bias is not None else []

    assert ["embedding", *layers, *biases] == _info(accountant).parts
    assert "float32" == _info(accountant).logits_dtype
    assert (name in ("opt-post-norm", "bloom-post-norm")) == bool(accountant.notes)


@pytest.mark.parametrize("name", CONFIGS)
def test_half_precision_parts_and_roundings_sum_to_each_stream_exactly(name: str) -> None:
    model = build(name, BF16)
    reads_stream = nn.Linear(HIDDEN, HIDDEN, bias=False)
    nn.init.eye_(reads_stream.weight)
    accountant = _accountant(
        model,
        head=reads_stream,
        final_norm=None,
        norm=NormFormula(NormKind.NONE),
        projection=None,
        scaling=None,
        softcap=None,
    )
    ids = np.tile(np.arange(HIDDEN), (2, 1))
    for step in generate_steps(model):
        step.logits = step.streams[-1]
        accounted = step.account(accountant, ids)
        sums = accounted.shares[:, 0]
        for layer in range(2):
            name_of = f"layer-{layer:02d}"
            parts = [k for k, part in enumerate(_info(accountant).parts) if part.startswith(name_of)]
            sums = sums + accounted.shares[:, parts[:-1]].sum(axis=1) + accounted.shares[:, parts[-1]]

            assert len(parts) in (1, 3)
            np.testing.assert_array_equal(step.streams[layer + 1], sums)
        np.testing.assert_allclose(accounted.remainder, 0.0, atol=1e-14)


ROUNDED_BEFORE_THE_HEAD = ("opt-projected", "opt-post-norm", "mamba")
"""By the projection, and by Mamba's cast of its float32 stream: that stays in the remainder."""


@pytest.mark.parametrize("name", sorted(CONFIGS.keys() - set(ROUNDED_BEFORE_THE_HEAD)))
def test_half_precision_leaves_only_the_rounding_of_the_head(name: str) -> None:
    model = build(name, BF16)
    accountant = _accountant(model, "bfloat16")
    for step in generate_steps(model, with_norm=True):
        ids = _ids(step.logits)
        accounted = step.account(accountant, ids)
        info = _info(accountant)
        logits = np.abs(np.take_along_axis(step.logits, ids, axis=1))
        biases = np.abs(accounted.shares[:, -1]) if "head.bias" in info.parts else 0.0
        roundings = 1 + 3 * len(info.steps_after) + ("head.bias" in info.parts)

        assert "norm.rounding" in info.parts
        assert np.all(np.abs(accounted.remainder) <= roundings * HALF_UNIT * (logits + biases + 0.01))


def test_without_the_norm_s_output_its_rounding_stays_in_the_remainder() -> None:
    model = build("llama", BF16)
    accountants = [_accountant(model, "bfloat16"), _accountant(model, "bfloat16")]
    remainders = [
        np.abs(step.account(accountant, _ids(step.logits)).remainder).max()
        for accountant, with_norm in zip(accountants, (False, True), strict=True)
        for step in generate_steps(model, with_norm=with_norm)[:1]
    ]

    assert "norm.rounding" not in _info(accountants[0]).parts
    assert remainders[0] > remainders[1]


# -- by hand ---------------------------------------------------------------------------------------------


def _hand_made(**changes: Any) -> Anatomy:
    """One block on a stream of two: rms of (1, 7) is 5, the norm's weight is (2, 3)."""
    norm, head = nn.RMSNorm(2, eps=0.0), nn.Linear(2, 2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([2.0, 3.0]))
        head.weight.copy_(torch.tensor([[1.0, 0.0], [5.0, 10.0]]))
        head.bias.copy_(torch.tensor([0.5, -1.0]))
    part = nn.Identity()
    anatomy = Anatomy(
        decoder=part,
        layers=(LayerAnatomy(0, part, BlockShape.SEQUENTIAL, part, part, 0.5, None),),
        final_norm=norm,
        norm=read_formula(norm, 2),
        projection=None,
        head=head,
        scaling=0.5,
        softcap=10.0,
    )
    return replace(anatomy, **changes)


HAND_MADE: dict[str, Any] = {
    "streams": np.array([[[1.0, 2.0]], [[1.0, 7.0]]]),
    "attention": [np.array([[0.0, 6.0]])],
    "mlp": [np.array([[0.0, 4.0]])],
    "ids": np.array([[0, 1]]),
    "logits": 10 * np.tanh(np.array([[0.9, 43.0]]) / 20),
}


def test_a_case_computed_by_hand() -> None:
    accountant = Accountant(nn.Identity(), _hand_made(), logits_dtype="float32")
    accounted = accountant.account(**HAND_MADE)
    assert accounted is not None

    assert ["embedding", "layer-00.attention", "layer-00.mlp", "head.bias"] == _info(accountant).parts
    np.testing.assert_allclose(
        accounted.shares[0], [[0.4, 14.0], [0.0, 18.0], [0.0, 12.0], [0.5, -1.0]], rtol=1e-6
    )
    np.testing.assert_allclose(accounted.remainder, 0.0, atol=1e-6)
    assert (["scaling", "softcap"], 0.5, 10.0) == (
        _info(accountant).steps_after,
        _info(accountant).scaling,
        _info(accountant).softcap,
    )


def test_the_remainder_is_what_the_shares_do_not_explain() -> None:
    accountant = Accountant(nn.Identity(), _hand_made(scaling=None, softcap=None), logits_dtype="float32")
    logits = np.array([[0.9, 43.01]])
    accounted = accountant.account(**HAND_MADE | {"logits": logits})
    assert accounted is not None

    np.testing.assert_allclose(accounted.remainder, [[0.0, 0.01]], atol=1e-6)


# -- what does not add up --------------------------------------------------------------------------------


@pytest.mark.parametrize("forged", [np.array([[0.0, 6.1]]), np.array([[0.0, np.nan]]), None])
def test_a_block_whose_parts_do_not_reproduce_it_is_one_share(forged: np.ndarray | None) -> None:
    accountant = Accountant(nn.Identity(), _hand_made(), logits_dtype="float32")
    accounted = accountant.account(**HAND_MADE | {"attention": [forged]})
    assert accounted is not None

    assert ["embedding", "layer-00", "head.bias"] == _info(accountant).parts
    np.testing.assert_allclose(accounted.shares[0, 1], [0.0, 30.0], rtol=1e-6)
    assert (
        "Accounting: what attention and MLP were seen to add does not make up the output of layers 0; "
        "each of these layers is one share.",
    ) == accountant.notes


def test_the_first_step_decides_for_the_whole_call() -> None:
    forged = HAND_MADE | {"attention": [np.array([[0.0, 6.1]])]}
    whole, parted = (
        Accountant(nn.Identity(), _hand_made(), logits_dtype="float32"),
        Accountant(nn.Identity(), _hand_made(), logits_dtype="float32"),
    )
    whole.account(**forged)
    parted.account(**HAND_MADE)
    later = parted.account(**forged)
    assert later is not None

    assert 3 == whole.account(**HAND_MADE).shares.shape[1]  # type: ignore[union-attr]
    assert 4 == later.shares.shape[1]
    assert np.abs(later.remainder).max() > 1e-3


def test_logits_that_norm_and_head_do_not_give_are_missing() -> None:
    accountant = Accountant(nn.Identity(), _hand_made(scaling=None, softcap=None), logits_dtype="float32")

    assert accountant.missing is None
    assert accountant.account(**HAND_MADE | {"logits": np.array([[1.8, 86.0]])}) is None
    assert (
        "the final norm and the output head, as found, do not give the recorded logits" == accountant.missing
    )
    assert accountant.info is None
    assert accountant.account(**HAND_MADE) is None


class _Wrapped(torch.Tensor):
    """A tensor subclass, as sharded and quantized weights are."""


class _OtherHead(nn.Module):
    weight = torch.zeros(2, 2)


def _heads() -> Iterator[tuple[nn.Module | None, str]]:
    quantized, sharded = nn.Linear(2, 2), nn.Linear(2, 2)
    quantized.weight = nn.Parameter(torch.zeros(2, 2, dtype=torch.int8), requires_grad=False)
    sharded.weight = nn.Parameter(torch.zeros(2, 2).as_subclass(_Wrapped))
    yield None, "the model names no output head"
    yield (
        nn.Linear(2, 2, device="meta"),
        "the output head is offloaded: its weights are not in memory between forwards",
    )
    yield quantized, "the output head is quantized: its weights are int8"
    yield sharded, "the output head holds its weights as a '_Wrapped'"
    yield _OtherHead(), "the output head is a '_OtherHead', which is not a plain linear map"


@pytest.mark.parametrize(("head", "reason"), list(_heads()))
def test_a_head_that_cannot_be_read_is_named_missing(head: nn.Module | None, reason: str) -> None:
    accountant = Accountant(nn.Identity(), _hand_made(head=head), logits_dtype="float32")

    assert reason == accountant.missing
    assert accountant.account(**HAND_MADE) is None


def test_other_parts_that_cannot_be_read_are_named_missing() -> None:
    offloaded = nn.RMSNorm(2, device="meta")
    reasons = [
        Accountant(nn.Identity(), _hand_made(**changes), logits_dtype="float32").missing
        for changes in (
            {"layers": ()},
            {"norm": NormFormula(NormKind.OTHER)},
            {"projection": _OtherHead()},
            {"final_norm": offloaded},
        )
    ]

    assert [
        "no list of decoder layers was found",
        "the final norm 'RMSNorm' follows no known formula",
        "the projection before the head is a '_OtherHead', which is not a plain linear map",
        "the final norm is offloaded: its weights are not in memory between forwards",
    ] == reasons


# -- head rows -------------------------------------------------------------------------------------------


def test_head_rows_are_fetched_once_and_kept_within_bounds() -> None:
    head = nn.Linear(2, MAX_ROWS + 10)
    rows = HeadRows(head, None)
    first, _ = rows.fetch(np.arange(10))
    expected = head.weight[:10].double().detach().numpy().copy()
    with torch.no_grad():
        head.weight.zero_()
    again, _ = rows.fetch(np.array([3, 3, 1]))
    rows.fetch(np.arange(15, MAX_ROWS + 10))
    renewed, _ = rows.fetch(np.array([5]))

    np.testing.assert_array_equal(expected, first)
    np.testing.assert_array_equal(expected[[3, 3, 1]], again)
    np.testing.assert_array_equal(np.zeros((1, 2)), renewed)
    assert MAX_ROWS == len(rows._rows)


def test_more_ids_than_are_kept_are_still_returned() -> None:
    head = nn.Linear(2, 2 * MAX_ROWS)
    weights, biases = HeadRows(head, None).fetch(np.arange(2 * MAX_ROWS))

    np.testing.assert_array_equal(head.weight.detach().numpy(), weights)
    np.testing.assert_array_equal(head.bias.detach().numpy(), biases)


def test_a_projection_is_part_of_the_rows() -> None:
    head, projection = nn.Linear(3, 5), nn.Linear(2, 3)
    weights, biases = HeadRows(head, projection).fetch(np.arange(5))
    stream = torch.tensor([0.5, -2.0])

    np.testing.assert_allclose(
        head(projection(stream)).detach().numpy(), weights @ stream.numpy() + biases, rtol=1e-5
    )


def test_rows_made_under_inference_mode_are_read_from_another_thread() -> None:
    with torch.inference_mode():
        head = nn.Linear(4, 6, dtype=BF16)
    with ThreadPoolExecutor(1) as pool:
        weights, biases = pool.submit(HeadRows(head, None).fetch, np.array([2, 0])).result()

    np.testing.assert_array_equal(head.weight[[2, 0]].float().detach().numpy(), weights)
    np.testing.assert_array_equal(head.bias[[2, 0]].float().detach().numpy(), biases)
