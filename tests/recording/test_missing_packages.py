"""Where only the base packages are installed, recording says what to install."""

import subprocess
import sys

import pytest

CODE = """
import sys
sys.modules["torch"] = None
import tracer
try:
    tracer.{name}
except tracer.errors.MissingExtraError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["record", "plan"])
def test_without_torch_recording_says_what_to_install(name: str) -> None:
    code = CODE.format(name=name)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Recording needs the package 'torch', which is not installed" in told
    assert "pip install 'generation-tracer[record]'" in told
