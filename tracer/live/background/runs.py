"""The two kinds of work in the background: recording an answer to a prompt, and branching off a recorded call.

Each loads its model, reports as it goes, and returns the path of the new trace. The last loaded model is kept for
the next run.
"""

import gc
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tracer.config import RecordingConfig
from tracer.errors import TracerError
from tracer.live.background.job import Reporter, StopRequested
from tracer.live.background.streaming import ReportingStreamer
from tracer.live.branching_off.branching import branch, recorded_config
from tracer.live.loading.models import load_model
from tracer.live.loading.prompts import check_context, prepare_prompt
from tracer.recording.recorder import record
from tracer.store.target import claim_folder
from tracer.trace.opening import open_trace

if TYPE_CHECKING:
    from tracer.trace.step import Step

_loaded: dict[tuple[object, ...], tuple[Any, Any]] = {}
_loading = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRun:
    """One prompt to record. `settings` are keyword arguments of `generate`; without `is_chat` it is sent as it is."""

    model: str
    prompt: str
    to: Path
    system: str | None = None
    is_chat: bool = True
    max_new_tokens: int = 64
    seed: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: RecordingConfig = field(default_factory=RecordingConfig)

    def __call__(self, reporter: Reporter) -> Path:
        """Records the answer and returns the path of the trace."""
        with _claimed(self.to, reporter):
            model, tokenizer = _model(reporter, self.model)
            prepared = prepare_prompt(model, tokenizer, self.prompt, system=self.system, raw=not self.is_chat)
            check_context(model, prepared, self.max_new_tokens)
            if self.seed is not None:
                torch.manual_seed(self.seed)
            streamer = ReportingStreamer(reporter, tokenizer, self.max_new_tokens)
            reporter.report("generating", 0, self.max_new_tokens)
            with record(
                model, tokenizer, to=self.to, config=replace(self.config, messages=prepared.messages)
            ):
                model.generate(
                    **prepared.inputs, **self.settings, max_new_tokens=self.max_new_tokens, streamer=streamer
                )
        return self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRun:
    """Another path from a recorded step: with another token, another draw, or other settings."""

    step: "Step"
    to: Path
    token: int | None = None
    seed: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, reporter: Reporter) -> Path:
        """Continues from the step and returns the path of the new trace."""
        trace = self.step.call.trace
        recorded = trace.model
        with _claimed(self.to, reporter):
            model, tokenizer = _model(
                reporter,
                recorded.name,
                dtype=recorded.dtype,
                device="cpu" if recorded.device == "cpu" else None,
                attn_implementation=recorded.attn_implementation,
            )
            total = len(self.step.sequence.steps)
            reporter.report("generating", 0, total)
            branch(
                trace,
                self.step,
                model=model,
                tokenizer=tokenizer,
                to=self.to,
                token=self.token,
                seed=self.seed,
                config=recorded_config(self.step.call),
                streamer=ReportingStreamer(reporter, tokenizer, total),
                **self.settings,
            )
        return self.to


@contextmanager
def _claimed(to: Path, reporter: Reporter) -> Iterator[None]:
    """Refuses a used folder before a model is loaded; of a stopped run, the trace stays if there is one."""
    claim_folder(to, overwrite=False)
    try:
        yield
    except StopRequested:
        if _has_steps(to):
            reporter.change(path=to)
        raise
    finally:
        if not any(to.iterdir()):
            to.rmdir()


def _has_steps(path: Path) -> bool:
    """Whether a trace with a step lies there."""
    try:
        return any(sequence.steps for call in open_trace(path).calls for sequence in call.sequences)
    except TracerError:
        return False


def _model(reporter: Reporter, name: str, **options: Any) -> tuple[Any, Any]:
    """Returns the model, kept from the last run where it is the same."""
    key = (name, *sorted(options.items(), key=lambda entry: entry[0]))
    with _loading:
        if key not in _loaded:
            _loaded.clear()
            gc.collect()
            _loaded[key] = load_model(name, progress=reporter.report, **options)
        return _loaded[key]
