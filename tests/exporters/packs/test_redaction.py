"""A redacted pack tells neither the prompt nor where and by whom it was recorded; the answer is as it was."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import tracer
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.statistics import NOISE_COUNT
from tracer.exporters.packing import scrubbing
from tracer.exporters.packing.hiding import hidden_in
from tracer.pictures.decision import decision_picture
from tracer.processor_names import MODULE
from tracer.samples import sample_paths
from tracer.schema import ProcessorInfo
from tracer.store.safetensors_file import SafetensorsFile
from tracer.trace.step import Step
from tracer.trace.trace import Trace

RAIN = sample_paths()[0]
USER, HOST, FOLDER = "jolandazz", "turmalin-42", "verschlusssache"
PRIVATE = f"/home/{USER}/{FOLDER}/model"
SECRETS = ("Write one sentence about rain", "one sentence about", "helpful AI assistant", USER, HOST, FOLDER)


def made_private(folder: Path) -> Trace:
    """The sample, as if recorded by somebody with a name, a machine and paths."""
    shutil.copytree(RAIN, folder)
    document = json.loads((folder / "trace.json").read_text())
    document["model"]["name"] = f"{PRIVATE}/SmolLM2"
    document["model"]["config"] |= {"_name_or_path": PRIVATE, "auto_map": {"AutoModel": f"{USER}/x--y.Z"}}
    document["model"]["adapters"] = [f"{PRIVATE}/adapter"]
    document["environment"] |= {"platform": f"Linux-6.1-{HOST}", "device_name": f"{HOST} GPU"}
    document["faults"] = [{"where": "writer", "error": f"OSError: no room in {PRIVATE}"}]
    document["missing"] = [{"signal": "layer", "reason": f"{PRIVATE} was not read"}]
    document["unrecorded_calls"] = [f"a call in {PRIVATE}/script.py"]
    document["parent"] = f"{PRIVATE}/parent.trace"
    document["branch"] = {
        "trace": f"{PRIVATE}/parent.trace",
        "created_at": "2026-01-01",
        "call": 0,
        "row": 0,
        "step": 0,
        "settings": {"temperature": 0.5, "stop_strings": [USER]},
    }
    (folder / "trace.json").write_text(json.dumps(document))
    call = json.loads((folder / "call-000" / "call.json").read_text())
    call["error"] = f"RuntimeError: in {PRIVATE}/script.py"
    call["notes"] = [f"The cache of {PRIVATE}.", "max_time stops by the clock."]
    call["generation_config"]["stop_strings"] = {"value": [USER], "origin": "argument"}
    call["criteria"][0] = {"class_name": "StopStringCriteria", "parameters": {"stop_strings": [USER]}}
    (folder / "call-000" / "call.json").write_text(json.dumps(call))
    (folder / "derived").mkdir()
    (folder / "derived" / "lens-000.json").write_text(json.dumps({"asked": SECRETS[0]}))
    return tracer.open_trace(folder)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Returns the private trace."""
    return made_private(tmp_path_factory.mktemp("private") / "one-sentence-about-rain.trace")


@pytest.fixture(scope="module")
def packed(private: Trace) -> Path:
    """Returns the redacted pack, made on the machine where the trace was recorded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", USER)
        patch.setattr("socket.gethostname", lambda: f"{HOST}.local")
        return tracer.pack(private, private.path.parent / "redacted.zip", redact=True)


@pytest.fixture(scope="module")
def redacted(packed: Path) -> Trace:
    """Returns the redacted trace, unpacked."""
    return tracer.open_trace(tracer.unpack(packed, packed.with_suffix(".trace")))


def told_by(pack: Path, trace: Trace) -> set[str]:
    """Which secrets stand in a pack: in its bytes, its members' bytes, the tables' cells and the arrays."""
    ids = np.array(trace.steps[0].sequence.prompt_ids, dtype=np.int64)
    wanted = {text: [text.encode(), text.encode("utf-16-le")] for text in SECRETS}
    runs = [ids[place : place + 3] for place in range(len(ids) - 2)]
    wanted["ids"] = [run.astype(kind).tobytes() for run in runs for kind in (np.int32, np.int64)]
    wanted["ids"] += [", ".join(map(str, run)).encode() for run in runs]
    found = set()
    with zipfile.ZipFile(pack) as archive:
        contents = [pack.read_bytes(), *map(archive.read, archive.namelist())]
        names = " ".join(archive.namelist())
        tables = [
            pq.read_table(io.BytesIO(archive.read(one)))
            for one in archive.namelist()
            if one.endswith("parquet")
        ]
        documents = [json.loads(archive.read(one)) for one in archive.namelist() if one.endswith(".json")]
    contents += [names.encode(), *(json.dumps(one).encode() for one in documents)]
    for table in tables:
        for column in table.columns:
            flat = column.to_pylist()
            joined = b"".join(
                one if isinstance(one, bytes) else str(one).encode() for one in flat if one is not None
            )
            contents += [joined, repr(flat).encode(), repr(column.to_pylist()).encode()]
    for name, texts in wanted.items():
        if any(text in content for text in texts for content in contents):
            found.add(name)
    return found


def test_no_byte_of_a_redacted_pack_tells_the_prompt_the_user_or_a_path(packed: Path, private: Trace) -> None:
    assert set() == told_by(packed, private)


def test_the_search_would_have_found_them(private: Trace, tmp_path: Path) -> None:
    assert {*SECRETS, "ids"} == told_by(tracer.pack(private, tmp_path / "whole.zip"), private)


def test_the_answer_the_positions_and_the_numbers_are_as_they_were(private: Trace, redacted: Trace) -> None:
    before, after = private.sequence(), redacted.sequence()

    assert before.text == after.text
    assert len(before.prompt_ids) == len(after.prompt_ids)
    assert {"□"} == set(after.prompt_text)
    for one, other in zip(before.steps, after.steps, strict=True):
        assert (one.token_id, one.probability, one.rank) == (other.token_id, other.probability, other.rank)
        assert (one.kv_len, one.survivors, one.logsumexp) == (other.kv_len, other.survivors, other.logsumexp)
        assert sorted(candidate.score for candidate in one.candidates) == sorted(
            candidate.score for candidate in other.candidates
        )


def explained(step: Step, token_id: int) -> bool:
    """Whether the answer, or a template, tells a token anyway."""
    written = step.sequence.token_ids[: step.index + 1]
    return token_id in written or step.call.trace.vocabulary.special(token_id)


def test_no_candidate_that_the_penalty_moved_is_named_unless_the_answer_tells_it(redacted: Trace) -> None:
    assert redacted.manifest.packed is not None
    first = redacted.manifest.packed.placeholder_id or 0
    moved = [
        (step, one.token_id)
        for step in redacted.steps
        for one in step.candidates
        if one.score[0] != one.score[1]
    ]

    assert all(token_id > first or explained(step, token_id) for step, token_id in moved)
    assert any(token_id > first for _, token_id in moved)
    ids = {id_ for step in redacted.steps for id_ in (step.favorite_id, step.winner_id)}
    assert max(ids) > first


def test_the_noise_of_a_hidden_candidate_is_gone(private: Trace, redacted: Trace) -> None:
    for one, other in zip(private.steps, redacted.steps, strict=True):
        assert one.noise is not None
        assert other.noise is not None
        named = {candidate.token_id for candidate in other.candidates}
        hidden = {candidate.token_id for candidate in one.candidates} - named
        smallest = set(one.noise[0][np.argsort(one.noise[1], kind="stable")[:NOISE_COUNT]].tolist())
        assert not hidden & (set(other.noise[0].tolist()) - smallest)
        pairs = dict(zip(*(part.tolist() for part in one.noise), strict=True))
        assert all(
            pairs[id_] == value for id_, value in zip(*(part.tolist() for part in other.noise), strict=True)
        )


def test_no_array_that_depends_on_the_prompt_is_left(packed: Path, redacted: Trace) -> None:
    for shard in redacted.calls[0].files.shards:
        file = SafetensorsFile(shard.file("arrays"))
        signals = {name.split("/", 1)[1].split("/layers")[0] for name in file.entries}
        assert signals <= {
            "noise/ids",
            "noise/values",
            "inputs/input_ids",
            "inputs/attention_mask",
            "inputs/position_ids",
        }
    prompt = redacted.steps[0].inputs["input_ids"].values
    assert prompt is not None
    assert redacted.manifest.packed is not None
    assert {redacted.manifest.packed.placeholder_id} == set(prompt.ravel().tolist())


def test_the_trace_says_that_it_was_redacted_and_verify_what_it_cannot_tell(redacted: Trace) -> None:
    found = tracer.verify(redacted)

    assert redacted.manifest.packed is not None
    assert redacted.manifest.packed.is_redacted
    assert "prompt" == redacted.manifest.missing[0].signal
    assert found.holds
    assert "packed with --redact: placeholders stand for" in found.named("prompt")[0].detail
    assert "left out when the trace was packed with --redact" in found.named("noise")[0].detail
    assert redacted.chat_template is None


def test_what_is_harmless_stays(redacted: Trace) -> None:
    info = redacted.calls[0].info

    assert "SmolLM2" == redacted.model.name
    assert "Linux" == redacted.manifest.environment.platform
    assert 0.8 == info.generation_config["temperature"].value
    assert {"eos_token_id"} == info.criteria[1].parameters.keys()
    assert "max_time stops by the clock." == info.notes[1]
    assert "RuntimeError: taken out by tracer pack --redact" == info.error
    assert {"temperature": 0.5} == redacted.manifest.branch.settings if redacted.manifest.branch else False


def test_a_redacted_trace_is_shown_and_explained(redacted: Trace) -> None:
    shown: dict[str, Any] = {}
    for lang in ("en", "zh"):
        shown[lang] = [decision_picture(step, lang) for step in redacted.steps[::6]]
        assert str(tracer.why(redacted.steps[10], lang=lang))

    tokens = {row.token for picture in shown["en"] for row in picture.rows}
    assert any(token.startswith("■") for token in tokens)
    assert not any(finding.rule in ("bos_missing", "template_missing") for finding in tracer.lint(redacted))


def test_redacting_twice_changes_nothing(redacted: Trace, tmp_path: Path) -> None:
    again = tracer.open_trace(
        tracer.unpack(tracer.pack(redacted, tmp_path / "again.zip", redact=True), tmp_path / "again.trace")
    )

    assert redacted.manifest.packed == again.manifest.packed
    assert redacted.sequence().prompt_ids == again.sequence().prompt_ids
    assert redacted.steps[10].candidates == again.steps[10].candidates


def test_a_redacted_trace_is_not_run_again_with_placeholders(redacted: Trace) -> None:
    from tracer.live.replaying.recorded_call import why_not_repeatable

    assert "packed with --redact, which took its prompt out" in str(why_not_repeatable(redacted.calls[0]))


@pytest.mark.parametrize(
    ("text", "is_private"),
    [("max_position_embeddings", False), ("/home/max/x", True), ("do_sample", False), ("xjolandazzx", True)],
)
def test_short_names_are_private_only_as_words(
    text: str, is_private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "private_words", lambda: ("jolandazz", "max", "sam"))

    assert is_private == scrubbing.has_private_word(text)


def test_a_processor_of_ones_own_hides_every_candidate_it_moved(tmp_path: Path) -> None:
    made = Synthetic(changes={"processors": [own_processor(1), plain_processor(2)]})
    trace = tracer.open_trace(write_trace(tmp_path / "own.trace", made))
    hidden = hidden_in(trace.calls[0], 12).by_place

    for step in trace.steps:
        moved = {one.token_id for one in step.candidates if one.score[0] != one.score[1]}
        assert moved - {step.token_id} == set(hidden.get((0, step.index), {}))
    plain = trace.calls[0].info.model_copy(update={"processors": [plain_processor(1), plain_processor(2)]})
    assert {} == dict(
        hidden_in(write_and_open(tmp_path / "plain.trace", plain.processors).calls[0], 12).by_place
    )


def own_processor(stage: int) -> ProcessorInfo:
    """A class that nobody knows."""
    return ProcessorInfo(stage=stage, class_name="Secret", module="my.own", is_rebuildable=False)


def plain_processor(stage: int) -> ProcessorInfo:
    """One that never looks at the text."""
    return ProcessorInfo(stage=stage, class_name="TopKLogitsWarper", module=MODULE, is_rebuildable=True)


def write_and_open(path: Path, processors: list[ProcessorInfo]) -> Trace:
    """A synthetic trace with these processors."""
    return tracer.open_trace(write_trace(path, Synthetic(changes={"processors": processors})))
