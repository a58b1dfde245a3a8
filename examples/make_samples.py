"""`make samples`: records the two small traces that come with the package, and leaves out what makes them large.

Both are recorded as always; then the largest arrays are dropped where they teach least, and the trace says so
itself (`trace.calls[0].info.missing`). What is kept is kept bit by bit.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import tracer
from tracer.analysis.notable import Finding, notable_steps
from tracer.cli.recording import quiet_transformers
from tracer.config import RecordingConfig, format_bytes
from tracer.live.loading.prompts import prepare_prompt
from tracer.samples import sample_paths
from tracer.schema import Missing
from tracer.store.writer import CallWriter, TraceWriter
from tracer.trace.sequence import Sequence
from tracer.trace.trace import Trace

MOST_BYTES = 2_000_000
SCORES = ("logits", "row-0", "random_state")
"""The parts of a step's arrays from which its scores and its draw are computed again."""


@dataclass(frozen=True)
class Sample:
    """How one sample is made: prompt, settings, the layers whose attention is kept."""

    text: str
    is_chat: bool
    settings: dict[str, Any]
    layers: tuple[int, ...]
    num_scores: int
    """At how many steps the scores are kept: the strongest of each kind of finding."""
    num_accounting: int
    """At how many steps the contributions to the logit are kept: the strongest findings of all."""


@dataclass(frozen=True)
class Kept:
    """The steps whose scores are kept, and those whose accounting is."""

    scores: frozenset[int]
    accounting: frozenset[int]


SAMPLES = (
    Sample(
        text="Write one sentence about rain.",
        is_chat=True,
        settings={
            "do_sample": True,
            "temperature": 0.8,
            "top_k": 50,
            "top_p": 0.9,
            "repetition_penalty": 1.1,
            "max_new_tokens": 40,
        },
        layers=(22, 26),  # late layers; several heads look at "rain" when it decides what to repeat
        num_scores=2,
        num_accounting=3,
    ),
    Sample(
        text="今天天气很好。今天天气很好。今天",
        is_chat=False,
        settings={"do_sample": False, "max_new_tokens": 10},
        layers=(22,),
        num_scores=0,
        num_accounting=0,
    ),
)


def main() -> None:
    """Loads the model once, records both, and prints what they hold."""
    torch.set_num_threads(1)
    with quiet_transformers(), tempfile.TemporaryDirectory() as folder:
        model, tokenizer = tracer.load_model("demo", device="cpu")
        for sample, path in zip(SAMPLES, sample_paths(), strict=True):
            made = make(sample, model, tokenizer, Path(folder) / path.name, path)
            print(f"{made.path.name}: {format_bytes(made.nbytes)}, {made.sequence().text!r}")
            print("".join(f"  {one.signal}: {one.reason}\n" for one in made.calls[0].info.missing), end="")
    total = sum(tracer.open_trace(path).nbytes for path in sample_paths())
    print(f"together {format_bytes(total)} of {format_bytes(MOST_BYTES)}")
    if total > MOST_BYTES:
        raise SystemExit("The samples are too large: keep fewer layers in SAMPLES.")


def make(sample: Sample, model: Any, tokenizer: Any, whole_path: Path, path: Path) -> Trace:
    """Records a sample at `whole_path`, and writes what is kept of it at `path`."""
    whole = record(sample, model, tokenizer, whole_path)
    return leave_out(whole, path, kept_steps(whole.sequence(), sample))


def record(sample: Sample, model: Any, tokenizer: Any, path: Path) -> Trace:
    """Records a sample with its settings and seed 3."""
    prompt = prepare_prompt(model, tokenizer, sample.text, raw=not sample.is_chat)
    config = RecordingConfig(
        queries="last", hidden_states="none", layers=sample.layers, messages=prompt.messages
    )
    torch.manual_seed(3)
    with tracer.record(model, tokenizer, to=path, config=config):
        model.generate(**prompt.inputs, **sample.settings)
    return tracer.open_trace(path)


def kept_steps(sequence: Sequence, sample: Sample) -> Kept:
    """Returns where scores and accounting are kept."""
    found = notable_steps(sequence)
    strongest: dict[Finding, int] = {}
    for one in found:
        strongest.setdefault(one.finding, one.step)
    scores = list(strongest.values())[: sample.num_scores]
    accounting = [*scores, *(one.step for one in found if one.step not in scores)][: sample.num_accounting]
    return Kept(frozenset(scores), frozenset(accounting))


def leave_out(whole: Trace, path: Path, kept: Kept) -> Trace:
    """Writes a trace of the same calls without some arrays, and returns it."""
    files = whole.files
    writer = TraceWriter(path, files.manifest.model_copy(update={"status": "recording"}), overwrite=True)
    table = files.vocabulary_table()
    assert table is not None
    writer.write_vocabulary(table, files.chat_template())
    structure = files.model_structure()
    if structure is not None:
        writer.write_structure(structure)
    call = files.calls[0]
    info = call.info.model_copy(update={"missing": [*call.info.missing, *reasons(kept)]})
    copy = writer.begin_call(info)
    copy_tables(whole, copy, kept.scores)
    for name in call.arrays:
        if is_kept(name, kept):
            copy.add_array(name, call.arrays.read(name))
    copy.end(info)
    writer.close(files.manifest.status)
    (path / "trace.lock").unlink(missing_ok=True)
    return tracer.open_trace(path)


def copy_tables(whole: Trace, copy: CallWriter, scores: frozenset[int]) -> None:
    """Copies the tables; the steps without scores say that nothing of them is stored."""
    call = whole.files.calls[0]
    for row in call.table("forwards").to_pylist():
        copy.add_row("forwards", row)
    for row in call.table("steps").to_pylist():
        none = {} if row["step"] in scores else {"form_by_stage": ["none"] * len(row["form_by_stage"])}
        copy.add_row("steps", {**row, **none})
    candidates = call.table("candidates")
    copy.add_columns("candidates", {name: candidates[name].to_pylist() for name in candidates.column_names})


def is_kept(name: str, kept: Kept) -> bool:
    """Whether an array of this name stays in the sample."""
    place, part = name.split("/")[:2]
    if (place, part) == ("step-000000", "random_state"):
        return True  # from it the whole call can be run again
    if part in SCORES:
        return int(place.removeprefix("step-")) in kept.scores
    if part == "accounting":
        return int(place.removeprefix("step-")) in kept.accounting
    return part != "values"


def reasons(kept: Kept) -> list[Missing]:
    """Returns, for `call.json`, what was left out and why."""
    stored = {
        "logits": kept.scores,
        "scores": kept.scores,
        "random_state": kept.scores,
        "accounting": kept.accounting,
    }
    said = [
        Missing(signal=name, reason=f"to keep this sample small, it stores them {_places(steps)}")
        for name, steps in stored.items()
    ]
    values = "to keep this sample small, it stores the keys without the values"
    return [*said, Missing(signal="keys_values", reason=values)]


def _places(steps: frozenset[int]) -> str:
    return f"at steps {', '.join(map(str, sorted(steps)))} only" if steps else "at no step"


if __name__ == "__main__":
    main()
