"""Everything a person can get wrong: one paragraph on stderr, exit code 2, and nothing is lost."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.tiny_model import CONTEXT


@pytest.fixture
def record(tracer: Command, tiny: Path, tmp_path: Path) -> Command:
    """Returns `tracer record` with the tiny model, a prompt and a target; arguments given later win."""

    def run(*arguments: object) -> object:
        usual = ("--model", tiny, "--prompt", "rain", "--to", tmp_path / "new.trace", "--max-new-tokens", 2)
        return tracer("record", *usual, *arguments)

    return run


def test_an_unknown_model_is_refused_offline(record: Command, tmp_path: Path) -> None:
    error = record("--model", "nobody/no-such-model").paragraph

    assert "There is no folder 'nobody/no-such-model' here, and the hub was not asked" in error
    assert "HF_HUB_OFFLINE" in error
    assert not (tmp_path / "new.trace").exists()


@pytest.mark.parametrize("name", ["./no/such/folder", "a/b/c", "/nowhere", "~/nothing-here-at-all"])
def test_a_path_that_is_no_model_is_refused(record: Command, name: str) -> None:
    assert (
        f"There is no model {name!r}: it is neither a folder here nor a hub id"
        in record("--model", name).paragraph
    )


def test_a_file_and_an_empty_folder_are_no_models(record: Command, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"")

    assert "is a file; a model is a folder" in record("--model", tmp_path / "model.bin").paragraph
    assert "is a folder without a config.json" in record("--model", tmp_path).paragraph


def test_a_model_without_weights_says_what_is_missing(record: Command, tiny: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(tiny, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"not weights")

    error = record("--model", broken).paragraph
    assert f"The model {str(broken)!r} cannot be loaded: " in error
    assert "or type --model demo." in error


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_an_empty_prompt_is_refused(record: Command, prompt: str) -> None:
    assert "The prompt is empty: " in record("--prompt", prompt).paragraph


def test_a_prompt_longer_than_the_context_is_refused(record: Command) -> None:
    error = record("--prompt", "x" * 2 * CONTEXT, "--raw").paragraph

    assert (
        f"The prompt has {2 * CONTEXT} tokens and the model's context is {CONTEXT}, so nothing can be"
        in error
    )


def test_an_answer_that_would_leave_the_context_is_refused(record: Command) -> None:
    error = record("--prompt", "x" * 90, "--raw", "--max-new-tokens", 7).paragraph

    assert (
        f"The prompt has 90 tokens, and with 7 new ones it exceeds the model's context of {CONTEXT}." in error
    )
    assert "Type: --max-new-tokens 6" in error
    assert 0 == record("--prompt", "x" * 90, "--raw", "--max-new-tokens", 6).code


def test_a_system_text_that_nothing_takes_is_refused(record: Command) -> None:
    assert (
        "The system text 'be wet' has no place in the prompt"
        in record("--raw", "--system", "be wet").paragraph
    )


def test_an_existing_target_is_refused_and_left_alone(record: Command, tmp_path: Path) -> None:
    target = tmp_path / "new.trace"
    record()
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}

    assert "holds a trace already; nothing was changed." in record().paragraph
    assert before == {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}


def test_a_folder_with_other_things_is_never_overwritten(record: Command, tmp_path: Path) -> None:
    target = tmp_path / "new.trace"
    target.mkdir()
    (target / "diary.txt").write_text("mine")

    assert "is not empty and holds no trace" in record("--overwrite").paragraph
    assert "mine" == (target / "diary.txt").read_text()


def test_a_target_that_is_a_file_is_refused(record: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    assert "is, or lies under, a file; a trace is a folder." in record("--to", tmp_path / "file").paragraph
    assert "is, or lies under, a file" in record("--to", tmp_path / "file" / "x.trace").paragraph
    assert "mine" == (tmp_path / "file").read_text()


def test_an_unwritable_folder_is_refused(
    record: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # root may write anywhere, so the refusal is made
    assert (
        "cannot be created or read: Permission denied." in record("--to", tmp_path / "deep" / "x").paragraph
    )


def test_a_missing_trace_is_named(tracer: Command, tmp_path: Path) -> None:
    for command in (("show",), ("steps",), ("why", "--step", 0), ("verify",)):
        error = tracer(command[0], tmp_path / "no.trace", *command[1:]).paragraph
        assert f"{str(tmp_path / 'no.trace')!r} does not exist" in error


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    """Returns a copy of a good trace, to be damaged."""
    return shutil.copytree(recorded, tmp_path / "damaged.trace")


def test_a_newer_format_is_refused(tracer: Command, copy: Path) -> None:
    manifest = json.loads((copy / "trace.json").read_text())
    (copy / "trace.json").write_text(json.dumps(manifest | {"format_version": 99}))

    assert "99" in tracer("show", copy).paragraph


def test_a_damaged_manifest_is_refused(tracer: Command, copy: Path) -> None:
    (copy / "trace.json").write_text('{"format_version": 1, ')

    assert "trace.json" in tracer("show", copy).paragraph


def test_a_truncated_steps_table_is_refused(tracer: Command, copy: Path) -> None:
    table = next((copy / "call-001").glob("steps-*.parquet"))
    os.truncate(table, table.stat().st_size // 2)

    assert table.name in tracer("steps", copy, "--call", 1).paragraph


def test_truncated_arrays_fail_the_verification(tracer: Command, copy: Path) -> None:
    arrays = next((copy / "call-001").glob("arrays-*.safetensors"))
    os.truncate(arrays, arrays.stat().st_size // 2)
    done = tracer("verify", copy)

    assert 1 == done.code
    assert "fails" in done.out


def test_a_step_a_row_and_a_call_that_are_not_there_are_named(tracer: Command, recorded: Path) -> None:
    assert (
        "step=4 is no step of this trace: there is 0 to 3."
        in tracer("why", recorded, "--call", 1, "--step", 4).paragraph
    )
    assert (
        "call=7 is no call of this trace: there is 0 to 1."
        in tracer("steps", recorded, "--call", 7).paragraph
    )
    assert (
        "row=2 is no row of this trace: there is 0 to 1."
        in tracer("steps", recorded, "--call", 0, "--row", 2).paragraph
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "fat"), "preset='fat' is none of light, standard, full."),
        (("--queries", "some"), "queries='some' is none of none, last, auto, all."),
        (("--budget", "lots"), "'lots' is not a size in bytes."),
        (("--layers", "3-1"), "--layers '3-1' is not a list of numbers."),
        (("--set", "min_p"), "--set 'min_p' is not NAME=VALUE."),
        (("--dtype", "float8"), "dtype='float8' is none of auto, float32, bfloat16, float16."),
        (("--device", "cuda:77"), "The model cannot be put on device='cuda:77'"),
        (("--top-k", 5), "--top-k has no effect on greedy decoding, and sampling is off. Add --do-sample"),
        (("--do-sample", "--temperature", "-1"), "temperature"),
    ],
)
def test_a_wrong_value_is_named_as_it_was_typed(
    record: Command, options: tuple[str, ...], message: str
) -> None:
    assert message in record(*options).paragraph


def test_an_unsupported_mode_is_refused_before_generating(record: Command) -> None:
    assert "num_beams=3" in record("--set", "num_beams=3").paragraph


def test_wrong_use_exits_2(tracer: Command) -> None:
    assert 2 == tracer("record", "--prompt", "rain").code
    assert 2 == tracer("no-such-command").code


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    from tracer.cli.main import main
    from tracer.errors import TraceNotFoundError

    with pytest.raises(TraceNotFoundError):
        main(["show", "nowhere", "--debug"])


def test_without_torch_recording_says_what_to_install(
    record: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )

    error = record().paragraph
    assert "tracer record needs the package 'torch', which is not installed" in error
    assert "pip install 'generation-tracer[record]'" in error
