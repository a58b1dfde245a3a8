"""A processor rebuilt from a trace gives what the recorded one gave; what cannot be rebuilt says why."""

import pytest
import torch
from transformers.generation import logits_process as lp

from tests.every_processor import make_processors, make_rounds, run
from tracer import processor_names
from tracer.errors import RebuildError
from tracer.recording.description.parameters import describe_processor
from tracer.replay.processors import rebuild, why_not
from tracer.schema import ProcessorInfo


def through_json(processor: object) -> ProcessorInfo:
    return ProcessorInfo.model_validate_json(describe_processor(processor, 1).model_dump_json())


def altered(processor: object, **parameters: object) -> ProcessorInfo:
    info = through_json(processor)
    return info.model_copy(update={"parameters": {**info.parameters, **parameters}})


@pytest.mark.parametrize("name", make_processors())
def test_a_rebuilt_processor_gives_the_same_bits_over_several_steps(name: str) -> None:
    original = make_processors()[name]
    rebuilt = rebuild(through_json(original), device="cpu")
    assert type(original) is type(rebuilt)
    outputs = zip(run(original, make_rounds()), run(rebuilt, make_rounds()), strict=True)
    assert all(torch.equal(left.view(torch.int32), right.view(torch.int32)) for left, right in outputs)


@pytest.mark.parametrize("name", make_processors())
def test_every_instance_of_the_table_does_something(name: str) -> None:
    rounds = make_rounds()
    outputs = run(make_processors()[name], rounds)
    does_nothing_here = {"ForcedBOSTokenLogitsProcessor"}
    changed = any(
        not torch.equal(scores, output) for (_, scores), output in zip(rounds, outputs, strict=True)
    )
    assert (name not in does_nothing_here) == changed


def test_a_forced_first_token_is_rebuilt() -> None:
    original = make_processors()["ForcedBOSTokenLogitsProcessor"]
    one_token = [(torch.zeros(1, 1, dtype=torch.long), torch.randn(1, 40))]
    assert torch.equal(
        run(original, one_token)[0], run(rebuild(through_json(original), device="cpu"), one_token)[0]
    )


@pytest.mark.parametrize("name", make_processors())
def test_attributes_come_back_with_their_types(name: str) -> None:
    original = make_processors()[name]
    rebuilt = rebuild(through_json(original), device="cpu")
    assert list(vars(original)) == list(vars(rebuilt))
    for left, right in zip(vars(original).values(), vars(rebuilt).values(), strict=True):
        assert type(left) is type(right)
        if isinstance(left, torch.Tensor):
            assert (left.dtype, left.device, left.shape) == (right.dtype, right.device, right.shape)
            assert torch.equal(left, right)
        else:
            assert left == right


def test_a_rebuilt_processor_starts_in_the_state_before_the_first_call() -> None:
    original = make_processors()["DiaEOSDelayPatternLogitsProcessor"]
    info = through_json(original)
    first = run(original, make_rounds())
    for _ in range(2):
        assert all(map(torch.equal, first, run(rebuild(info, device="cpu"), make_rounds())))


def test_a_class_outside_the_allow_list_is_refused_by_name() -> None:
    info = through_json(lp.ClassifierFreeGuidanceLogitsProcessor(1.5))
    with pytest.raises(RebuildError, match="depends on more than its settings and the tokens so far"):
        rebuild(info, device="cpu")


def test_a_module_named_in_the_file_is_never_imported() -> None:
    info = through_json(lp.TopKLogitsWarper(5)).model_copy(
        update={"module": "antigravity", "class_name": "fly"}
    )
    with pytest.raises(RebuildError, match="not a class of transformers but of antigravity"):
        rebuild(info, device="cpu")


def test_a_parameter_that_was_not_captured_is_named() -> None:
    info = altered(lp.TopKLogitsWarper(5), filter_value=[{"opaque": "Fraction"}])
    assert "the value of filter_value of TopKLogitsWarper was not captured" == why_not(info)
    with pytest.raises(RebuildError, match="Record its full output with scores='all'"):
        rebuild(info, device="cpu")


def test_a_parameter_the_installed_class_does_not_know_is_named() -> None:
    info = altered(lp.TopKLogitsWarper(5), top_q=7)
    with pytest.raises(
        RebuildError, match=r"does not know the recorded top_q\. Install the transformers version"
    ):
        rebuild(info, device="cpu")


def test_a_parameter_the_installed_class_needs_is_named() -> None:
    info = through_json(lp.TopKLogitsWarper(5))
    info = info.model_copy(update={"parameters": {"top_k": 5}})
    with pytest.raises(RebuildError, match="needs filter_value, min_tokens_to_keep, which was not recorded"):
        rebuild(info, device="cpu")


def test_a_class_that_the_installed_version_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    info = through_json(lp.TopHLogitsWarper(0.5))
    monkeypatch.delattr(lp, "TopHLogitsWarper")
    with pytest.raises(RebuildError, match="does not have this class"):
        rebuild(info, device="cpu")


@pytest.mark.parametrize(
    "value",
    [
        {"tensor": "no_such_dtype", "shape": [1], "values": [1]},
        {"tensor": "int64", "shape": [3], "values": [1]},
        {"tensor": "int64", "shape": [1], "values": ["x"]},
        {"dict": [[[1], 2]]},
        {"dict": [1]},
        {"float": "seven"},
        {"code": "print()"},
    ],
)
def test_a_value_that_is_no_encoding_is_refused(value: object) -> None:
    with pytest.raises(
        RebuildError, match=r"TopKLogitsWarper\.top_k was recorded as .* cannot read. Record again"
    ):
        rebuild(altered(lp.TopKLogitsWarper(5), top_k=value), device="cpu")


def test_the_allow_list_holds_names_of_the_installed_version_only() -> None:
    assert all(hasattr(lp, name) for name in processor_names.REBUILDABLE | processor_names.STATEFUL)
    assert all(hasattr(lp, name) for name in processor_names.LEAVES_SCORES)
