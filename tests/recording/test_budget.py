"""A budget is kept by leaving out named signals, visibly, or by refusing the call before it generates."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.fidelity.surroundings import differences, snapshot
from tests.recording.trace_sizes import folder_bytes
from tracer.config import RecordingConfig
from tracer.errors import BudgetError, SignalMissingError
from tracer.recording.planning.budget import fit_budget
from tracer.recording.planning.call_plan import Plan

SAMPLED: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 20,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
}
FULL = RecordingConfig(preset="full", budget="200MB").resolved()
SIGNALS = ("logits", "scores", "hidden_states", "additions", "accounting", "queries", "keys_values")


def plan_by_weights(**weights: int) -> Any:
    """Returns a planner by which a signal takes its weight in MB at the last position, four times that at all."""

    def plan_of(config: RecordingConfig) -> Plan:
        factors = {"none": 0, "last": 1, "auto": 4, "all": 4}
        total = sum(weights.get(name, 0) * factors[getattr(config, name)] for name in SIGNALS)
        return Plan((), total * 10**6, total * 10**6, "all")

    return plan_of


def generate(model: Any, *, rows: int = 3, max_new_tokens: int = 12, **settings: Any) -> torch.Tensor:
    torch.manual_seed(5)
    return model.generate(**zoo.prompts(rows), max_new_tokens=max_new_tokens, **{**SAMPLED, **settings})


def in_thread(run: Callable[[], None]) -> None:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_nothing_is_left_out_while_the_plan_fits() -> None:
    assert (FULL, ()) == fit_budget(FULL, plan_by_weights(keys_values=40), 200 * 10**6)


def test_signals_go_in_a_fixed_order_from_bulky_to_needed() -> None:
    plan_of, order, config = plan_by_weights(**dict.fromkeys(SIGNALS, 10)), [], FULL
    while any(getattr(config, name) != "none" for name in SIGNALS):
        smaller, _ = fit_budget(config, plan_of, plan_of(config).upper_bytes - 1)
        changed = [name for name in SIGNALS if getattr(smaller, name) != getattr(config, name)]
        order += [f"{name} {getattr(smaller, name)}" for name in changed]
        config = smaller
    expected = (
        "scores last, additions last, hidden_states last, additions none, queries last, queries none, "
        "keys_values none, hidden_states none, accounting none, scores none, logits none"
    )
    assert expected.split(", ") == order


def test_the_reason_names_the_budget_and_what_was_planned() -> None:
    _, missing = fit_budget(FULL, plan_by_weights(keys_values=78), 200 * 10**6)
    assert [("keys_values", "left out to keep the budget of 200MB (planned 312 MB with it)")] == [
        (item.signal, item.reason) for item in missing
    ]


def test_what_is_left_out_in_part_says_which_part() -> None:
    config, missing = fit_budget(FULL, plan_by_weights(queries=60), 200 * 10**6)
    assert "last" == config.queries
    assert [
        "all positions but the sampled one left out to keep the budget of 200MB (planned 240 MB with it)"
    ] == [item.reason for item in missing]


def test_a_small_signal_is_not_given_up_in_vain() -> None:
    plan_of = plan_by_weights(queries=1, hidden_states=1, accounting=1, logits=900)
    config, missing = fit_budget(FULL, plan_of, 200 * 10**6)
    assert ["logits"] == [item.signal for item in missing]
    assert replace(FULL, logits="none") == config


def test_a_trace_of_several_calls_stays_below_its_budget(tmp_path: Path) -> None:
    model, path = zoo.shared("llama"), tmp_path / "x.trace"
    bare = [generate(model, eos_token_id=list(zoo.EOS_IDS)), generate(model)]
    with tracer.record(model, zoo.tokenizer(), to=path, preset="full", budget="1900kB") as recorded:
        tokens = [generate(model, eos_token_id=list(zoo.EOS_IDS)), *(generate(model) for _ in range(2))]
    assert recorded.fault is None
    assert bare[0].tolist() == tokens[0].tolist()
    assert all(bare[1].tolist() == later.tolist() for later in tokens[1:])
    assert 0.7 * 1_900_000 < folder_bytes(path) <= 1_900_000
    calls = tracer.open_trace(path).calls
    assert ["complete"] * 3 == [call.status for call in calls]
    assert not calls[0].info.missing
    left_out = {item.signal for item in calls[2].info.missing}
    assert "additions" in left_out
    assert all("left out to keep the budget of 1900kB" in item.reason for item in calls[2].info.missing)


def test_reading_a_signal_that_was_left_out_tells_why(tmp_path: Path) -> None:
    with tracer.record(zoo.shared("llama"), to=tmp_path / "x.trace", budget="200kB"):
        generate(zoo.shared("llama"), rows=1)
    step = tracer.open_trace(tmp_path / "x.trace").steps[3]
    assert "keys_values" in {item.signal for item in step.call.info.missing}
    with pytest.raises(
        SignalMissingError, match=r"left out to keep the budget of 200kB \(planned .* with it\)"
    ):
        step.attention(layer=0)


def test_without_attention_no_mask_is_stored(tmp_path: Path) -> None:
    with tracer.record(zoo.shared("llama"), to=tmp_path / "x.trace", budget="200kB"):
        generate(zoo.shared("llama"), rows=1)
    call = tracer.open_trace(tmp_path / "x.trace").calls[0]
    assert {"queries", "keys_values"} <= {item.signal for item in call.info.missing}
    assert not [row for row in call.files.table("forwards").to_pylist() if row["views"] or row["masks"]]


@pytest.mark.parametrize("unsupported", ["raise", "skip"])
def test_a_budget_below_the_tables_is_refused_before_generating(unsupported: str, tmp_path: Path) -> None:
    model, forwards = zoo.shared("llama"), []
    handle = model.register_forward_hook(lambda *_: forwards.append(1))
    before = snapshot(model)
    message = (
        r"The budget of 20kB cannot be kept: .* of it remain, and even the tables of this call alone can take"
    )
    with (
        pytest.raises(BudgetError, match=message),
        tracer.record(model, to=tmp_path / "x.trace", budget="20kB", unsupported=unsupported),
    ):
        generate(model)
    left = differences(before, snapshot(model))
    handle.remove()
    assert [] == forwards
    assert not left
    assert not (tmp_path / "x.trace").exists()


def test_a_budget_that_one_call_breaks_keeps_the_others(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    with tracer.record(model, to=tmp_path / "x.trace", budget="300kB"):
        generate(model, rows=1)
        with pytest.raises(BudgetError, match="cannot be kept"):
            model.generate(**zoo.prompts(3), max_new_tokens=100)
    trace = tracer.open_trace(tmp_path / "x.trace")
    assert 1 == len(trace.calls)
    assert "cannot be kept" in trace.manifest.unrecorded_calls[0]


def test_what_the_error_tells_to_type_is_enough(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    with pytest.raises(BudgetError) as refused, tracer.record(model, to=tmp_path / "a.trace", budget="20kB"):
        generate(model)
    budget = re.search(r"budget='(\w+)'", str(refused.value)).group(1)
    with tracer.record(model, to=tmp_path / "b.trace", budget=budget):
        generate(model)
    assert "complete" == tracer.open_trace(tmp_path / "b.trace").status


def test_a_refused_call_ends_its_streamer_and_is_raised_on_leaving(tmp_path: Path) -> None:
    class Streamer:
        ended = False

        def put(self, value: torch.Tensor) -> None: ...

        def end(self) -> None:
            self.ended = True

    streamer, model = Streamer(), zoo.shared("llama")

    def run() -> None:
        with pytest.raises(BudgetError):
            model.generate(**zoo.prompts(1), max_new_tokens=9, streamer=streamer)

    with pytest.raises(BudgetError), tracer.record(model, to=tmp_path / "x.trace", budget="20kB"):
        in_thread(run)
    assert streamer.ended


def test_a_call_that_fails_gives_back_what_it_reserved(tmp_path: Path) -> None:
    def fail(input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        raise RuntimeError("stop here")

    def run() -> None:
        with pytest.raises(RuntimeError, match="stop here"):
            generate(model, stopping_criteria=[fail])

    model = zoo.shared("llama")
    with tracer.record(model, to=tmp_path / "x.trace", budget="900kB"):
        for _ in range(3):
            in_thread(run)
        generate(model)
    assert not tracer.open_trace(tmp_path / "x.trace").calls[3].info.missing


def test_a_call_that_cannot_be_planned_runs_unrecorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(model: Any) -> None:
        raise RuntimeError("no outline")

    model = zoo.shared("llama")
    bare = generate(model)
    monkeypatch.setattr("tracer.recording.planning.budget.outline_model", fail)
    with tracer.record(model, to=tmp_path / "x.trace", budget="2MB") as recorded:
        assert bare.tolist() == generate(model).tolist()
    assert "no outline" == str(recorded.fault)
    assert () == tracer.open_trace(tmp_path / "x.trace").calls


def test_calls_in_two_threads_share_the_budget(tmp_path: Path) -> None:
    model, path = zoo.shared("llama"), tmp_path / "x.trace"
    plan = tracer.plan(model, prompt_len=14, max_new_tokens=10, rows=2, preset="full")
    budget = int(1.5 * plan.safe_bytes)

    def run() -> None:
        model.generate(**zoo.prompts(2), max_new_tokens=10)

    with tracer.record(model, to=path, preset="full", budget=budget) as recorded:
        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recorded.fault is None
    assert folder_bytes(path) <= budget
    assert [False, True] == [bool(call.info.missing) for call in tracer.open_trace(path).calls]


def test_a_plan_with_a_budget_says_what_it_leaves_out() -> None:
    settings = {"prompt_len": 14, "max_new_tokens": 40, "preset": "full"}
    whole = tracer.plan(zoo.shared("llama"), **settings)
    plan = tracer.plan(zoo.shared("llama"), **settings, budget=whole.upper_bytes // 2)
    assert plan.upper_bytes < whole.upper_bytes // 2
    assert plan.left_out
    assert [item.signal for item in plan.left_out] == [item["signal"] for item in plan.describe()["left_out"]]
    assert f"{plan.left_out[0].signal}: {plan.left_out[0].reason}" in str(plan).splitlines()
