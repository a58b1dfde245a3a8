"""The attributes of processors and criteria are captured as they are, and what cannot be is named."""

import math

import numpy as np
import pytest
import torch
from transformers import EosTokenCriteria, LogitsProcessor, MaxLengthCriteria
from transformers.generation import logits_process as lp

from tests.every_processor import make_processors, make_rounds
from tracer import processor_names
from tracer.recording.description.parameters import (
    describe_criterion,
    describe_processor,
    mutates_input,
    scale_hint,
)
from tracer.schema import ProcessorInfo


class Custom(LogitsProcessor):
    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores


def captured(value: object) -> object:
    return describe_processor(Custom(value=value), 1).parameters["value"]


def test_the_table_of_instances_covers_the_allow_list() -> None:
    assert {name.split(" ")[0] for name in make_processors()} == processor_names.REBUILDABLE


@pytest.mark.parametrize("name", make_processors())
def test_every_class_of_the_allow_list_is_captured_whole(name: str) -> None:
    processor = make_processors()[name]
    info = describe_processor(processor, 3)
    assert (3, type(processor).__name__, processor_names.MODULE) == (info.stage, info.class_name, info.module)
    assert info.is_rebuildable
    assert set(vars(processor)) == set(info.parameters)
    assert info == ProcessorInfo.model_validate_json(info.model_dump_json())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.1, 0.1),
        ("text", "text"),
        (np.int64(4), 4),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (-math.inf, {"float": "-inf"}),
        (math.nan, {"float": "nan"}),
        ([1, [2.5]], [1, [2.5]]),
        ((1, 2), {"tuple": [1, 2]}),
        ({7}, {"set": [7]}),
        (frozenset({7}), {"frozenset": [7]}),
        ({(1, 2): -math.inf}, {"dict": [[{"tuple": [1, 2]}, {"float": "-inf"}]]}),
        (torch.device("cpu"), {"device": "cpu"}),
        (
            torch.tensor([[1, 2], [3, 4]]),
            {"tensor": "int64", "shape": [2, 2], "values": [1, 2, 3, 4], "device": "cpu"},
        ),
        (
            torch.tensor([0.1, -math.inf], dtype=torch.bfloat16),
            {"tensor": "bfloat16", "shape": [2], "values": [0.10009765625, "-inf"], "device": "cpu"},
        ),
        (torch.tensor(True), {"tensor": "bool", "shape": [], "values": [True], "device": "cpu"}),
    ],
)
def test_values_have_one_json_form(value: object, expected: object) -> None:
    assert expected == captured(value)


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (object(), "object"),
        (len, "builtin_function_or_method"),
        (torch.nn.Linear(2, 2), "Linear"),
        (torch.nn.Parameter(torch.zeros(2)), "Parameter"),
        (torch.zeros(2, device="meta"), "Tensor"),
        (torch.zeros(600_000), "Tensor"),
        (list(range(600_000)), "list"),
        (np.zeros(2), "ndarray"),
    ],
)
def test_what_cannot_be_captured_names_its_type(value: object, type_name: str) -> None:
    assert {"opaque": type_name} == captured(value)


def test_a_structure_that_contains_itself_ends_as_opaque() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "opaque" in repr(captured(endless))


def test_capturing_changes_no_attribute() -> None:
    for processor in make_processors().values():
        before = dict(vars(processor))
        describe_processor(processor, 1)
        assert all(before[name] is value for name, value in vars(processor).items())


def test_a_class_of_the_same_name_elsewhere_is_not_rebuildable() -> None:
    impostor = type("TemperatureLogitsWarper", (LogitsProcessor,), {"__module__": processor_names.MODULE})()
    impostor.temperature = 0.5
    subclass = type("TopKLogitsWarper", (lp.TopKLogitsWarper,), {})(5)
    for processor in (impostor, subclass):
        assert not describe_processor(processor, 1).is_rebuildable
        assert mutates_input(processor)
        assert scale_hint(processor) is None


def test_watermarks_guidance_functions_and_custom_classes_are_not_rebuildable() -> None:
    processors = [
        lp.WatermarkLogitsProcessor(40, "cpu"),
        lp.UnbatchedClassifierFreeGuidanceLogitsProcessor(1.5, torch.nn.Linear(2, 2)),
        lp.ClassifierFreeGuidanceLogitsProcessor(1.5),
        lp.PrefixConstrainedLogitsProcessor(lambda row, ids: [1], 1),
        Custom(),
        lambda input_ids, scores: scores,
    ]
    assert [False] * 6 == [describe_processor(processor, 1).is_rebuildable for processor in processors]


def test_a_processor_with_an_opaque_parameter_is_not_rebuildable() -> None:
    processor = lp.TopKLogitsWarper(5)
    processor.filter_value = object()
    assert not describe_processor(processor, 1).is_rebuildable


def test_state_across_steps_is_named() -> None:
    stateful = make_processors()["DiaEOSDelayPatternLogitsProcessor"]
    assert describe_processor(stateful, 1).is_stateful
    assert describe_processor(Custom(), 1).is_stateful
    assert not describe_processor(lp.TopKLogitsWarper(5), 1).is_stateful


def test_only_a_temperature_is_a_scale() -> None:
    hints = {name: scale_hint(processor) for name, processor in make_processors().items()}
    assert {"TemperatureLogitsWarper": 0.71} == {
        name: hint for name, hint in hints.items() if hint is not None
    }


@pytest.mark.parametrize("name", make_processors())
def test_a_processor_said_to_leave_its_input_leaves_it(name: str) -> None:
    processor, wrote = make_processors()[name], False
    for ids, scores in make_rounds():
        given = scores.clone()
        processor(ids, given)
        wrote |= not torch.equal(scores, given)
    assert mutates_input(processor) == (type(processor).__name__ in processor_names.WRITES_INTO_SCORES)
    assert wrote <= mutates_input(processor)


def test_custom_processors_may_write_into_their_input() -> None:
    assert mutates_input(Custom())
    assert mutates_input(lambda input_ids, scores: scores)


def test_criteria_are_captured() -> None:
    eos = describe_criterion(EosTokenCriteria([2, 5]))
    assert ("EosTokenCriteria", [2, 5]) == (eos.class_name, eos.parameters["eos_token_id"]["values"])
    limit = describe_criterion(MaxLengthCriteria(17, 2048))
    assert {"max_length": 17, "max_position_embeddings": 2048} == limit.parameters


def test_a_criterion_with_a_table_of_the_vocabulary_stays_small() -> None:
    criterion = MaxLengthCriteria(17)
    criterion.table = torch.zeros(50_000)
    assert {"opaque": "Tensor"} == describe_criterion(criterion).parameters["table"]
