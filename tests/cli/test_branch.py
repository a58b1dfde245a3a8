"""`tracer branch` continues a recorded call and shows old and new side by side."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tracer.trace.opening import open_trace

SAMPLING = ("--do-sample", "--temperature", 1.5, "--seed", 4, "--max-new-tokens", 6)


@pytest.fixture
def rain(tracer: Command, tiny: Path, tmp_path: Path) -> Path:
    """Returns a sampled trace of one sequence."""
    target = tmp_path / "rain.trace"
    assert 0 == tracer("record", "--model", tiny, "--prompt", "rain", "--to", target, "--raw", *SAMPLING).code
    return target


def test_branch_shows_old_and_new_and_what_to_type_next(tracer: Command, rain: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.trace"
    done = tracer("branch", rain, "--step", 2, "--token", "#7", "--to", target)

    assert (0, "") == (done.code, done.err)
    lines = done.out.splitlines()
    assert lines[0].startswith("recorded  ")
    assert lines[1].startswith("branch    ")
    assert ["step", "recorded", "drawn with", "branch", "drawn with"] == re.split(r"\s{2,}", lines[3].strip())
    assert f"{target}: complete, " in done.out
    assert f"tracer show {target}" in done.out
    made = open_trace(target)
    assert open_trace(rain).calls[0].sequences[0].token_ids[:2] == made.calls[0].sequences[0].token_ids[:2]
    assert 7 == made.steps[2].token_id
    assert made.vocabulary.size == open_trace(rain).vocabulary.size


def test_with_nothing_changed_old_and_new_are_the_same(tracer: Command, rain: Path, tmp_path: Path) -> None:
    done = tracer("branch", rain, "--step", 3, "--to", tmp_path / "new.trace", "--json")

    answer = json.loads(done.out)
    assert answer["recorded"] == answer["branch"]
    assert answer["parent"]["repeats_prefix"] is True
    assert (str(rain), 3, None, {}) == tuple(
        answer["parent"][name] for name in ("trace", "step", "token_id", "settings")
    )
    assert "complete" == answer["status"]


def test_settings_seed_and_length_reach_the_branch(tracer: Command, rain: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.trace"
    settings = ("--top-k", 5, "--seed", 9, "--max-new-tokens", 8, "--set", "no_repeat_ngram_size=2")
    assert 0 == tracer("branch", rain, "--step", 1, "--to", target, *settings).code

    origin = open_trace(target).manifest.branch
    assert origin is not None
    assert 9 == origin.seed
    assert {"top_k": 5, "max_new_tokens": 8, "no_repeat_ngram_size": 2} == origin.settings
    assert "NoRepeatNGramLogitsProcessor" in open_trace(target).calls[0].stage_names


def test_show_names_the_parent(tracer: Command, rain: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.trace"
    tracer("branch", rain, "--step", 2, "--token", "#7", "--to", target, "--top-k", 5)

    shown = tracer("show", target).out
    assert f"{rain}, call 0, row 0, from step 2 on: token=7, top_k=5" in shown
    assert 0 == tracer("verify", target, "--rerun").code


def test_one_row_of_several_is_named(tracer: Command, recorded: Path, tiny: Path, tmp_path: Path) -> None:
    which = ("--call", 0, "--row", 1, "--model", tiny)
    assert "none was named" in tracer("branch", recorded, "--step", 1, "--to", tmp_path / "a").paragraph
    assert 0 == tracer("branch", recorded, "--step", 1, "--to", tmp_path / "a", *which).code
    old, new = open_trace(recorded).calls[0], open_trace(tmp_path / "a").calls[0]
    assert [one.token_ids for one in old.sequences] == [one.token_ids for one in new.sequences]


def test_the_parents_messages_and_overwriting(tracer: Command, tiny: Path, tmp_path: Path) -> None:
    chat, target = tmp_path / "chat.trace", tmp_path / "new.trace"
    tracer("record", "--model", tiny, "--prompt", "rain", "--to", chat, "--max-new-tokens", 3)
    assert 0 == tracer("branch", chat, "--step", 1, "--token", "#7", "--to", target).code
    assert 0 == tracer("branch", chat, "--step", 1, "--token", "#8", "--to", target, "--overwrite").code
    assert 8 == open_trace(target).steps[1].token_id
    assert open_trace(chat).calls[0].info.messages == open_trace(target).calls[0].info.messages


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--step", 99), "step=99 is no step of this trace"),
        (("--step", 1, "--token", "no such token"), "is no token of the"),
        (("--step", 1, "--max-new-tokens", 1), "step=1 is never reached with these settings"),
        (("--step", 1, "--set", "use_cache=false"), "use_cache=False cannot be changed at a step"),
        (("--step", 1, "--set", "temp=1"), "branch() has no setting 'temp'"),
        (("--step", 1, "--no-do-sample", "--top-k", 4), "top_k has no effect on greedy decoding"),
        (("--step", 1, "--model", "/nowhere/at/all"), "There is no model '/nowhere/at/all'"),
    ],
)
def test_wrong_use_is_one_paragraph_and_leaves_no_folder(
    tracer: Command, rain: Path, tmp_path: Path, arguments: tuple[object, ...], message: str
) -> None:
    done = tracer("branch", rain, "--to", tmp_path / "new.trace", *arguments)

    assert message in done.paragraph
    assert not (tmp_path / "new.trace").exists()


def test_a_target_that_is_there_is_refused(tracer: Command, rain: Path) -> None:
    assert "holds a trace already" in tracer("branch", rain, "--step", 1, "--to", rain).paragraph
    done = tracer("branch", rain, "--step", 1, "--to", rain, "--overwrite")
    assert "is the trace that is to be continued" in done.paragraph
    assert 6 == len(open_trace(rain).steps)
