"""The samples of the package are small, open without torch, and show what they are there for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracer.analysis.explanation import explain
from tracer.analysis.notable import Finding, notable_steps
from tracer.analysis.telling_step import most_telling_step
from tracer.errors import SignalMissingError
from tracer.pictures.strip import strip_picture
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace
from tracer.wording.composition import LANGUAGES
from tracer.wording.explanation import sentences

RAIN, CHINESE = sample_paths()


@pytest.fixture(scope="module")
def rain() -> Trace:
    return open_trace(RAIN)


def test_together_they_take_at_most_two_megabytes() -> None:
    files = [path for sample in sample_paths() for path in sample.rglob("*") if path.is_file()]

    assert 2_000_000 >= sum(path.stat().st_size for path in files)


def test_they_are_complete_and_open_without_torch() -> None:
    code = (
        "import sys, tracer; from tracer.samples import sample_paths\n"
        "for path in sample_paths():\n"
        "    trace = tracer.open_trace(path); tracer.why(trace.steps[0]); print(trace.status)\n"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["complete", "complete", "set()"] == done.stdout.split("\n")[:-1]


def test_the_run_that_teaches_opens_where_the_model_wanted_to_stop(rain: Trace) -> None:
    telling = most_telling_step(rain.sequence())

    assert telling is not None
    assert Finding.STOP_OVERRULED == telling.finding
    step = rain.steps[telling.step]
    assert "<|im_end|>" == explain(step).favorite.token
    assert "repetition_penalty" in {stage.setting.name for stage in explain(step).stages}
    assert Finding.WINNER_CHANGED in {one.finding for one in notable_steps(rain.sequence())}


def test_the_opened_step_has_all_that_what_if_needs(rain: Trace) -> None:
    telling = most_telling_step(rain.sequence())
    assert telling is not None
    step = rain.steps[telling.step]

    assert (49152,) == step.logits.shape == step.scores.shape
    assert step.survivors[-1] == np.isfinite(step.scores).sum()
    assert step.random_state is not None
    assert 1e-5 > abs(step.accounting.remainder).max()


def test_every_step_has_candidates_luck_and_the_attention_of_the_kept_layers(rain: Trace) -> None:
    layers = rain.manifest.config["layers"]
    for step in rain.steps:
        assert 64 <= len(step.candidates)
        assert step.noise is not None
        for layer in layers:
            assert np.allclose(1.0, step.attention(layer)[:, -1].sum(axis=-1), atol=1e-5)
        for lang in LANGUAGES:
            assert sentences(explain(step), lang)


def test_what_was_left_out_is_said_by_the_trace(rain: Trace) -> None:
    with pytest.raises(SignalMissingError, match=r"Step 0 .* has no logits: to keep this sample small, it"):
        _ = rain.steps[0].logits
    with pytest.raises(SignalMissingError, match="it stores the keys without the values"):
        rain.steps[0].values(rain.manifest.config["layers"][0])


def test_a_chinese_character_is_one_to_three_tokens() -> None:
    sequence = open_trace(CHINESE).sequence()
    strip = strip_picture(sequence, (), "zh")

    assert "今天天气很好。" in sequence.prompt_text
    assert "天气很好。" == sequence.text
    assert [(0, 2, "天"), (2, 5, "气"), (5, 7, "很"), (7, 9, "好")] == list(strip.answer.split)
    assert "。" == strip.answer.texts[9]


def test_a_sample_holds_nothing_of_the_machine_it_was_made_on() -> None:
    for sample in sample_paths():
        for document in sample.rglob("*.json"):
            assert str(Path.home()) not in document.read_text(encoding="utf-8")
            assert "/tmp" not in document.read_text(encoding="utf-8")
