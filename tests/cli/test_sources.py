"""`tracer sources`: the ranked list and the sums, from the recorded model's files or the loaded model."""

import json
from pathlib import Path

from tests.cli.conftest import Command
from tracer.live.source_accounting import sources
from tracer.trace.opening import open_trace

ONE = ("--call", 1)


def test_the_answer_is_a_sentence_and_three_tables(tracer: Command, recorded: Path) -> None:
    done = tracer("sources", recorded, "--step", 2, *ONE, "--top", 4)
    expected = sources(open_trace(recorded).step(2, call=1)).top(4)

    assert 0 == done.code
    assert "The largest push came from" in done.out
    assert "The scale of each norm is frozen" in done.out
    lines = done.out.splitlines()
    begin = next(place for place, line in enumerate(lines) if "head" in line and "position" in line.split())
    for one, line in zip(expected, lines[begin + 2 :], strict=False):
        value = f"{one.value:+.2f}".replace("-", "−")
        assert [str(one.position), str(one.layer), str(one.head), value] == line.split()[-4:]


def test_as_json_the_parts_sum_to_the_difference(tracer: Command, recorded: Path) -> None:
    answer = json.loads(tracer("sources", recorded, "--step", 1, *ONE, "--json", "--top", 3).out)

    assert {"en", "zh"} == set(answer["sentences"])
    assert 3 == len(answer["top"])
    size = sum(abs(part["value"]) for part in answer["parts"])
    assert abs(sum(part["value"] for part in answer["parts"]) - answer["difference"]) <= 1e-5 * size


def test_a_rival_a_language_and_the_loaded_model_can_be_named(
    tracer: Command, recorded: Path, tiny: Path
) -> None:
    done = tracer("sources", recorded, "--step", 1, *ONE, "--rival", "#9", "--lang", "zh", "--model", tiny)
    named = open_trace(recorded).vocabulary.visible(9)

    assert 0 == done.code
    assert f"`{named}`" in done.out
    assert "推动最大的是" in done.out


def test_what_is_wrong_is_one_paragraph(tracer: Command, recorded: Path, tmp_path: Path) -> None:
    ask = ("sources", recorded, "--step", 1, *ONE)

    assert "is no single token of this vocabulary" in tracer(*ask, "--rival", "rainbow").paragraph
    assert "is neither a folder here nor in" in tracer(*ask, "--checkpoint", tmp_path / "none").paragraph
    assert "lang='fr' is none of en, zh" in tracer(*ask, "--lang", "fr").paragraph
