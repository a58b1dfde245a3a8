"""`tracer redraws` counts simulated draws of a step, and refuses a step where nothing is drawn."""

import dataclasses
import json
from pathlib import Path

from tests.cli.conftest import Command
from tracer.analysis.redraws import count_redraws
from tracer.trace.opening import open_trace

SAMPLED = ("--call", 0, "--row", 0, "--step", 1)


def test_redraws_says_how_often_the_chosen_token_came(tracer: Command, recorded: Path) -> None:
    english = tracer("redraws", recorded, *SAMPLED)
    chinese = tracer("redraws", recorded, *SAMPLED, "--lang", "zh", "--seed", 4)

    assert 0 == english.code == chinese.code
    assert english.out.startswith("Drawn 1,000 times from these probabilities, `")
    assert "expected count" in english.out
    assert "✓" in english.out
    assert chinese.out.startswith("按这些概率抽样 1,000 次，`")
    assert "（种子 4）" in chinese.out


def test_redraws_as_json_are_the_counts_of_the_function(tracer: Command, recorded: Path) -> None:
    shown = json.loads(tracer("redraws", recorded, *SAMPLED, "--count", 50, "--seed", 3, "--json").out)
    counted = count_redraws(open_trace(recorded).step(1, call=0, row=0), 50, seed=3)

    assert json.loads(json.dumps(dataclasses.asdict(counted))) == shown


def test_a_greedy_step_is_refused_in_one_paragraph(tracer: Command, recorded: Path) -> None:
    error = tracer("redraws", recorded, "--call", 1, "--step", 0).paragraph

    assert "Step 0 was decoded greedily: nothing is drawn" in error
