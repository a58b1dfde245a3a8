"""`tracer dashboard`: what it says when a path, a port or a package is wrong, and how it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from dashboard.data.library import Library, check_root, key_of
from dashboard.ports import FIRST, free_port
from tests.cli.conftest import Command
from tests.cli.conftest import tracer as tracer
from tests.dashboard.made_traces import SAMPLES
from tests.dashboard.serving import free_port as any_port
from tests.dashboard.serving import serving

HOST = "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such-folder", "no-such-folder' does not exist"),
        ("foreign", "is no trace and holds none"),
        ("foreign/notes.txt", "is a file; a trace is a folder"),
        ("damaged-manifest.trace", "is damaged or no part of a trace"),
        ("newer-version.trace", "has format version 999"),
    ],
)
def test_a_path_that_cannot_be_shown_is_an_error_in_words(
    name: str, said: str, traces: Path, tracer: Command
) -> None:
    assert said in tracer("dashboard", traces / name, "--no-browser").paragraph


def test_a_taken_port_is_an_error_in_words(traces: Path, tracer: Command) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert (
            f"Port {port} of 127.0.0.1 cannot be used. Type --port 0 for any free one."
            == tracer("dashboard", traces, "--port", port).paragraph
        )


def test_without_streamlit_the_extra_is_named(tracer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer.cli.showing.find_spec", lambda name: None)

    assert "Type pip install 'generation-tracer[dashboard]'." in tracer("dashboard").paragraph


def test_the_next_free_port_is_taken_when_none_is_named() -> None:
    first = free_port(HOST)
    with socket.socket() as taken:
        taken.bind((HOST, first))
        taken.listen()

        assert FIRST <= first < free_port(HOST)


def test_a_trace_or_a_folder_of_traces_can_be_shown(traces: Path) -> None:
    for root in (None, traces, traces.parent, traces / "whole.trace", traces / "no-calls.trace"):
        check_root(root)


def test_a_folder_shows_every_trace_that_it_holds_also_damaged_ones(traces: Path) -> None:
    names = {entry.name for entry in Library(traces).entries()}

    assert {path.parent.name.removesuffix(".trace") for path in traces.glob("*/trace.json")} == names
    assert "damaged-manifest" in names


def test_a_folder_that_goes_while_it_is_listed_hides_no_other(
    traces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rain", "taken"):
        shutil.copytree(traces / "rain.trace", tmp_path / f"{name}.trace")
    scandir = os.scandir

    def scan(path: str | Path) -> object:
        if Path(path).name == "taken.trace":
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)

    assert "rain" in [entry.name for entry in Library(tmp_path).entries()]


def test_a_trace_alone_is_shown_alone(traces: Path) -> None:
    path = traces / "whole.trace"

    assert [(key_of(path), "whole")] == [(one.key, one.name) for one in Library(path).entries()]


def test_where_nothing_was_recorded_the_samples_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert list(SAMPLES) == [entry.name for entry in Library().entries()]


def test_a_recording_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    from tests.synthetic import Synthetic, write_trace

    library = Library(write_trace(tmp_path / "a.trace", Synthetic(steps=2)).parent)
    (entry,) = library.entries()
    first = library.opened(entry)
    assert first is library.opened(entry)

    manifest = entry.path / "trace.json"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert first is not library.opened(entry)


def test_it_says_where_it_is_and_ends_quietly_at_ctrl_c(traces: Path, tmp_path: Path) -> None:
    port = any_port()
    command = [sys.executable, "-m", "tracer", "dashboard", str(traces), "--port", str(port), "--no-browser"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert started.stdout is not None
    assert f"The dashboard is at http://{HOST}:{port} (Ctrl-C ends it).\n" == started.stdout.readline()
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)

    assert ("", "") == (out, err)
    assert 0 == started.returncode
    assert [] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_of_its_own_settings_changes_nothing_that_matters(traces: Path, tmp_path: Path) -> None:
    settings = tmp_path / ".streamlit"
    settings.mkdir()
    (settings / "config.toml").write_text(
        '[server]\naddress = "0.0.0.0"\nbaseUrlPath = "elsewhere"\n[browser]\ngatherUsageStats = true\n',
        encoding="utf-8",
    )
    with serving(traces, tmp_path) as url, urlopen(f"{url}/words", timeout=10) as answer:
        assert 200 == answer.status
