"""`record`: the block around a user's own `generate` calls, and what it puts on the model for that long.

Changes nothing about the run: instance attributes stand in front of three methods of the model, hooks listen, and
all of it is gone when the block is left, by whatever way. The calls themselves are recorded by `CallRecorder`, one
per thread.
"""

import functools
import inspect
import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

from transformers import GenerationMixin

from tracer.config import RecordingConfig
from tracer.errors import AlreadyRecordedError, BudgetError, TracerError, UnsupportedCallError
from tracer.recording.description.structure import describe_structure
from tracer.recording.listening.call_recorder import CallRecorder
from tracer.recording.listening.hooks import install_hooks, listened_modules
from tracer.recording.listening.interface import attention_listening
from tracer.recording.listening.modes import judge_arguments, judge_batch_call, judge_resolved
from tracer.recording.model.anatomy import dissect, owner_layers
from tracer.recording.model.front import fronted
from tracer.recording.model.target_model import inner_model
from tracer.recording.signals import Signals
from tracer.recording.transport.transfer import transfer_for
from tracer.recording.writing.shares import ShareWriter
from tracer.recording.writing.trace_writing import Lineage, TraceWriting

logger = logging.getLogger(__name__)

_recorded: dict[int, "Recording"] = {}
_recorded_lock = threading.Lock()


def record(
    model: Any,
    tokenizer: Any = None,
    *,
    to: str | Path,
    config: RecordingConfig | None = None,
    **settings: Any,
) -> "Recording":
    """Records every `generate` call of a model inside the block into one trace.

    Args:
        model: what you hold: a transformers model, a PeftModel, a pipeline. The `GenerationMixin` in it is recorded.
        tokenizer: for the vocabulary, so that the trace reads without it; None shows tokens as ids.
        to: the folder of the trace, such as `runs/paris.trace`.
        config: a `RecordingConfig`; or give its fields as `settings`.

    Raises:
        TypeError: there is no generating model in `model`, or a setting has no such name.
        TraceExistsError: `to` is not empty and `overwrite` was not given.
        TargetError: `to` cannot be written.
        AlreadyRecordedError: the model is inside another `record` block.
    """
    if config is not None and settings:
        raise ValueError(
            f"Both config and {', '.join(sorted(settings))} were given. Put the settings into the config."
        )
    if isinstance(tokenizer, str):
        raise TypeError(
            f"tokenizer={tokenizer!r} is a name. Give the tokenizer itself, "
            f"AutoTokenizer.from_pretrained({tokenizer!r}), or None: tokens then show as ids."
        )
    return Recording(inner_model(model), tokenizer, Path(to), _configured(config, settings), wrapper=model)


def _configured(config: RecordingConfig | None, settings: dict[str, Any]) -> RecordingConfig:
    known = set(RecordingConfig.__dataclass_fields__)
    unknown = sorted(set(settings) - known)
    if unknown:
        raise TypeError(
            f"record() has no setting {unknown[0]!r}. Its settings are {', '.join(sorted(known))}."
        )
    return (config or RecordingConfig(**settings)).resolved()


class Recording:
    """The running block. `path` is the trace; `fault` is what made recording (not generation) fail, or None."""

    def __init__(
        self, model: Any, tokenizer: Any, path: Path, config: RecordingConfig, *, wrapper: Any
    ) -> None:
        self.path = path
        self._model = model
        self._tokenizer = tokenizer
        self._config = config
        self._wrapper = wrapper
        self._calls: dict[int, CallRecorder] = {}
        self._in_flight = 0
        self._accepting = False
        self._idle = threading.Condition()
        self._refused: TracerError | None = None
        self._refused_in: int | None = None
        self._interrupted = False
        self._has_failed = False
        self._stack = ExitStack()
        self._writing: TraceWriting | None = None

    @property
    def fault(self) -> BaseException | None:
        """What made recording fail, or None; the generation went on."""
        return None if self._writing is None else self._writing.fault

    def note_lineage(self, lineage: Lineage) -> None:
        """Writes into the trace, from now on and for calls to come, which trace it continues."""
        assert self._writing is not None
        self._writing.note_lineage(lineage)

    # -- the block --------------------------------------------------------------------------------------------

    def __enter__(self) -> "Recording":
        with _recorded_lock:
            if id(self._model) in _recorded:
                other = _recorded[id(self._model)].path
                raise AlreadyRecordedError(
                    f"This model is recorded to {str(other)!r} already. Leave that block first, or put every generate "
                    "call into it: a trace holds several calls."
                )
            _recorded[id(self._model)] = self
        self._stack.callback(_forget, self._model)
        try:
            self._writing = TraceWriting(self._model, self._wrapper, self._tokenizer, self.path, self._config)
            self._stack.callback(self._close)
            self._install()
        except BaseException:
            self._has_failed = True
            self._stack.close()
            raise
        self._accepting = True
        return self

    def _install(self) -> None:
        signals = Signals(self._config)
        self._anatomy = dissect(self._model)
        _check_layers(self._config, len(self._anatomy.layers))
        self._layers = owner_layers(self._anatomy)
        self._transfer = transfer_for(self._model.device)
        if signals.attention:
            self._stack.enter_context(attention_listening())
        install_hooks(self._stack, self._model, self._anatomy, self, parts=signals.additions)
        heard = listened_modules(self._model, self._anatomy, signals)
        assert self._writing is not None
        self._writing.put_structure(lambda: describe_structure(self._model, heard))
        for name in ("generate", "_get_logits_processor", "_get_stopping_criteria"):
            wrap = getattr(self, f"_wrap{name if name.startswith('_') else '_' + name}")
            self._stack.enter_context(fronted(self._model, name, wrap))
        if hasattr(self._model, "generate_batch"):
            self._stack.enter_context(fronted(self._model, "generate_batch", self._wrap_generate_batch))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        impatience = self._wait_for_calls()
        self._interrupted |= impatience is not None or (
            error is not None and not isinstance(error, Exception)
        )
        raised_elsewhere = self._refused_in not in (None, threading.get_ident())
        late = impatience or (self._refused if raised_elsewhere else None)
        self._has_failed = error is not None or late is not None
        self._stack.close()
        if error is None and late is not None:
            raise late

    def _wait_for_calls(self) -> KeyboardInterrupt | None:
        """Accepts no new call and waits for those in flight; a Ctrl-C meanwhile ends the waiting and is returned."""
        with self._idle:
            self._accepting = False
            try:
                self._idle.wait_for(lambda: self._in_flight == 0)
            except KeyboardInterrupt as pressed:
                count = self._in_flight
                logger.warning("Stopped waiting for %d generate call(s); marked interrupted.", count)
                return pressed
        return None

    def _close(self) -> None:
        if self._writing is not None:
            for call in list(self._calls.values()):
                call.end(None, KeyboardInterrupt("the block was left"))
            if self._has_failed and self._writing.abandon():
                return
            self._writing.close(interrupted=self._interrupted or bool(self._calls))

    # -- calls ------------------------------------------------------------------------------------------------

    def active(self) -> CallRecorder | None:
        """Returns the recorder of the call that runs in this thread, or None."""
        return self._calls.get(threading.get_ident())

    def _wrap_generate(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def generate(*args: Any, **kwargs: Any) -> Any:
            call = self.active()
            if call is not None:
                return _nested(call, original, args, kwargs)
            with self._idle:
                if not self._accepting:
                    return original(*args, **kwargs)
                self._in_flight += 1
            try:
                return self._record_call(original, args, kwargs)
            finally:
                with self._idle:
                    self._in_flight -= 1
                    self._idle.notify_all()

        return generate

    def _record_call(
        self, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        arguments = _named_arguments(args, kwargs)
        if not self._is_accepted(lambda: judge_arguments(self._model, arguments), arguments):
            return original(*args, **kwargs)
        assert self._writing is not None
        shares = ShareWriter(self._model, self._anatomy) if Signals(self._config).accounting else None
        begin = functools.partial(self._writing.begin_call, shares=shares)
        call = CallRecorder(self._anatomy, self._layers, self._transfer, self._writing.background, begin)
        call.generate_arguments = arguments
        thread = threading.get_ident()
        self._calls[thread] = call
        result, failure = None, None
        on_cpu = self._model.device.type == "cpu"
        try:
            with self._writing.background.resting() if on_cpu else nullcontext():
                result = original(*args, **kwargs)
        except BaseException as error:
            failure = error
            raise
        finally:
            if self._calls.pop(thread, None) is not None:
                self._end_call(call, result, failure)
            self._writing.budget.release()
        return result

    def _end_call(self, call: CallRecorder, result: Any, failure: BaseException | None) -> None:
        self._interrupted |= failure is not None and call.is_begun
        try:
            call.end(result, failure)
        except Exception as error:
            call.fail("the end of the call", error)

    def _is_accepted(self, judge: Callable[[], None], arguments: dict[str, Any]) -> bool:
        """Whether the call is recorded; a refusal is raised, or noted where calls may be skipped."""
        try:
            judge()
        except UnsupportedCallError as error:
            if self._config.unsupported == "skip":
                assert self._writing is not None
                self._writing.note_unrecorded(str(error))
                return False
            self._refuse(error, arguments)
            raise
        return True

    def _refuse(self, error: TracerError, arguments: dict[str, Any]) -> None:
        """Notes a call that is about to be refused, and lets whoever reads its streamer go on."""
        assert self._writing is not None
        self._writing.note_unrecorded(str(error))
        self._refused, self._refused_in = error, threading.get_ident()
        streamer = arguments.get("streamer")
        if streamer is not None:
            streamer.end()

    def _wrap_generate_batch(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_batch(*args: Any, **kwargs: Any) -> Any:
            if self._accepting:
                self._is_accepted(lambda: judge_batch_call(kwargs), kwargs)
            return original(*args, **kwargs)

        return generate_batch

    def _wrap_get_logits_processor(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_logits_processor(*args: Any, **kwargs: Any) -> Any:
            processors = original(*args, **kwargs)
            call = self.active()
            if call is None or call.nested:
                return processors
            resolved, model_kwargs = kwargs["generation_config"], kwargs.get("model_kwargs") or {}
            judge = functools.partial(judge_resolved, self._model, resolved, model_kwargs)
            if not self._is_accepted(judge, call.generate_arguments):
                return processors
            try:
                recorded = call.take_processors(self._model, processors, kwargs)
                assert self._writing is not None
                call.fit(self._writing.budget.fit)
                return recorded
            except BudgetError as error:
                self._refuse(error, call.generate_arguments)
                raise
            except Exception as error:
                self._report("settings", error)
                return processors

        return get_logits_processor

    def _wrap_get_stopping_criteria(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_stopping_criteria(*args: Any, **kwargs: Any) -> Any:
            criteria = original(*args, **kwargs)
            call = self.active()
            if call is None or call.nested:
                return criteria
            try:
                return call.take_criteria(criteria)
            except Exception as error:
                self._report("settings", error)
                return criteria

        return get_stopping_criteria

    def _report(self, where: str, error: BaseException) -> None:
        if self._writing is not None:
            self._writing.report_fault(where, error)


def _check_layers(config: RecordingConfig, count: int) -> None:
    strangers = [layer for layer in config.layers or () if not 0 <= layer < count]
    if strangers and count:
        raise ValueError(
            f"layers={config.layers!r} names layer {strangers[0]}, and this model has {count} (0 to {count - 1}). "
            f"Type layers=range({count}) or leave it out."
        )


def _forget(model: Any) -> None:
    with _recorded_lock:
        _recorded.pop(id(model), None)


def _nested(
    call: CallRecorder, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Runs a `generate` inside a `generate` on the same model (token healing): part of the outer call, unrecorded."""
    call.nested += 1
    try:
        return original(*args, **kwargs)
    finally:
        call.nested -= 1


def _named_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Names positional arguments as `generate` does."""
    names = list(inspect.signature(GenerationMixin.generate).parameters)[1:]
    return {**dict(zip(names, args, strict=False)), **kwargs}
