import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "streamlit", "plotly")


@pytest.mark.parametrize("module", ["tracer", "tracer.cli.main"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
