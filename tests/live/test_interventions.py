"""Interventions against models whose weights were changed by hand, and masks that were written by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tracer
from tests import zoo
from tests.live.asked_steps import ids_before, marks_of, record_call
from tracer.analysis.intervention import InterventionResult, divergence, parse_intervention
from tracer.errors import ModelError
from tracer.live.intervention_hooks import Interventions
from tracer.live.interventions import intervene
from tracer.trace.step import Step

LAST = 2
"""The last layer: what happens there to other positions does not matter, so whole weights can be changed."""


def full_logits(model: Any, step: Step, **arguments: Any) -> np.ndarray:
    """Returns the last logits of a plain forward over the text before the step."""
    with torch.no_grad():
        return model(ids_before(step), use_cache=False, **arguments).logits[0, -1].numpy()


def require_after(expected: np.ndarray, found: InterventionResult) -> None:
    ids = [row.token_id for row in found.rows]
    assert expected[ids].tolist() == pytest.approx([row.logit_after for row in found.rows], abs=1e-4)
    probabilities = torch.softmax(torch.tensor(expected).double(), 0)[ids].tolist()
    assert probabilities == pytest.approx([row.probability_after for row in found.rows], abs=1e-5)


def causal_mask(length: int, *edges: tuple[int, int]) -> torch.Tensor:
    """Returns an additive (1, 1, length, length) mask with the edges hidden."""
    mask = torch.ones(length, length, dtype=torch.bool).tril()
    for query, key in edges:
        mask[query, key] = False
    return torch.zeros(1, 1, length, length).masked_fill(~mask, torch.finfo(torch.float32).min)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("name", ["llama", "qwen3", "mistral", "gemma3", "gpt2", "gpt_neox", "phi", "falcon"])
def test_the_unchanged_run_has_the_recorded_bits(tmp_path: Path, name: str, attention: str) -> None:
    trace, model = record_call(tmp_path / "a.trace", name, attention=attention)
    found = intervene(trace.step(3, row=1), "scale L1.mlp=1", model=model)
    assert "cached" == found.replay
    assert 0.0 == found.gap
    assert 0.0 == found.kl
    assert [row.logit_before for row in found.rows] == [row.logit_after for row in found.rows]


@pytest.mark.parametrize(
    "generation",
    [
        {"prefill_chunk_size": 4},
        {"use_cache": False},
        {"do_sample": True, "temperature": 0.8, "num_return_sequences": 2},
        {"repetition_penalty": 1.3, "guidance_scale": 1.5},
    ],
)
def test_every_kind_of_call_is_repeated_bit_for_bit(tmp_path: Path, generation: dict[str, Any]) -> None:
    trace, model = record_call(tmp_path / "a.trace", **generation)
    for index in (0, 2):
        found = intervene(trace.step(index, row=1), "scale L1.mlp=1", model=model)
        assert ("cached", 0.0) == (found.replay, found.gap)


def test_a_static_cache_is_repeated_in_full_and_the_gap_is_reported(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", cache_implementation="static", disable_compile=True)
    found = intervene(trace.step(2, row=1), "scale L1.mlp=1", model=model)
    assert "full" == found.replay
    assert found.gap is not None
    assert found.tolerance > 1e-4 > found.gap


@pytest.mark.parametrize("index", [0, 2])
@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_an_ablated_head_is_one_whose_output_weights_are_zero(
    tmp_path: Path, attention: str, row: int, index: int
) -> None:
    trace, model = record_call(tmp_path / "a.trace", attention=attention)
    step = trace.step(index, row=row)
    found = intervene(step, f"ablate L{LAST}H3", model=model)
    with torch.no_grad():
        model.model.layers[LAST].self_attn.o_proj.weight[:, 48:64] = 0.0
    require_after(full_logits(model, step), found)
    assert found.kl > 0.0


def test_a_scaled_head_is_one_whose_output_weights_are_scaled(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", "gpt2", rows=1)
    found = intervene(trace.steps[2], f"scale L{LAST}H1=0.5", model=model)
    with torch.no_grad():
        model.transformer.h[LAST].attn.c_proj.weight[12:24] *= 0.5
    require_after(full_logits(model, trace.steps[2]), found)


@pytest.mark.parametrize(("part", "path"), [("attention", "self_attn.o_proj"), ("mlp", "mlp.down_proj")])
def test_an_ablated_part_is_one_whose_last_weights_are_zero(tmp_path: Path, part: str, path: str) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    found = intervene(trace.steps[2], f"ablate L{LAST}.{part}", model=model)
    with torch.no_grad():
        model.model.layers[LAST].get_submodule(path).weight.zero_()
    require_after(full_logits(model, trace.steps[2]), found)


def test_ablation_changes_the_last_position_only(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    step, seen = trace.steps[2], []

    def note(module: Any, args: Any, output: torch.Tensor) -> None:
        seen.append(output.shape[1])

    handle = model.model.layers[0].mlp.register_forward_hook(note)
    with handle:
        found = intervene(step, "ablate L0.mlp", model=model)
    assert [14, 1, 1] * 2 == seen

    def zero_last(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
        return torch.cat([output[:, :-1], torch.zeros_like(output[:, -1:])], dim=1)

    with model.model.layers[0].mlp.register_forward_hook(zero_last):
        require_after(full_logits(model, step), found)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("name", ["llama", "gpt2", "gpt_neox"])
@pytest.mark.parametrize("query", [15, 13, 9])
def test_a_blocked_edge_is_a_hidden_place_in_the_mask(
    tmp_path: Path, name: str, attention: str, query: int
) -> None:
    trace, model = record_call(tmp_path / "a.trace", name, attention=attention, rows=1)
    step = trace.steps[2]
    found = intervene(step, f"block {query}:3", model=model)
    require_after(full_logits(model, step, attention_mask=causal_mask(16, (query, 3))), found)
    assert found.kl > 0.0


def test_an_edge_counts_positions_with_padding(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace")
    step = trace.step(2, row=1)  # seven columns of padding
    found = intervene(step, "block 15:8", model=model)
    require_after(full_logits(model, step, attention_mask=causal_mask(9, (8, 1))), found)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_an_edge_blocked_in_every_head_is_blocked_in_the_layer(tmp_path: Path, attention: str) -> None:
    trace, model = record_call(tmp_path / "a.trace", attention=attention, rows=1)
    step = trace.steps[2]
    layer = intervene(step, "block L1.15:3", model=model)
    heads = intervene(step, *(f"block L1H{head}.15:3" for head in range(4)), model=model)
    one = intervene(step, "block L1H2.15:3", model=model)
    assert layer.kl == pytest.approx(heads.kl, rel=1e-4)
    assert 0.0 < one.kl
    assert one.kl != pytest.approx(layer.kl, rel=1e-2)
    assert [r.logit_after for r in layer.rows] == pytest.approx([r.logit_after for r in heads.rows], abs=1e-5)


def test_a_key_outside_the_sliding_window_is_no_edge(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", "mistral", rows=1)
    assert intervene(trace.steps[2], "block 15:12", model=model).kl > 0.0
    with pytest.raises(ModelError, match=r"had nothing to change: position 2 is not among the keys"):
        intervene(trace.steps[2], "block 15:2", model=model)


def test_rows_name_the_chosen_token_and_the_rival(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    step = trace.steps[1]
    found, other = (intervene(step, "ablate L0H0", model=model, **rival) for rival in ({}, {"rival": 77}))
    order = np.argsort(-step.logits)
    assert [step.token_id, int(order[1])] == [found.chosen.token_id, found.rival.token_id]
    assert 77 == other.rival.token_id
    before = full_logits(model, step)
    assert found.rows[0].token_id == found.favorite_before.token_id == int(order[0])
    assert [row.rank_before for row in found.rows] == sorted(row.rank_before for row in found.rows)
    assert float(torch.softmax(torch.tensor(before), 0)[step.token_id]) == pytest.approx(
        found.chosen.probability_before, abs=1e-5
    )
    assert step.model_entropy == pytest.approx(found.entropy_before, abs=1e-5)


def test_several_interventions_hold_together(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    step = trace.steps[2]
    found = intervene(step, f"ablate L{LAST}.mlp", f"ablate L{LAST}.attention", model=model)
    with torch.no_grad():
        model.model.layers[LAST].mlp.down_proj.weight.zero_()
        model.model.layers[LAST].self_attn.o_proj.weight.zero_()
    require_after(full_logits(model, step), found)


def test_nothing_of_the_model_is_touched_even_by_an_error(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    model.train()
    model.model.norm.weight.grad = torch.ones_like(model.model.norm.weight)
    before = marks_of(model)
    intervene(trace.steps[2], "ablate L0H0", "scale L1.mlp=3", "block L1H2.15:3", model=model)
    assert before == marks_of(model)
    with pytest.raises(ValueError, match=r"leaves position 0 nothing to read\. Block another position"):
        intervene(trace.steps[2], "ablate L0H0", "block 0:0", model=model)
    assert before == marks_of(model)


def test_what_the_model_does_not_have_is_named(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace")
    step = trace.step(1, row=1)
    for text, message in (
        ("ablate L3H0", r"'ablate L3H0' names layer 3, and this model has 0 to 2"),
        ("ablate L0H4", r"'ablate L0H4' names head 4, and this model has 0 to 3"),
        ("block 15:8", r"names position 15, and step 1 reads 7 to 14, without padding"),
        ("block 14:3", r"names position 3, and step 1 reads 7 to 14, without padding"),
    ):
        with pytest.raises(ValueError, match=message):
            intervene(step, text, model=model)
    with pytest.raises(ValueError, match=r"No intervention was given\. Type for example"):
        intervene(step, model=model)
    with pytest.raises(ModelError, match=r"the logits are not finite numbers.*Type a smaller factor"):
        intervene(step, "scale L2.mlp=1e39", model=model)


def test_a_model_without_attention_says_so(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", "mamba", attention="eager", rows=1)
    with pytest.raises(ModelError, match=r"'ablate L0H0' cannot be done with this model: MambaBlock has no"):
        intervene(trace.steps[1], "ablate L0H0", model=model)


def test_flex_attention_takes_no_edge() -> None:
    model = zoo.build("llama")
    model.config._attn_implementation = "flex_attention"
    with pytest.raises(ModelError, match=r"attn_implementation='flex_attention' takes none"):
        Interventions(model, (parse_intervention("block 14:3"),), {})


def test_other_weights_are_refused(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    with torch.no_grad():
        model.lm_head.weight.add_(0.1)
    with pytest.raises(ModelError, match=r"is not repeated by this model: its logits are up to"):
        intervene(trace.steps[1], "ablate L0H0", model=model)


def test_a_light_trace_answers_without_a_comparison(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1, recording={"preset": "light"})
    found = intervene(trace.steps[1], "ablate L0H0", model=model)
    assert found.gap is None
    assert found.kl > 0.0


def test_half_precision_is_repeated_bit_for_bit(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", dtype=torch.bfloat16)
    assert 0.0 == intervene(trace.step(2, row=1), "ablate L1H0", "block 15:9", model=model).gap


def test_kl_is_that_of_both_distributions(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    found = intervene(trace.steps[2], f"ablate L{LAST}.mlp", model=model)
    before = full_logits(model, trace.steps[2])
    with torch.no_grad():
        model.model.layers[LAST].mlp.down_proj.weight.zero_()
    assert divergence(before, full_logits(model, trace.steps[2])) == pytest.approx(found.kl, abs=1e-4)
    assert tracer.intervene is intervene
    assert 128 == zoo.VOCAB_SIZE == before.size
