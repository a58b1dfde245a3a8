"""A pack holds the trace, the same bytes every time; a light one opens and says what is not in it."""

import dataclasses
import json
import zipfile
from pathlib import Path

import pytest

import tracer
from tests.long_trace import STOP, long_trace
from tests.synthetic import Synthetic, write_trace
from tracer.errors import SignalMissingError, TargetError, TraceExistsError, TraceNotFoundError
from tracer.exporters.packing.members import members_of
from tracer.pictures.decision import decision_picture
from tracer.samples import sample_paths

RAIN, CHINESE = sample_paths()


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the light trace of the first sample, unpacked."""
    folder = tmp_path_factory.mktemp("light")
    return tracer.unpack(tracer.pack(RAIN, folder / "rain.zip", light=True), folder / "rain.trace")


def test_what_was_packed_comes_back_byte_for_byte_and_verifies(tmp_path: Path) -> None:
    pack = tracer.pack(tracer.open_trace(CHINESE), tmp_path / "deep" / "chinese.zip")
    folder = tracer.unpack(pack, tmp_path / "new" / "chinese.trace")

    assert files_of(CHINESE) == files_of(folder)
    assert tracer.verify(tracer.open_trace(folder)).holds
    assert ["chinese.trace"] == [path.name for path in (tmp_path / "new").iterdir()]
    assert ["chinese.zip"] == [path.name for path in (tmp_path / "deep").iterdir()]


@pytest.mark.parametrize("settings", [{}, {"light": True}, {"light": True, "logits": True}, {"redact": True}])
def test_the_same_trace_gives_the_same_bytes(settings: dict[str, bool], tmp_path: Path) -> None:
    first, second = (tracer.pack(CHINESE, tmp_path / f"{name}.zip", **settings) for name in "ab")

    assert first.read_bytes() == second.read_bytes()


def test_several_calls_and_rows_are_packed(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "two.trace", Synthetic(rows=2))
    again = tracer.open_trace(
        tracer.unpack(tracer.pack(path, tmp_path / "two.zip"), tmp_path / "again.trace")
    )

    assert files_of(path).keys() - {"trace.lock"} == files_of(again.path).keys()
    assert 2 == len(again.calls[0].sequences)


def test_what_is_no_part_of_the_trace_stays_behind(tmp_path: Path) -> None:
    trace = long_trace(tmp_path / "a.trace", [b"<end>", b"a", b"b"], [1, 2], [1, STOP])
    (trace.path / "diary.txt").write_text("private")
    (trace.path / "call-000" / "steps-00001.parquet.tmp").write_bytes(b"half")

    assert {"trace.json", "vocabulary.parquet", "call-000/call.json"} <= members_of(trace).keys()
    assert not any("diary" in name or name.endswith(".tmp") for name in members_of(trace))


def test_a_light_pack_is_small_and_shows_the_same_decisions(light: Path) -> None:
    full, small = tracer.open_trace(RAIN), tracer.open_trace(light)

    assert small.nbytes < full.nbytes
    for index in (0, 10, 35):
        assert str(tracer.why(full.steps[index])) == str(tracer.why(small.steps[index]))
        pictures = [dataclasses.asdict(decision_picture(one.steps[index], "en")) for one in (full, small)]
        assert pictures[0]["rows"] == pictures[1]["rows"]
        assert pictures[0]["columns"] == pictures[1]["columns"]


def test_a_light_trace_says_what_was_left_out_and_what_to_type(light: Path) -> None:
    trace = tracer.open_trace(light)

    assert trace.manifest.packed is not None
    assert {"logits", "keys_values"} <= set(trace.manifest.packed.left_out)
    with pytest.raises(
        SignalMissingError,
        match=r"left out when the trace was packed with --light\. Open the trace that was packed, or .*"
        r"with its logits: tracer pack TRACE --to NEW\.zip --light --logits",
    ):
        _ = trace.steps[35].logits
    with pytest.raises(
        SignalMissingError, match=r"has no attention of layer 22: it was left out when.*without --light"
    ):
        trace.steps[35].attention(22)


def test_verify_says_what_a_light_trace_cannot_tell(light: Path) -> None:
    found = tracer.verify(tracer.open_trace(light))

    assert found.holds
    assert {"holds"} == {check.verdict for check in (*found.named("digests"), *found.named("shapes"))}
    assert "left out when the trace was packed with --light" in found.named("probabilities")[0].detail


def test_with_its_logits_a_light_trace_still_answers_what_if(tmp_path: Path) -> None:
    pack = tracer.pack(RAIN, tmp_path / "rain.zip", light=True, logits=True)
    step = tracer.open_trace(tracer.unpack(pack, tmp_path / "rain.trace")).steps[35]

    assert tracer.what_if(tracer.open_trace(RAIN).steps[35], temperature=0.4) == tracer.what_if(
        step, temperature=0.4
    )


def test_a_light_pack_of_a_light_trace_is_that_trace(light: Path, tmp_path: Path) -> None:
    again = tracer.unpack(tracer.pack(light, tmp_path / "again.zip", light=True), tmp_path / "again.trace")

    documents = [json.loads((path / "trace.json").read_text()) for path in (light, again)]
    assert documents[0]["packed"] == documents[1]["packed"]
    assert documents[0]["missing"] == documents[1]["missing"]


def test_tables_and_arrays_are_stored_as_they_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tracer.pack(CHINESE, tmp_path / "a.zip")) as archive:
        kinds = {Path(info.filename).suffix: info.compress_type for info in archive.infolist()}

    assert kinds[".parquet"] == kinds[".safetensors"] == zipfile.ZIP_STORED
    assert zipfile.ZIP_DEFLATED == kinds[".json"]


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    target.write_text("mine")
    with pytest.raises(TraceExistsError, match="is there already; nothing was changed"):
        tracer.pack(CHINESE, target)
    assert "mine" == target.read_text()

    assert 1000 < tracer.pack(CHINESE, target, overwrite=True).stat().st_size


def test_wrong_use_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not end with \.zip\. Type --to a\.zip"):
        tracer.pack(CHINESE, tmp_path / "a.tar")
    with pytest.raises(ValueError, match="the logits are in every pack that is not light"):
        tracer.pack(CHINESE, tmp_path / "a.zip", logits=True)
    with pytest.raises(ValueError, match="the logits cannot stay in a redacted trace"):
        tracer.pack(CHINESE, tmp_path / "a.zip", light=True, logits=True, redact=True)
    with pytest.raises(TraceNotFoundError, match="does not exist"):
        tracer.pack(tmp_path / "no.trace", tmp_path / "a.zip")
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="cannot be written"):
        tracer.pack(CHINESE, tmp_path / "file" / "a.zip", light=True)
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


def test_a_trace_that_is_being_recorded_is_not_packed(tmp_path: Path) -> None:
    from tests.synthetic import manifest
    from tracer.store.writer import TraceWriter

    writer = TraceWriter(tmp_path / "now.trace", manifest(), overwrite=False)
    try:
        with pytest.raises(ValueError, match="is being recorded at this moment"):
            tracer.pack(tmp_path / "now.trace", tmp_path / "now.zip")
    finally:
        writer.close("complete")
