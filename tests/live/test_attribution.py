"""Attribution against its definitions: autograd by hand, embeddings replaced by hand, sums that are complete."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.live.asked_steps import ids_before, marks_of, record_call
from tracer.analysis.attribution import Attribution, Method, kept_attributions
from tracer.errors import MissingExtraError, ModelError, SignalMissingError
from tracer.live.attribution import attribute
from tracer.trace.step import Step

pytest.importorskip("captum", reason="attribution needs the extra 'attribution'")

METHODS = tuple(Method)
Target = Callable[[torch.Tensor], torch.Tensor]


def by_hand(model: Any, step: Step, rival: int | None = None) -> tuple[torch.Tensor, Target]:
    """Returns the embeddings of the text before a step, and its target as a function of them."""

    def target(embeddings: torch.Tensor) -> torch.Tensor:
        logits = model(inputs_embeds=embeddings, use_cache=False).logits[0, -1]
        return logits[step.token_id] - (0.0 if rival is None else logits[rival])

    with torch.no_grad():
        return model.get_input_embeddings()(ids_before(step)), target


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_gradient_x_input_is_autograd_by_hand(tmp_path: Path, attention: str, row: int) -> None:
    trace, model = record_call(tmp_path / "a.trace", attention=attention)
    step = trace.step(2, row=row)
    embeddings, target = by_hand(model, step)
    inputs = embeddings.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(target(inputs), inputs)
    found = attribute(step, model=model, skip_special=False)
    assert (gradient * embeddings).sum(-1)[0].tolist() == pytest.approx(found.scores, abs=1e-4)
    assert target(embeddings).item() == pytest.approx(found.value, abs=1e-4)


@pytest.mark.parametrize("rival", [None, 77])
def test_occlusion_is_an_embedding_replaced_by_hand(tmp_path: Path, rival: int | None) -> None:
    trace, model = record_call(tmp_path / "a.trace")
    step = trace.step(2, row=0)
    embeddings, target = by_hand(model, step, rival)
    found = attribute(step, model=model, method="occlusion", rival=rival)
    with torch.no_grad():
        for place, source in enumerate(found.sources):
            without = embeddings.clone()
            without[0, place] = embeddings[0, place] if source.is_held else 0.0
            assert float(target(embeddings) - target(without)) == pytest.approx(source.score, abs=1e-4)


@pytest.mark.parametrize("rival", [None, 77])
@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_integrated_gradients_are_complete_within_the_gap_that_is_shown(
    tmp_path: Path, name: str, rival: int | None
) -> None:
    trace, model = record_call(tmp_path / "a.trace", name)
    step = trace.step(1, row=0)
    embeddings, target = by_hand(model, step, rival)
    found = attribute(
        step, model=model, method="integrated_gradients", rival=rival, skip_special=False, steps=8
    )
    with torch.no_grad():
        change = float(target(embeddings) - target(torch.zeros_like(embeddings)))
    assert change == pytest.approx(sum(found.scores) + found.gap, abs=1e-3)
    assert change == pytest.approx(found.value - found.baseline_value, abs=1e-3)


def test_with_enough_steps_integrated_gradients_leave_no_gap(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", "gpt2")
    step = trace.step(1, row=0)
    few, many = (
        attribute(step, model=model, method="integrated_gradients", steps=steps) for steps in (2, 400)
    )
    assert 1e-3 > abs(many.gap)
    assert abs(many.gap) < abs(few.gap)
    assert {"skip_special": True, "skip_template": False, "steps": 2} == few.settings


def test_a_contrast_is_the_difference_of_both_gradients(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    step, rival = trace.steps[1], 77
    both = attribute(step, model=model, rival=rival, skip_special=False)
    chosen = attribute(step, model=model, skip_special=False)
    embeddings, _ = by_hand(model, step)
    inputs = embeddings.clone().requires_grad_()
    logits = model(inputs_embeds=inputs, use_cache=False).logits[0, -1]
    (gradient,) = torch.autograd.grad(logits[rival], inputs)
    of_rival = (gradient * embeddings).sum(-1)[0].tolist()
    expected = [score - other for score, other in zip(chosen.scores, of_rival, strict=True)]
    assert expected == pytest.approx(both.scores, abs=1e-4)
    assert (logits[step.token_id] - logits[rival]).item() == pytest.approx(both.value, abs=1e-4)
    assert (rival, None) == (both.rival_id, chosen.rival)


@pytest.mark.parametrize("method", METHODS)
def test_special_tokens_are_held_fixed_or_not(tmp_path: Path, method: Method) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    held = attribute(trace.steps[1], model=model, method=method, steps=4)
    free = attribute(trace.steps[1], model=model, method=method, steps=4, skip_special=False)
    assert [True] + [False] * 14 == [source.is_held for source in held.sources]
    assert 0.0 == held.scores[0] != free.scores[0]
    assert not any(source.is_held for source in free.sources)
    assert held.baseline_value != free.baseline_value


def test_positions_are_those_of_the_recording(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace")
    found = attribute(trace.step(2, row=1), model=model)
    assert tuple(range(7, 16)) == found.positions
    assert tuple(ids_before(trace.step(2, row=1))[0].tolist()) == found.token_ids
    assert [True] * 7 + [False] * 2 == [source.is_prompt for source in found.sources]
    assert found.recorded_gap is not None
    assert 1e-4 > found.recorded_gap


@pytest.mark.parametrize("name", ["qwen3", "gemma3", "gpt_neox", "falcon", "phi"])
def test_other_architectures_repeat_their_logits(tmp_path: Path, name: str) -> None:
    trace, model = record_call(tmp_path / "a.trace", name)
    found = attribute(trace.step(2, row=1), model=model)
    assert found.recorded_gap is not None
    assert 1e-4 > found.recorded_gap


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_the_model_is_touched(tmp_path: Path, method: Method) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    model.train()
    model.model.layers[0].eval()
    model.lm_head.weight.requires_grad_(False)
    model.model.norm.weight.grad = torch.ones_like(model.model.norm.weight)
    before = marks_of(model)
    with torch.no_grad():
        attribute(trace.steps[1], model=model, method=method, steps=4)
    assert before == marks_of(model)


def test_an_answer_is_kept_and_read_without_the_model(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    first = attribute(trace.steps[1], model=model)
    second = attribute(trace.steps[1], model=model, rival=9)
    attribute(trace.steps[1], model=model, rival=9)
    third = attribute(trace.steps[0], model=model, method="occlusion", rival=" w9")
    found = kept_attributions(tracer.open_trace(trace.path))
    assert {str(one) for one in (first, second, third)} == {str(one) for one in found}
    assert third == found[0]
    assert isinstance(found[0], Attribution)


def test_template_tokens_are_held_where_the_messages_are_known(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    words = trace.vocabulary.text(trace.sequence().prompt_ids[4:8])
    with pytest.raises(SignalMissingError, match=r"has no messages, so what its template added is not known"):
        attribute(trace.steps[1], model=model, skip_template=True)
    messages = ({"role": "user", "content": words},)
    trace, model = record_call(tmp_path / "b.trace", rows=1, recording={"messages": messages})
    found = attribute(trace.steps[1], model=model, skip_template=True)
    assert [4, 5, 6, 7, 14] == [source.position for source in found.sources if not source.is_held]
    messages = ({"role": "user", "content": "not in there"},)
    trace, model = record_call(tmp_path / "c.trace", rows=1, recording={"messages": messages})
    with pytest.raises(SignalMissingError, match=r"is not in the prompt as it stands"):
        attribute(trace.steps[1], model=model, skip_template=True)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1, max_new_tokens=1)
    step = trace.steps[0]
    for arguments, message in (
        ({"method": "saliency"}, r"method='saliency' is none of gradient_x_input, occlusion, integrated_gra"),
        ({"steps": 0}, r"steps=0 is less than 1\. Type steps=32\."),
        ({"rival": "no such"}, r"rival='no such' is no single token of this vocabulary"),
        ({"rival": 128}, r"rival=128 is no token id of this model: there are 0 to 127"),
        ({"rival": step.token_id}, r"is the chosen token itself\. Name another token"),
    ):
        with pytest.raises(ValueError, match=message):
            attribute(step, model=model, **arguments)


def test_a_text_of_held_tokens_only_is_refused(tmp_path: Path) -> None:
    model, path = zoo.build("llama"), tmp_path / "a.trace"
    with tracer.record(model, zoo.tokenizer(), to=path):
        model.generate(torch.tensor([[1, 1]]), max_new_tokens=1, do_sample=False)
    with pytest.raises(ValueError, match=r"Every token before step 0 is special or of the template"):
        attribute(tracer.open_trace(path).steps[0], model=model)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1)
    with torch.no_grad():
        model.lm_head.weight.mul_(1.5)
    with pytest.raises(ModelError, match=r"Step 1 of .* is not repeated by this model: its logits are up to"):
        attribute(trace.steps[1], model=model)
    assert [] == list((trace.path / "derived").glob("*"))


def test_another_model_is_refused(tmp_path: Path) -> None:
    trace, _ = record_call(tmp_path / "a.trace", rows=1)
    with pytest.raises(
        ModelError, match=r"class_name='LlamaForCausalLM', and this model has 'GPT2LMHeadModel'"
    ):
        attribute(trace.steps[1], model=zoo.shared("gpt2"))


def test_without_recorded_logits_the_gap_is_not_known(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1, recording={"preset": "light"})
    assert attribute(trace.steps[1], model=model).recorded_gap is None


def test_a_call_on_a_filled_cache_is_refused(tmp_path: Path) -> None:
    model, path, prompt = zoo.build("llama"), tmp_path / "a.trace", zoo.prompts(1)
    first = model.generate(**prompt, max_new_tokens=3, return_dict_in_generate=True, do_sample=False)
    with tracer.record(model, None, to=path):
        longer = torch.cat([first.sequences, torch.tensor([[5, 6]])], dim=1)
        model.generate(longer, past_key_values=first.past_key_values, max_new_tokens=2, do_sample=False)
    with pytest.raises(ModelError, match=r"cannot be repeated with the model: the call began with a cache"):
        attribute(tracer.open_trace(path).steps[0], model=model)


def test_without_captum_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1, max_new_tokens=1)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "captum" else find_spec(name)
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'generation-tracer\[attribution\]'"):
        attribute(trace.steps[0], model=model)


def test_a_model_that_embeds_twice_is_refused(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", rows=1, max_new_tokens=1)
    embed = model.get_input_embeddings()

    def embed_once_more(module: Any, args: Any) -> None:
        embed(torch.tensor([[1]]))

    handle = model.register_forward_pre_hook(embed_once_more)
    with handle, pytest.raises(ModelError, match=r"calls its input embedding 2 times in a forward"):
        attribute(trace.steps[0], model=model)
