import json
from pathlib import Path

import pytest

from tests.analysis.texts import spelled_trace
from tests.cli.conftest import Command


@pytest.fixture(scope="module")
def spelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a trace whose answer is "Ain falls"."""
    return spelled_trace(tmp_path_factory.mktemp("spelled") / "x.trace", 9, 3, 6).path


def test_expected_says_where_the_text_leaves_and_exits_with_1(tracer: Command, spelled: Path) -> None:
    english, chinese = (
        tracer("expected", spelled, "A rain"),
        tracer("expected", spelled, "A rain", "--lang", "zh"),
    )

    assert 1 == english.code == chinese.code
    assert "leaves the expected one at step 1: `in` came, `·rain` was expected." in english.out
    assert "从第 1 步起与预期不同" in chinese.out


def test_expected_exits_with_0_where_all_is_as_expected(tracer: Command, spelled: Path) -> None:
    done = tracer("expected", spelled, "Ain")

    assert (0, "The text is as expected: steps 0 to 1 wrote it. Tokens that follow: 1.\n") == (
        done.code,
        done.out,
    )


def test_expected_as_json_holds_the_stages_of_the_expected_token(tracer: Command, spelled: Path) -> None:
    answer = json.loads(tracer("expected", spelled, "A rain", "--json").out)

    assert ("left", 1) == (answer["outcome"], answer["departure"]["expected_id"])
    assert 3 == len(answer["departure"]["expected"]["ranks"])


def test_expected_asks_which_sequence_where_there_are_several(tracer: Command, recorded: Path) -> None:
    assert "holds several sequences" in tracer("expected", recorded, "A").paragraph
    assert tracer("expected", recorded, "A", "--call", 0, "--row", 1).code in (0, 1)


def test_forks_as_table_and_as_json(tracer: Command, recorded: Path) -> None:
    forks = json.loads(tracer("forks", recorded, "--call", 1, "--json").out)
    shown = tracer("forks", recorded, "--call", 1)

    assert 0 == shown.code
    assert f"{len(forks)} of 4 steps are forks." in shown.out
    for fork in forks:
        assert fork["lead_nats"] <= 0.5 or fork["lead_probability"] <= 0.1
        assert fork["first"]["probability"] >= fork["runner_up"]["probability"]


def test_show_finds_a_text_across_tokens(tracer: Command, spelled: Path) -> None:
    shown = tracer("show", spelled, "--find", "n falls")
    found = json.loads(tracer("show", spelled, "--find", "n falls", "--json").out)

    assert ["answer", "6-7", "1-2", "in", "·falls"] == shown.out.strip().splitlines()[-1].split()[2:]
    assert [(0, 0, 6, 7, 1, 2)] == [
        tuple(one[name] for name in ("call", "row", "first", "last", "first_step", "last_step"))
        for one in found
    ]


def test_a_text_that_occurs_nowhere_exits_with_1(tracer: Command, spelled: Path) -> None:
    done = tracer("show", spelled, "--find", "snow")

    assert 1 == done.code
    assert "'snow' occurs in no prompt and no answer" in done.out
    assert (1, []) == (
        (found := tracer("show", spelled, "--find", "snow", "--json")).code,
        json.loads(found.out),
    )


def test_finding_nothing_at_all_is_wrong_use(tracer: Command, spelled: Path) -> None:
    assert tracer("show", spelled, "--find", "").paragraph.startswith("The text to find is empty.")
