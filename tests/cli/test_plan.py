import json
from pathlib import Path

from tests.cli.conftest import Command
from tracer.trace.opening import open_trace

CALL = ("--prompt-len", 11, "--max-new-tokens", 5)


def test_a_greedy_recording_lies_within_ten_percent_of_its_plan(
    tracer: Command, tiny: Path, tmp_path: Path
) -> None:
    planned = json.loads(tracer("plan", "--model", tiny, *CALL, "--json").out)
    settings = ("--set", "min_new_tokens=5", "--max-new-tokens", 5)
    tracer("record", "--model", tiny, "--prompt", "12345678901", "--raw", "--to", tmp_path / "x", *settings)

    nbytes = open_trace(tmp_path / "x").nbytes
    assert 0.9 * planned["lower_bytes"] <= nbytes <= 1.1 * planned["upper_bytes"]
    assert planned["upper_bytes"] == sum(part["upper_bytes"] for part in planned["parts"])


def test_the_plan_is_a_table_with_a_total_and_needs_no_weights(tracer: Command, tiny: Path) -> None:
    (weights,) = tiny.glob("*.safetensors")
    moved = weights.rename(tiny / "elsewhere")
    try:
        done = tracer("plan", "--model", tiny, *CALL, "--preset", "full")
    finally:
        moved.rename(weights)

    assert 0 == done.code
    for part in ("at least", "at most", "logits", "queries", "total"):
        assert part in done.out


def test_a_budget_names_what_is_left_out(tracer: Command, tiny: Path) -> None:
    everything = json.loads(tracer("plan", "--model", tiny, *CALL, "--preset", "full", "--json").out)
    budget = f"{everything['lower_bytes'] * 3 // 4}B"
    done = tracer("plan", "--model", tiny, *CALL, "--preset", "full", "--budget", budget)

    assert 0 == done.code
    assert f"left out to keep the budget of {budget}" in done.out


def test_a_budget_that_nothing_fits_into_is_refused(tracer: Command, tiny: Path) -> None:
    assert (
        "The budget of 1kB cannot be kept"
        in tracer("plan", "--model", tiny, *CALL, "--budget", "1kB").paragraph
    )
