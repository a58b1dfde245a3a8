"""The tree of modules that a trace holds: complete, small, honest about what was listened to, and never in the way."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import tracer
from tests import zoo
from tracer.analysis.module_tree import module_rows
from tracer.errors import SignalMissingError, TraceFormatError
from tracer.recording import recorder
from tracer.recording.description.structure import describe_structure
from tracer.trace.trace import Trace

ARCHITECTURES = ["llama", "gpt2", "gpt_oss", "gemma3", "falcon", "mamba", "qwen3"]


def recorded(path: Path, name: str = "llama", **settings: Any) -> Trace:
    with tracer.record(zoo.shared(name), None, to=path, **settings):
        zoo.shared(name).generate(**zoo.prompts(1), max_new_tokens=2, do_sample=False)
    return tracer.open_trace(path)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_tree_holds_every_parameter_once(tmp_path: Path, name: str) -> None:
    rows = module_rows(recorded(tmp_path / "a.trace", name, preset="light").structure)
    model = zoo.shared(name)

    assert model.num_parameters() == rows[0].counted == rows[0].total
    assert len(list(model.modules())) == sum(row.times for row in rows)
    assert 20_000 > (tmp_path / "a.trace" / "model.json").stat().st_size


@pytest.mark.parametrize("preset", ["light", "standard", "full"])
@pytest.mark.parametrize("name", ["llama", "falcon", "mamba"])
def test_what_is_listened_to_is_what_has_hooks(tmp_path: Path, name: str, preset: Any) -> None:
    model = zoo.shared(name)
    with tracer.record(model, None, to=tmp_path / "a.trace", preset=preset):
        hooked = {path for path, module in model.named_modules() if module._forward_hooks}
        model.generate(**zoo.prompts(1), max_new_tokens=1, do_sample=False)
    rows = module_rows(tracer.open_trace(tmp_path / "a.trace").structure)
    heard = {row.path.replace("0–2", "0") for row in rows if set(row.listened) - {"queries", "keys_values"}}

    assert heard <= hooked
    assert ({""} == heard) == (preset == "light")


def test_layers_alike_stand_in_one_row_and_others_in_their_own(tmp_path: Path) -> None:
    rows = module_rows(recorded(tmp_path / "a.trace", preset="light").structure)
    folded = next(row for row in rows if row.class_name == "LlamaDecoderLayer")
    chosen = module_rows(recorded(tmp_path / "b.trace", layers=(1,)).structure)

    assert (("0", "1", "2"), 3) == (folded.names, folded.times)
    assert 3 * folded.total == folded.counted
    assert [("0",), ("1",), ("2",)] == [row.names for row in chosen if row.class_name == "LlamaDecoderLayer"]


def test_a_tied_tensor_counts_where_it_stands_first() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(5, 2)
            self.head = nn.Linear(2, 5, bias=False)
            self.head.weight = self.embedding.weight
            self.again = self.embedding

    rows = {row.path: row for row in module_rows(describe_structure(Tied()))}

    assert (10, 10, 10) == (rows[""].total, rows[""].counted, rows["embedding"].counted)
    assert (10, 10, 0) == (rows["head"].own, rows["head"].total, rows["head"].counted)
    assert "embedding.weight" == rows["head"].parameters[0].tied_to
    assert "embedding" == rows["again"].same_as


def test_parameters_on_meta_packed_and_not_made_yet_are_described() -> None:
    class Packed(nn.Module):
        in_features, out_features = 8, 4

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(16, 1, dtype=torch.uint8), requires_grad=False)

    model = nn.ModuleDict(
        {
            "far": nn.Linear(3, 2, device="meta"),
            "packed": Packed(),
            "lazy": nn.LazyLinear(2),
            "none": nn.Identity(),
        }
    )
    rows = {row.path: row for row in module_rows(describe_structure(model))}
    packed, lazy = rows["packed"].parameters[0], rows["lazy"].parameters[0]

    assert ("meta", 8) == (rows["far"].parameters[0].device, rows["far"].own)
    assert ([4, 8], [16, 1], 32) == (packed.shape, packed.stored_shape, packed.count)
    assert (None, 0, "UninitializedParameter") == (lazy.shape, lazy.count, lazy.kind)
    assert () == rows["none"].parameters


def test_a_tensor_of_another_class_is_named_by_it() -> None:
    module = nn.Linear(4, 6, bias=False)
    module.weight.__class__ = type("DTensor", (nn.Parameter,), {})
    described = describe_structure(module).modules[0].parameters[0]

    assert ([6, 4], "DTensor") == (described.shape, described.kind)


def test_an_older_trace_opens_and_says_what_to_type(tmp_path: Path) -> None:
    trace = recorded(tmp_path / "a.trace", preset="light")
    (trace.path / "model.json").unlink()

    with pytest.raises(
        SignalMissingError,
        match=r"has no tree of the model's modules: it was recorded by a version that did not keep",
    ):
        tracer.open_trace(trace.path).structure  # noqa: B018


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"modules": [{"depth": -1}]}', '{"modules": [{"names": []}]}']
)
def test_a_damaged_tree_is_named(tmp_path: Path, content: str) -> None:
    trace = recorded(tmp_path / "a.trace", preset="light")
    (trace.path / "model.json").write_text(content)

    with pytest.raises(TraceFormatError, match=r"model\.json' is damaged or no part of a trace"):
        tracer.open_trace(trace.path).structure  # noqa: B018


def test_a_model_that_cannot_be_described_is_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("odd module")

    monkeypatch.setattr(recorder, "describe_structure", fail)
    trace = recorded(tmp_path / "a.trace")

    assert "complete" == trace.status
    with pytest.raises(SignalMissingError, match=r"it could not be described \(RuntimeError: odd module\)"):
        trace.structure  # noqa: B018


def test_a_replaced_trace_leaves_no_tree_behind(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.trace", "gpt2", preset="light").path
    recorded(path, "llama", preset="light", overwrite=True)

    assert "LlamaForCausalLM" == json.loads((path / "model.json").read_text())["modules"][0]["class_name"]
