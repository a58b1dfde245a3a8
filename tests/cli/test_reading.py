import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Command
from tracer.trace.opening import open_trace


def test_show_names_model_versions_calls_and_texts(tracer: Command, recorded: Path) -> None:
    done = tracer("show", recorded)

    assert 0 == done.code
    for part in (
        "complete",
        "LlamaForCausalLM",
        "float32",
        "transformers 5.",
        "call 0",
        "call 1",
        "top_k=9 (argument)",
    ):
        assert part in done.out
    assert "logits → TopKLogitsWarper" in done.out


def test_show_as_json_holds_manifest_calls_and_sequences(tracer: Command, recorded: Path) -> None:
    shown = json.loads(tracer("show", recorded, "--json").out)

    assert "complete" == shown["status"]
    assert "llama" == shown["manifest"]["model"]["architecture"]
    assert [2, 1] == [len(call["sequences"]) for call in shown["calls"]]
    assert 4 == shown["calls"][1]["sequences"][0]["num_steps"]


def test_steps_lists_every_step_of_the_sequence_that_was_named(tracer: Command, recorded: Path) -> None:
    steps = json.loads(tracer("steps", recorded, "--call", 0, "--row", 1, "--json").out)

    expected = open_trace(recorded).calls[0].sequences[1].steps
    assert [(s.index, s.token_id, s.probability, s.rank) for s in expected] == [
        (s["step"], s["token_id"], s["probability"], s["rank"]) for s in steps
    ]
    assert [("TopKLogitsWarper", 9)] == [(r["processor"], r["num_left"]) for r in steps[0]["removed"]]


def test_steps_as_a_table_cuts_nothing_without_a_terminal(tracer: Command, recorded: Path) -> None:
    done = tracer("steps", recorded, "--call", 0, "--row", 0)

    lines = done.out.splitlines()
    assert "sample: top-k 9" in lines[0]
    assert 3 == sum("top-k −" in line for line in lines)
    assert "…" not in done.out
    assert "\x1b" not in done.out


def test_several_sequences_and_none_named_exits_2_and_lists_them(tracer: Command, recorded: Path) -> None:
    for command in (("steps",), ("why", "--step", 0)):
        error = tracer(command[0], recorded, *command[1:]).paragraph

        assert "holds several sequences (call 0: rows 0 to 1, 6 steps; call 1: row 0, 4 steps)" in error
        assert "--call 1 --row 0" in error


def test_why_explains_a_step_in_words_and_a_table(tracer: Command, recorded: Path) -> None:
    english = tracer("why", recorded, "--step", 1, "--call", 0, "--row", 0)
    chinese = tracer("why", recorded, "--step", 1, "--call", 0, "--row", 0, "--lang", "zh")

    assert 0 == english.code == chinese.code
    assert "The model favored" in english.out
    assert "top-k 9" in english.out
    assert "模型最看好" in chinese.out


def test_why_as_json_holds_the_numbers_of_the_step(tracer: Command, recorded: Path) -> None:
    answer = json.loads(tracer("why", recorded, "--step", 2, "--call", 1, "--json").out)

    assert 2 == answer["step"]
    assert open_trace(recorded).step(2, call=1).token_id == answer["chosen"]["token_id"]


def test_reading_loads_neither_torch_nor_transformers(recorded: Path) -> None:
    code = (
        "import sys\n"
        "from tracer.cli.main import main\n"
        "try:\n"
        f"    main({['why', str(recorded), '--step', '0', '--call', '1']!r})\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]
