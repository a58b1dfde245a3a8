import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Command
from tracer.replay.counterfactual import what_if
from tracer.trace.opening import open_trace

SAMPLED = ("--call", 0, "--row", 0)


def test_what_if_says_what_a_step_would_have_given(tracer: Command, recorded: Path) -> None:
    done = tracer("what-if", recorded, *SAMPLED, "--step", 1, "--top-k", 1)
    chinese = tracer("what-if", recorded, *SAMPLED, "--step", 1, "--top-k", 1, "--lang", "zh")

    assert 0 == done.code == chinese.code
    assert done.out.startswith("With top-k 1, this step would give `")
    assert "Not what happened: computed from the recording." in done.out
    assert "Model (259) → top-k 1 (1)" in done.out
    assert chinese.out.startswith("假如 top-k 1，这一步")


def test_what_if_as_json_is_the_answer_of_the_function(tracer: Command, recorded: Path) -> None:
    shown = json.loads(
        tracer("what-if", recorded, *SAMPLED, "--step", 2, "--temperature", 3, "--min-p", 0.01, "--json").out
    )
    step = open_trace(recorded).step(2, call=0, row=0)

    assert what_if(step, temperature=3.0, min_p=0.01).describe() == shown


def test_without_a_step_the_whole_text_is_asked(tracer: Command, recorded: Path) -> None:
    sequence = open_trace(recorded).sequence(call=0, row=0)
    expected = what_if(sequence, top_k=2, seed=1)
    shown = json.loads(tracer("what-if", recorded, *SAMPLED, "--top-k", 2, "--seed", 1, "--json").out)
    table = tracer("what-if", recorded, *SAMPLED, "--top-k", 2, "--seed", 1).out

    assert expected.describe() == shown
    assert expected.first_change == shown["first_change"]
    changed = [answer for answer in expected.steps if answer.changed]
    assert all(f" {answer.step}  " in table for answer in changed)


def test_greedy_takes_the_best_and_contradicts_sampling(tracer: Command, recorded: Path) -> None:
    step = open_trace(recorded).step(0, call=0, row=1)
    shown = json.loads(
        tracer("what-if", recorded, "--call", 0, "--row", 1, "--step", 0, "--greedy", "--json").out
    )

    assert step.favorite_id == shown["token_id"]
    error = tracer("what-if", recorded, *SAMPLED, "--step", 0, "--greedy", "--do-sample").paragraph
    assert "--greedy and --do-sample contradict each other. Type one of them." == error


def test_a_greedy_call_that_would_sample_has_no_token_without_a_seed(tracer: Command, recorded: Path) -> None:
    open_answer = tracer("what-if", recorded, "--call", 1, "--do-sample", "--temperature", 2)
    drawn = tracer("what-if", recorded, "--call", 1, "--do-sample", "--temperature", 2, "--seed", 3)

    assert "Not known: 4 of 4 tokens, the first at step 0: the recorded call was greedy" in open_answer.out
    assert 4 == open_answer.out.count("?")
    assert "The luck is a new draw of numpy's" in drawn.out


def test_any_setting_of_generate_can_be_asked_for(tracer: Command, recorded: Path) -> None:
    asked = ("--step", 1, "--set", "suppress_tokens=[5, 6]", "--json")
    shown = json.loads(tracer("what-if", recorded, *SAMPLED, *asked).out)

    assert ["logits", "SuppressTokensLogitsProcessor", "TopKLogitsWarper"] == [
        stage["setting"]["class_name"] for stage in shown["stages"]
    ]


def test_settings_without_effect_or_sense_are_refused(tracer: Command, recorded: Path) -> None:
    greedy = tracer("what-if", recorded, "--call", 1, "--step", 0, "--top-k", 4).paragraph
    unknown = tracer("what-if", recorded, *SAMPLED, "--set", "top_q=1").paragraph
    language = tracer("what-if", recorded, *SAMPLED, "--lang", "de").paragraph

    assert "top_k has no effect on greedy decoding" in greedy
    assert "'top_q' is no setting that changes a token" in unknown
    assert "lang='de' is none of en, zh" in language


def test_the_common_settings_load_neither_torch_nor_transformers(recorded: Path) -> None:
    asked = ["what-if", str(recorded), "--call", "0", "--row", "0", "--top-p", "0.5", "--min-p", "0.1"]
    code = (
        "import sys\n"
        "from tracer.cli.main import main\n"
        "try:\n"
        f"    main({asked!r})\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]
