"""What the page about layers finds in a trace: contributions, kept answers, norms, and otherwise what to type."""

import dataclasses
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracer
from tests import synthetic, zoo
from tests.made_shares import make_shares
from tracer.analysis.kept_sources import keep_sources, kept_sources
from tracer.analysis.stream_norms import stream_norms
from tracer.errors import TraceFormatError
from tracer.pictures.contributions import waterfall_of
from tracer.pictures.inside_layers import inside_layers
from tracer.trace.trace import Trace


def recorded(path: Path, name: str = "llama", **settings: Any) -> Trace:
    with tracer.record(zoo.shared(name), None, to=path, **settings):
        zoo.shared(name).generate(**zoo.prompts(1), max_new_tokens=3, do_sample=False)
    return tracer.open_trace(path)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return recorded(tmp_path_factory.mktemp("base") / "a.trace", additions="last")


@pytest.fixture
def llama(base: Trace, tmp_path: Path) -> Trace:
    return tracer.open_trace(Path(shutil.copytree(base.path, tmp_path / "b.trace")))


def test_a_standard_trace_shows_contributions_and_norms_without_a_model(llama: Trace) -> None:
    step = llama.steps[1]
    found = inside_layers(step)

    assert waterfall_of(step) == found.waterfall
    assert found.rival_id in {rival.token_id for rival in found.rivals}
    assert step.token_id not in {rival.token_id for rival in found.rivals}
    assert ("", "") == (found.waterfall_note, found.norms_note)
    assert found.norms_sentence.startswith("The running sum grows from ")
    assert (None, None, ()) == (found.sources, found.lens, found.attributions)


def test_what_is_not_kept_says_what_to_type(llama: Trace) -> None:
    found = inside_layers(llama.steps[1])

    assert f"tracer sources {llama.path} --step 1 --rival '#{found.rival_id}'" in found.sources_note
    assert found.lens_note.endswith(f"`tracer lens {llama.path} --step 1`")
    assert found.attribution_note.endswith(f"`tracer attribute {llama.path} --step 1`")
    assert "请输入：`tracer lens" in inside_layers(llama.steps[1], "zh").lens_note


def test_answers_that_needed_the_model_are_found_again_without_it(llama: Trace) -> None:
    step, model = llama.steps[1], zoo.shared("llama")
    shares = tracer.sources(step, model=model)
    tracer.lens(step, model=model)
    found = inside_layers(step)

    assert found.sources is not None
    np.testing.assert_array_equal(shares.attention, found.sources.attention)
    assert shares.describe() == found.sources.describe()
    assert found.lens is not None
    assert found.decided
    assert ("", "") == (found.sources_note, found.lens_note)


def test_a_rival_that_was_not_followed_asks_for_the_sources_and_then_has_its_waterfall(llama: Trace) -> None:
    step = llama.steps[1]
    absent = next(one for one in range(zoo.VOCAB_SIZE) if one not in step.accounting.ids)
    asked = inside_layers(step, rival_id=absent)
    tracer.sources(step, model=zoo.shared("llama"), rival=absent)

    assert asked.waterfall is None
    assert "was not among the tokens that were followed while recording" in asked.waterfall_note
    assert inside_layers(step, rival_id=absent).waterfall is not None


@pytest.mark.parametrize("name", ["llama", "mamba", "falcon"])
def test_a_light_trace_has_notes_in_place_of_everything(tmp_path: Path, name: str) -> None:
    found = inside_layers(recorded(tmp_path / "a.trace", name, preset="light").steps[1])

    assert (None, None, ()) == (found.waterfall, found.norms, found.rivals)
    assert "No contributions were recorded at this step." in found.waterfall_note
    assert "hidden_states='last'" in found.norms_note


def test_an_interrupted_trace_shows_what_is_there(tmp_path: Path) -> None:
    path = synthetic.write_trace(tmp_path / "a.trace", status="interrupted", without=("accounting",))
    found = inside_layers(tracer.open_trace(path).steps[2])

    assert found.waterfall is None
    assert found.norms is not None


def test_a_damaged_answer_is_a_note(llama: Trace) -> None:
    step = llama.steps[1]
    tracer.lens(step, model=zoo.shared("llama"))
    keep_sources(llama.path, dataclasses.replace(make_shares(), step=1, token_id=step.token_id))
    for file in (llama.path / "derived").glob("*.json"):
        document = json.loads(file.read_text())
        document["document"].pop("steps_after", None)
        file.write_text(json.dumps(document) if file.name.startswith("sources") else "{")
    found = inside_layers(step)

    assert "Delete the file, and ask again." in found.lens_note
    assert "It can be computed again. Delete derived/sources-000-0-000001-6.json" in found.sources_note
    with pytest.raises(TraceFormatError, match=r"KeyError: 'steps_after'"):
        kept_sources(step)


def test_kept_shares_of_another_token_are_not_shown(llama: Trace) -> None:
    other = dataclasses.replace(make_shares(), step=1, token_id=llama.steps[1].token_id + 1)
    keep_sources(llama.path, other)

    assert () == kept_sources(llama.steps[1])


# -- norms --------------------------------------------------------------------------------------------------------


def test_norms_are_those_of_the_sampled_position(llama: Trace) -> None:
    step = llama.steps[0]
    norms = stream_norms(step)
    streams = [step.hidden_states(stream)[-1] for stream in range(4)]

    np.testing.assert_allclose([np.linalg.norm(one) for one in streams], norms.stream, rtol=1e-6)
    added = [np.linalg.norm(after - before) for before, after in pairwise(streams)]
    np.testing.assert_allclose(added, norms.added, rtol=1e-5)
    np.testing.assert_allclose(
        [np.linalg.norm(step.additions("mlp", layer)[-1]) for layer in range(3)], norms.mlp, rtol=1e-6
    )
    assert all(-1.0 <= one <= 1.0 for one in norms.turned if one is not None)


def test_layers_that_were_not_recorded_are_gaps(tmp_path: Path) -> None:
    norms = stream_norms(recorded(tmp_path / "a.trace", layers=(1,)).steps[1])

    assert [True, False, True, False] == [one is not None for one in norms.stream]
    assert (None, None, None) == norms.added
    assert not norms.is_empty


# -- waterfall ----------------------------------------------------------------------------------------------------


def test_few_bars_keep_the_sum_and_the_order() -> None:
    short = waterfall_of(make_shares(), most_bars=2)

    assert ("embedding", "layer 0 attention", "layer 0 MLP", "layer 1 attention") == (
        waterfall_of(make_shares()).labels[:4]
    )
    assert (
        "embedding",
        "layer 0 attention",
        "layer 0 MLP",
        "layer 1 attention",
        "layer 1 MLP to remainder",
        "recorded difference",
    ) == short.labels
    parts = [value for value, is_total in zip(short.values, short.is_total, strict=True) if not is_total]
    assert 3.0 == pytest.approx(sum(parts)) == short.values[-1]
    with pytest.raises(ValueError, match=r"most_bars=0 is below 1"):
        waterfall_of(make_shares(), most_bars=0)


def test_the_waterfall_speaks_chinese() -> None:
    waterfall = waterfall_of(make_shares(), lang="zh")

    assert "第 7 步：·rain 与 <b> 的差距从何而来" == waterfall.title
    assert "第 0 层注意力" in waterfall.labels
