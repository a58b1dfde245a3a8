import json
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from tracer.trace.opening import open_trace

SAMPLING = (
    "--do-sample",
    "--temperature",
    "0.8",
    "--top-k",
    "20",
    "--top-p",
    "0.9",
    "--repetition-penalty",
    "1.1",
)


def test_record_prints_steps_path_size_and_what_to_type_next(
    tracer: Command, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.trace"

    done = tracer(
        "record", "--model", tiny, "--prompt", "雨 rain", "--to", target, "--max-new-tokens", 5, *SAMPLING
    )

    assert (0, "") == (done.code, done.err)
    assert "sample: repetition penalty 1.1, temperature 0.8, top-k 20, top-p 0.9" in done.out
    assert "cut off → tokens left" in done.out
    assert "top-k −" in done.out
    assert f"{target}: complete, 5 steps," in done.out
    assert "kB" in done.out or "MB" in done.out
    for command in ("why", "show", "verify"):
        assert f"tracer {command} {target}" in done.out


def test_record_is_the_call_that_generate_makes(tracer: Command, tiny: Path, tmp_path: Path) -> None:
    from tracer.live.loading.models import load_model

    arguments = ("--max-new-tokens", 6, "--seed", 5, "--json", *SAMPLING)
    done = tracer("record", "--model", tiny, "--prompt", "rain", "--to", tmp_path / "x", *arguments)

    model, tokenizer = load_model(str(tiny), device="cpu")
    ids = tokenizer("<user>u:rain", return_tensors="pt").input_ids
    with torch.random.fork_rng():
        torch.manual_seed(5)
        settings = {
            "do_sample": True,
            "temperature": 0.8,
            "top_k": 20,
            "top_p": 0.9,
            "repetition_penalty": 1.1,
        }
        expected = model.generate(ids, max_new_tokens=6, **settings)[0, ids.shape[1] :].tolist()
    answer = json.loads(done.out)
    assert expected == answer["sequences"][0]["token_ids"]
    assert expected == [step["token_id"] for step in answer["sequences"][0]["steps"]]
    assert "complete" == answer["status"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "<user>u:rain"),
        (("--system", "be wet"), "<user>s:be wet<user>u:rain"),
        (("--raw",), "rain"),
    ],
)
def test_the_prompt_goes_through_the_chat_template_unless_raw(
    tracer: Command, tiny: Path, tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    target = tmp_path / "x.trace"
    tracer("record", "--model", tiny, "--prompt", "rain", "--to", target, "--max-new-tokens", 1, *options)

    call = open_trace(target).calls[0]
    assert expected == call.sequences[0].prompt_text
    messages = [{"role": "user", "content": "rain"}]
    if "--system" in options:
        messages.insert(0, {"role": "system", "content": "be wet"})
    assert (None if "--raw" in options else messages) == call.info.messages


def test_preset_signals_layers_and_any_setting_reach_the_recorder(
    tracer: Command, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.trace"
    recording = (
        "--preset",
        "full",
        "--queries",
        "none",
        "--layers",
        "1",
        "--steps",
        "0-1,3",
        "--candidates",
        7,
    )
    generation = (
        "--max-new-tokens",
        4,
        "--set",
        "min_new_tokens=4",
        "--num-return-sequences",
        2,
        "--do-sample",
    )
    tracer("record", "--model", tiny, "--prompt", "rain", "--to", target, *recording, *generation)

    trace = open_trace(target)
    config = trace.manifest.config
    kept = {
        name: config[name] for name in ("preset", "queries", "hidden_states", "layers", "steps", "candidates")
    }
    assert {
        "preset": "full",
        "queries": "none",
        "hidden_states": "all",
        "layers": [1],
        "steps": [0, 1, 3],
        "candidates": 7,
    } == kept
    assert 4 == trace.calls[0].info.generation_config["min_new_tokens"].value
    assert 2 == len(trace.calls[0].sequences)
    assert "preset full, queries=none, layers=[1], steps=[0, 1, 3], candidates=7" in " ".join(
        tracer("show", target).out.split()
    )


def test_overwrite_replaces_a_trace(tracer: Command, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.trace"
    command = ("record", "--model", tiny, "--prompt", "rain", "--to", target, "--max-new-tokens")
    tracer(*command, 1)

    assert 0 == tracer(*command, 2, "--overwrite").code
    assert 2 == len(open_trace(target).steps)


def test_a_trace_that_could_not_be_completed_exits_2_and_still_answers(
    tracer: Command, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracer.store.writer import CallWriter

    def break_down(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CallWriter, "flush", break_down)
    done = tracer(
        "record", "--model", tiny, "--prompt", "rain", "--to", tmp_path / "x", "--max-new-tokens", 2
    )

    assert 2 == done.code
    assert "No space left on device" in done.out
    assert "faulted" in done.out


def test_an_answer_that_the_disk_has_no_room_for_is_printed(
    tracer: Command, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from tracer.live.loading.models import load_model
    from tracer.store.shard import PendingShard

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PendingShard, "write", write)
    done = tracer(
        "record", "--model", tiny, "--prompt", "rain", "--to", tmp_path / "x", "--max-new-tokens", 6
    )

    model, tokenizer = load_model(str(tiny), device="cpu")
    ids = tokenizer("<user>u:rain", return_tensors="pt").input_ids
    answer = tokenizer.decode(
        model.generate(ids, max_new_tokens=6)[0, ids.shape[1] :], skip_special_tokens=True
    )
    assert 2 == done.code
    assert "The answer, which the trace may not hold: " in done.out
    letters = [sign for sign in answer if sign.isalnum()]
    shown = [sign for sign in done.out.partition("may not hold: ")[2] if sign.isalnum()]
    assert letters
    assert letters == shown[: len(letters)]
