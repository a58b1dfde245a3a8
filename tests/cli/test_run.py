import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tracer.trace.opening import open_trace

SCRIPT = """
import sys
import neighbor
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
inputs = tokenizer("rain", return_tensors="pt")
for length in (2, 3):
    ids = model.generate(**inputs, max_new_tokens=length, do_sample=False)
    print(ids[0].tolist())
print(__name__, sys.argv[2:], neighbor.NAME)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    (tmp_path / "neighbor.py").write_text("NAME = 'neighbor'\n")
    return path


def test_run_prints_what_the_script_prints_and_exits_with_its_code(
    script: Path, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.trace"
    arguments = [str(tiny), "5", "--to", "elsewhere", "--debug"]
    bare = subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True)
    command = [sys.executable, "-m", "tracer", "run", "--to", str(target), str(script), *arguments]
    recorded = subprocess.run(command, capture_output=True, text=True)

    assert (5, bare.stdout) == (recorded.returncode, recorded.stdout)
    assert "__main__ ['5', '--to', 'elsewhere', '--debug'] neighbor" in recorded.stdout
    assert f"{target}: complete, 5 steps" in recorded.stderr
    calls = open_trace(target).calls
    printed = [eval(line) for line in bare.stdout.splitlines()[:2]]
    assert printed == [[*c.sequences[0].prompt_ids, *c.sequences[0].token_ids] for c in calls]


def test_an_error_in_the_script_shows_its_own_traceback_and_exits_1(tracer: Command, tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("def fail():\n    raise RuntimeError('no rain')\n\nfail()\n")

    done = tracer("run", "--to", tmp_path / "x.trace", script)

    assert 1 == done.code
    lines = done.err.splitlines()
    assert "Traceback (most recent call last):" == lines[0]
    assert f'  File "{script}", line 4, in <module>' == lines[1]
    assert "RuntimeError: no rain" in lines


def test_a_script_without_generate_leaves_nothing_behind(tracer: Command, tmp_path: Path) -> None:
    script = tmp_path / "quiet.py"
    script.write_text("print('done')\n")

    done = tracer("run", "--to", tmp_path / "x.trace", script)

    assert (0, "done\n") == (done.code, done.out)
    assert "No generate call was made" in done.err
    assert not (tmp_path / "x.trace").exists()


def test_a_missing_script_is_named(tracer: Command, tmp_path: Path) -> None:
    assert "There is no script 'nowhere.py'." in tracer("run", "--to", tmp_path / "x", "nowhere.py").paragraph


def test_sys_argv_and_sys_path_are_as_before(tracer: Command, tmp_path: Path) -> None:
    script = tmp_path / "quiet.py"
    script.write_text("")
    before = (sys.argv, list(sys.path))
    tracer("run", "--to", tmp_path / "x.trace", script)

    assert before == (sys.argv, list(sys.path))


def test_ctrl_c_keeps_what_was_recorded_and_exits_as_a_shell_expects(
    script: Path, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.trace"
    script.write_text(SCRIPT.replace("sys.exit(int(sys.argv[2]))", "raise KeyboardInterrupt"))
    command = [sys.executable, "-m", "tracer", "run", "--to", str(target), str(script), str(tiny)]
    done = subprocess.run([*command, "5"], capture_output=True, text=True)

    assert 130 == done.returncode
    assert "Interrupted. What was recorded until then is kept" in done.stderr
    assert [2, 3] == [len(call.sequences[0].steps) for call in open_trace(target).calls]
