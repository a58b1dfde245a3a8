import json
from pathlib import Path

from tests.cli.conftest import Command


def test_verify_answers_check_by_check(tracer: Command, recorded: Path) -> None:
    done = tracer("verify", recorded, "--json")

    assert 0 == done.code
    answers = {check["name"]: check["verdict"] for check in json.loads(done.out)}
    assert "holds" == answers["digests"] == answers["choice"] == answers["processors"]


def test_verify_with_rerun_repeats_the_calls_with_the_model(
    tracer: Command, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.trace"
    tracer(
        "record", "--model", tiny, "--prompt", "rain", "--to", target, "--max-new-tokens", 3, "--do-sample"
    )

    done = tracer("verify", target, "--rerun")

    assert 0 == done.code
    assert "rerun tokens" in done.out
    assert "fails" not in done.out
