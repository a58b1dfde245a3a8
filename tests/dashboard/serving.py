"""Starts the dashboard as a process of its own, waits until it answers, and ends it again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 90
LOG = "server.log"


@contextmanager
def serving(traces: Path, home: Path, **environment: str) -> Iterator[str]:
    """Serves a path on a free port for as long as the block runs; `home` replaces the user's own folder."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tracer", "dashboard", str(traces), "--port", str(port), "--no-browser"]
    own: Mapping[str, str] = {"HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (home / LOG).open("wb") as log:
        process = subprocess.Popen(
            command, cwd=home, env={**os.environ, **own, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_ready(url, process, home / LOG)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    """Returns a port of the loopback address that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The dashboard did not start: {log.read_text(encoding='utf-8', errors='replace')}")
