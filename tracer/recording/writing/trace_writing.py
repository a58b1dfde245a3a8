"""The writer's side of one `record` block: the trace folder, its manifest, its calls, and what went wrong.

Owns the background thread; calls, in any number of threads, put their jobs there. The vocabulary is
built when the block opens (0.1 s for 50,000 tokens, once for each tokenizer) and written on that thread.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracer.config import RecordingConfig
from tracer.recording.description.environment import describe_environment, describe_model
from tracer.recording.description.vocabulary import chat_template, known_vocabulary, tokenizer_limit
from tracer.recording.listening.call_setup import CallSetup
from tracer.recording.planning.budget import BudgetKeeper
from tracer.recording.signals import Signals
from tracer.recording.transport.pipeline import BackgroundWriter
from tracer.recording.writing.call_writing import CallWriting
from tracer.recording.writing.shares import ShareWriter
from tracer.schema import Branch, CallInfo, Fault, Manifest, Missing, ModelStructure
from tracer.store.writer import TraceWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a continued trace says of its parent: in the manifest, and in every call that begins afterwards."""

    branch: Branch
    forced_steps: tuple[int, ...]
    notes: tuple[str, ...]
    vocabulary: pa.Table | None = None
    chat_template: str | None = None


class TraceWriting:
    """One trace being written."""

    def __init__(self, model: Any, wrapper: Any, tokenizer: Any, path: Path, config: RecordingConfig) -> None:
        self.fault: BaseException | None = None
        self._config = config
        self._lock = threading.Lock()
        self._num_calls = 0
        self._faults: list[Fault] = []
        self._unrecorded: list[str] = []
        self._lineage: Lineage | None = None
        manifest = Manifest(
            created_at=datetime.now(UTC).isoformat(),
            model=describe_model(wrapper if hasattr(wrapper, "peft_config") else model),
            environment=describe_environment(model),
            config=config.describe(),
            tokenizer_limit=tokenizer_limit(tokenizer),
        )
        self._writer = TraceWriter(path, manifest, overwrite=config.overwrite)
        self.background = BackgroundWriter(config.queue_bytes, self._on_error)
        self.budget = BudgetKeeper(model, self._writer.path, config, self.background.drain)
        if tokenizer is not None:
            self._put_vocabulary(tokenizer, manifest.model.vocab_size)

    def _put_vocabulary(self, tokenizer: Any, vocab_size: int) -> None:
        """Builds the vocabulary before anything generates: it is Python's work, which would hold generation up."""
        try:
            vocabulary, template = known_vocabulary(tokenizer, vocab_size), chat_template(tokenizer)
        except Exception as error:
            self.report_fault("the vocabulary", error)
            return
        self.background.put(0, lambda: self._writer.write_vocabulary(vocabulary, template))

    def put_structure(self, describe: Callable[[], ModelStructure]) -> None:
        """Writes the tree of modules; a model that cannot be described is recorded all the same."""
        try:
            structure = describe()
        except Exception as error:
            reason = f"it could not be described ({type(error).__name__}: {str(error).rstrip('.')})"
            missing = [*self._writer.manifest.missing, Missing(signal="structure", reason=reason)]
            self.background.put(0, lambda: self._writer.update_manifest(missing=missing))
            return
        self.background.put(0, lambda: self._writer.write_structure(structure))

    def begin_call(self, setup: CallSetup, shares: ShareWriter | None) -> CallWriting:
        """Opens a call; called on the generating thread, the folder is made on the writer's."""
        with self._lock:
            index = self._num_calls
            self._num_calls += 1
        self.budget.open_call(index)
        signals = Signals(setup.config or self._config)
        info = CallInfo(
            index=index,
            mode="sample" if setup.mode == "sample" else "greedy",
            num_rows=setup.num_rows,
            num_return_sequences=setup.num_return_sequences,
            prompt_len=setup.prompt_len,
            prefix_len=setup.prefix_len,
            prompt_ids=[],
            messages=None if self._config.messages is None else list(self._config.messages),
            generation_config=setup.generation_config,
            processors=list(setup.processors),
            criteria=list(setup.criteria),
            cache_class=setup.cache_class,
            use_cache=setup.use_cache,
            missing=list(setup.missing),
            notes=[*setup.notes, *(self._lineage.notes if self._lineage else ())],
            forced_steps=list(self._lineage.forced_steps if self._lineage else ()),
            started_at=datetime.now(UTC).isoformat(),
        )
        shares = shares if signals.accounting else None
        writing = CallWriting(info, setup, signals, shares, self.report_fault)
        self.background.put(0, lambda: writing.open(self._writer.begin_call(info)))
        return writing

    def note_lineage(self, lineage: Lineage) -> None:
        """Names the parent in the manifest; the calls that begin from now on say which steps are forced."""
        self._lineage = lineage
        changes = {"parent": lineage.branch.trace, "branch": lineage.branch}
        self.background.put(0, lambda: self._writer.update_manifest(**changes))
        table, template = lineage.vocabulary, lineage.chat_template
        if table is not None:
            self.background.put(0, lambda: self._writer.write_vocabulary(table, template))

    def note_unrecorded(self, reason: str) -> None:
        """Notes a call that runs unrecorded, or was refused."""
        self._unrecorded.append(reason)
        self.background.put(0, lambda: self._writer.update_manifest(unrecorded_calls=list(self._unrecorded)))

    def report_fault(
        self, where: str, error: BaseException, call: int | None = None, step: int | None = None
    ) -> None:
        """Notes a fault of recording: logged once, kept, and written to the manifest at the end."""
        if self.fault is None:
            self.fault = error
            logger.error(
                "Recording failed (%s): %s: %s. The generation goes on.",
                where,
                type(error).__name__,
                str(error).rstrip("."),
            )
        self._faults.append(
            Fault(where=where, error=f"{type(error).__name__}: {error}", call=call, step=step)
        )

    def _on_error(self, error: BaseException) -> None:
        self.report_fault("the writer", error)

    def abandon(self) -> bool:
        """Runs what is queued and leaves the folder as it was found, where no call has begun. Never raises."""
        if self._num_calls:
            return False
        self.background.close()
        try:
            self._writer.abandon()
        except Exception as error:
            self._on_error(error)
        return True

    def close(self, *, interrupted: bool) -> None:
        """Runs what is queued, writes the final manifest and frees the folder. Never raises."""
        self.background.close()
        status = "faulted" if self._faults else "interrupted" if interrupted else "complete"
        try:
            if self._faults:
                self._writer.update_manifest(faults=list(self._faults))
        except Exception as error:
            self._on_error(error)
        try:
            self._writer.close("faulted" if self._faults else status)  # type: ignore[arg-type]  # mypy widens the literal
        except Exception as error:
            self._on_error(error)
