"""`tracer lens`: one row per layer, a sentence in two languages, the same as JSON, and errors in one paragraph."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.tiny_model import save_tiny_model

WHICH = ("--step", 1, "--call", 1)


@pytest.fixture
def trace(recorded: Path, tmp_path: Path) -> Path:
    """Returns a copy of the recorded trace that keeps no answer yet."""
    return Path(shutil.copytree(recorded, tmp_path / "a.trace", ignore=shutil.ignore_patterns("derived")))


def test_every_layer_has_a_row(tracer: Command, trace: Path, tiny: Path) -> None:
    found = tracer("lens", trace, *WHICH, "--model", tiny, "--top", 2)
    lines = found.out.splitlines()
    assert 0 == found.code
    assert any(line.startswith(("Decided", "No layer")) for line in lines)
    assert "what the layer would have said" in found.out
    rows = [line.split() for line in lines if line.split()[:1] in (["embedding"], ["0"], ["1"])]
    assert ["embedding", "0", "1"] == [row[0] for row in rows]
    assert "#1" in rows[-1]
    assert "✓" in lines[-3]


def test_the_answer_is_kept_and_needs_no_model_the_next_time(
    tracer: Command, trace: Path, tiny: Path
) -> None:
    first = tracer("lens", trace, *WHICH, "--model", tiny)
    again = tracer("lens", trace, *WHICH, "--model", "nobody/nothing")
    assert (0, first.out) == (again.code, again.out)


def test_the_sentence_is_spoken_in_chinese(tracer: Command, trace: Path, tiny: Path) -> None:
    out = tracer("lens", trace, *WHICH, "--model", tiny, "--lang", "zh").out
    assert "确定" in out.splitlines()[0]
    assert "这一层会说什么" in out


def test_json_holds_the_layers_and_both_sentences(tracer: Command, trace: Path, tiny: Path) -> None:
    answer = json.loads(tracer("lens", trace, *WHICH, "--model", tiny, "--json").out)
    assert {"en", "zh"} == answer["sentences"].keys()
    assert [0, 1, 2] == [layer["stream"] for layer in answer["layers"]]
    assert 5 == len(answer["layers"][0]["top"])
    assert 0.0 == answer["layers"][-1]["kl"]
    assert 1e-4 >= answer["deviation"]


def test_files_that_hold_no_head_by_name_lead_to_the_whole_model(
    tracer: Command, trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracer.live.reading_weights import checkpoint_tensors, final_modules

    def refuse(name: str, dtype: object, progress: object) -> None:
        raise checkpoint_tensors.UnreadableFilesError(f"{name} cannot be read")

    monkeypatch.setattr(final_modules, "read_modules", refuse)
    model = save_tiny_model(tmp_path / "model")
    answer = json.loads(tracer("lens", trace, *WHICH, "--model", model, "--json").out)
    assert "model LlamaForCausalLM" == answer["made_with"]["source"]


def test_errors_are_one_paragraph(tracer: Command, trace: Path, tiny: Path) -> None:
    assert "lang='fr' is none of en, zh" in tracer("lens", trace, *WHICH, "--lang", "fr").paragraph
    assert "holds several sequences" in tracer("lens", trace, "--step", 0).paragraph
    assert "step=9 is no step" in tracer("lens", trace, "--step", 9, "--call", 1).paragraph
    assert "top=9999 is none of" in tracer("lens", trace, *WHICH, "--model", tiny, "--top", 9999).paragraph
    assert "There is no " in tracer("lens", trace, *WHICH, "--model", "nobody/nothing").paragraph
