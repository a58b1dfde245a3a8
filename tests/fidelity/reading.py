"""A second process that reads traces where torch cannot be imported, and applies the oracles there.

`Reader` is this side; run as a script this file is the other side: one JSON line in, one JSON line out, until its
input ends. One process serves all cells of a test worker, so that starting it is paid once.
"""

import importlib.abc
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
BLOCKED = ("torch", "transformers", "streamlit", "plotly")


class Reader:
    """The process without torch. A context manager; `check` returns one line per oracle that did not hold."""

    def __enter__(self) -> "Reader":
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate()

    def check(self, trace: Path, truths: Sequence[Path], *, without: Sequence[str] = ()) -> list[str]:
        """Applies every oracle but those named to each call of a trace and its truth; returns the failures."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"trace": str(trace), "truths": [str(truth) for truth in truths], "without": list(without)}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process without torch ended"
        failures: list[str] = json.loads(answer)
        return failures


class _Blocker(importlib.abc.MetaPathFinder):
    """Makes every import of a blocked package fail, as where it is not installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} is blocked: this process reads without it", name=name)


def _answer(question: dict[str, Any]) -> list[str]:
    import tracer
    from tests.fidelity.oracles import ORACLES
    from tests.fidelity.truth import load_truth

    trace = tracer.open_trace(question["trace"])
    failures = []
    if trace.status != "complete":
        failures.append(f"status: {trace.status} {trace.manifest.faults}")
    if len(trace.calls) != len(question["truths"]):
        return [*failures, f"{len(trace.calls)} calls read, {len(question['truths'])} expected"]
    for call, path in zip(trace.calls, question["truths"], strict=True):
        truth = load_truth(Path(path))
        for oracle in ORACLES:
            if oracle.__name__ in question["without"]:
                continue
            try:
                oracle(call, truth)
            except AssertionError as error:
                failures.append(f"{oracle.__name__}: call {call.index}: {error}")
            except Exception:
                failures.append(f"{oracle.__name__}: call {call.index}: {traceback.format_exc()}")
    return failures


def _serve() -> None:
    sys.meta_path.insert(0, _Blocker())
    for line in sys.stdin:
        try:
            failures = _answer(json.loads(line))
        except Exception:
            failures = [traceback.format_exc()]
        assert not set(BLOCKED) & set(sys.modules)
        print(json.dumps(failures), flush=True)


if __name__ == "__main__":
    _serve()
