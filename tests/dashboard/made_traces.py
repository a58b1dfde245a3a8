"""A folder of small traces for the dashboard: whole, partial, empty, cut short, damaged, foreign; and the samples.

Each is named after what it is; `KINDS` lists those that open.
"""

import json
import shutil
from pathlib import Path

from tests.synthetic import Synthetic, write_trace
from tests.tiny_model import save_tiny_model
from tracer.samples import sample_paths
from tracer.schema import Missing

SAMPLES = tuple(path.stem for path in sample_paths())
PRESETS = ("light", "standard", "full")
RECORDED = tuple(f"preset-{preset}" for preset in PRESETS)
WHOLE = ("whole", "rows-and-calls", *SAMPLES, *RECORDED)
PARTIAL = ("sparse", "interrupted", "left-open", "faulted")
EMPTY = ("no-steps", "no-calls")
DAMAGED = ("damaged-manifest", "damaged-step", "newer-version")
KINDS = (*WHOLE, *PARTIAL, *EMPTY)


def make_traces(folder: Path) -> Path:
    """Writes one trace of every kind below a folder, and returns the folder."""
    for path in sample_paths():
        shutil.copytree(path, folder / path.name)
    _record_presets(folder)
    write_trace(folder / "whole.trace", Synthetic(steps=25))
    write_trace(folder / "rows-and-calls.trace", Synthetic(rows=2), Synthetic(steps=4, seed=1))
    _write_partial(folder)
    write_trace(folder / "no-steps.trace", Synthetic(steps=0))
    _without_calls(write_trace(folder / "no-calls.trace"))
    _write_damaged(folder)
    (folder / "foreign").mkdir()
    (folder / "foreign" / "notes.txt").write_text("no trace", encoding="utf-8")
    return folder


def _record_presets(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tracer.recording.recorder import record

    tiny = save_tiny_model(folder.parent / f"{folder.name}-model")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny), AutoTokenizer.from_pretrained(tiny)
    settings = {"max_new_tokens": 6, "do_sample": True, "temperature": 0.8, "top_k": 9}
    for preset in PRESETS:
        with torch.random.fork_rng():
            torch.manual_seed(3)
            with record(model, tokenizer, to=folder / f"preset-{preset}.trace", preset=preset):
                model.generate(**tokenizer("rain <b>&", return_tensors="pt"), **settings)


def _write_partial(folder: Path) -> None:
    left_out = ("logits", "stage-1", "stage-2", "queries", "keys", "values", "hidden_states", "accounting")
    missing = tuple(Missing(signal=name, reason="the budget left it out") for name in left_out[:1])
    write_trace(folder / "sparse.trace", without=left_out, missing=missing)
    write_trace(folder / "interrupted.trace", Synthetic(steps=7), status="interrupted")
    write_trace(folder / "left-open.trace", status="recording")
    write_trace(folder / "faulted.trace", status="faulted")


def _write_damaged(folder: Path) -> None:
    manifest = write_trace(folder / "damaged-manifest.trace") / "trace.json"
    manifest.write_text(manifest.read_text(encoding="utf-8")[:200], encoding="utf-8")
    manifest = write_trace(folder / "newer-version.trace") / "trace.json"
    manifest.write_text(
        json.dumps(json.loads(manifest.read_text(encoding="utf-8")) | {"format_version": 999}),
        encoding="utf-8",
    )
    for path in write_trace(folder / "damaged-step.trace").glob("call-*/steps-*.parquet"):
        path.write_bytes(path.read_bytes()[:50])


def _without_calls(path: Path) -> None:
    for call in path.glob("call-*"):
        shutil.rmtree(call)
