"""One `generate` call as its hooks see it: which forward runs, which stage was reached, what was chosen.

The state machine of recording, used by one thread. It takes tensors and hands them to the writer; it reads no
value of any tensor, so it never waits for the device. A fault of its own ends the recording of the call, not the
call.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import LogitsProcessorList, StoppingCriteriaList

from tracer.recording.description.parameters import mutates_input
from tracer.recording.listening.caches import LayerCache, cache_of, describe_layers
from tracer.recording.listening.call_setup import DRAWING_DEVICES, CallSetup, describe_setup
from tracer.recording.listening.forward_capture import ForwardCapture, ForwardPlace
from tracer.recording.listening.interface import current_listener, set_listener
from tracer.recording.listening.processors import RecordingStoppingCriteriaList, with_recorders
from tracer.recording.listening.recomputed import RecomputedKeys
from tracer.recording.model.anatomy import Anatomy, LayerAnatomy
from tracer.recording.signals import Signals
from tracer.recording.transport.pipeline import BackgroundWriter
from tracer.recording.transport.transfer import HostTransfer, timing_event
from tracer.recording.writing.call_writing import CallEnd, CallWriting, StepCapture


class CallRecorder:
    """Records one call. `begin_writing` makes the writer's side once the call's settings are known."""

    def __init__(
        self,
        anatomy: Anatomy,
        layers: dict[int, int],
        transfer: HostTransfer,
        writer: BackgroundWriter,
        begin_writing: Callable[[CallSetup], CallWriting],
    ) -> None:
        self.anatomy = anatomy
        self.layers = layers
        self.num_layers = len(anatomy.layers)
        self.nested = 0
        self.is_faulted = False
        self.is_begun = False
        self._cache_indices = {layer.index: _cache_index(layer) for layer in anatomy.layers}
        self._transfer = transfer
        self._writer = writer
        self._begin_writing = begin_writing
        self._started = time.perf_counter()
        self._writing: CallWriting | None = None
        self._setup: CallSetup | None = None
        self._round = 0
        self._forward_index = 0
        self._last_forward = 0
        self._past_len = 0
        self._stored_len = 0
        self._caches: tuple[LayerCache, ...] = ()
        self._in_choice = False
        self._stages: list[torch.Tensor] = []
        self._stage_ended = 0.0
        self._random_state: torch.Tensor | None = None
        self._held: StepCapture | None = None
        self._outer_listener: Any = current_listener()
        self._waited_ms = 0.0
        self._must_clone: list[bool] = []
        self.generate_arguments: dict[str, Any] = {}
        self.recomputed = RecomputedKeys()

    # -- settings ---------------------------------------------------------------------------------------------

    def take_processors(
        self, model: Any, processors: LogitsProcessorList, kwargs: dict[str, Any]
    ) -> LogitsProcessorList:
        """Notes the resolved settings and returns the list with recorders in it."""
        self._setup = describe_setup(model, processors, kwargs, self.generate_arguments)
        foreign = [mutates_input(processor) for processor in processors]
        # A foreign processor may write into what it is given, or into what it returned the round before.
        self._must_clone = [
            before or after for before, after in zip([False, *foreign], [*foreign, False], strict=True)
        ]
        config = kwargs["generation_config"]
        if config.return_dict_in_generate:  # these tensors are handed to the user, who may write to them
            self._must_clone[0] |= bool(config.output_logits)
            self._must_clone[-1] |= bool(config.output_scores)
        return with_recorders(processors, self)

    def fit(self, fit: Callable[[CallSetup], CallSetup]) -> None:
        """Lets `fit` narrow what the call keeps; when it raises, the call goes unrecorded."""
        setup, self._setup = self._setup, None
        if setup is not None:
            self._setup = fit(setup)

    def take_criteria(self, criteria: StoppingCriteriaList) -> StoppingCriteriaList:
        """Returns the criteria as a list that notes verdicts, and opens the call in the trace."""
        if self._setup is None:
            return criteria
        self._setup = self._setup.with_criteria(criteria)
        self._writing = self._begin_writing(self._setup)
        self.is_begun = True
        return RecordingStoppingCriteriaList(criteria, self)

    @property
    def signals(self) -> Signals:
        """What is kept."""
        assert self._writing is not None
        return self._writing.signals

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return 0 if self._setup is None else self._setup.num_rows

    @property
    def is_cuda(self) -> bool:
        """Whether the model computes on CUDA."""
        return self._setup is not None and self._setup.device.type == "cuda"

    @property
    def is_cache_visible(self) -> bool:
        """Whether the user holds the cache, or gets it back, and so could overwrite what it holds."""
        return self._setup is not None and self._setup.is_cache_visible

    @property
    def is_listening(self) -> bool:
        """Whether hooks should take anything now."""
        writing = self._writing
        return writing is not None and not (self.is_faulted or writing.is_faulted) and self.nested == 0

    # -- forwards ---------------------------------------------------------------------------------------------

    def start_forward(self, kwargs: dict[str, Any]) -> None:
        """Begins a capture; called before the model's forward."""
        assert self._setup is not None
        cache = cache_of(kwargs)
        if self._forward_index == 0:
            self._caches = describe_layers(cache)
            self._past_len = max((layer.length for layer in self._caches), default=0)
            self._stored_len = self._past_len
        capture = ForwardCapture(
            place=self._place(cache),
            signals=self.signals,
            layers=self.layers,
            inputs=kwargs,
            cache_before=self._caches,
            call=self,
        )
        capture.note_offsets(self._cache_indices)
        if self.is_cuda:
            capture.events = (timing_event(), timing_event())
            capture.events[0].record()
        set_listener(capture)
        capture.started = time.perf_counter()

    def _place(self, cache: Any) -> ForwardPlace:
        assert self._setup is not None
        return ForwardPlace(
            index=self._forward_index,
            step=self._round,
            is_auxiliary=self._in_choice,
            position_start=0 if cache is None else self._past_len,
            prefix_len=self._past_len if self._forward_index == 0 else 0,
            stored_len=self._stored_len,
            prompt_len=self._setup.prompt_len,
            rounds_ahead=self._setup.max_new_tokens,
        )

    def end_forward(self, output: Any) -> None:
        """Ends the capture and queues what it took; called behind the model's forward."""
        capture = current_listener()
        set_listener(self._outer_listener)
        if not isinstance(capture, ForwardCapture) or capture.call is not self or self._writing is None:
            return
        capture.elapsed_ms = (time.perf_counter() - capture.started) * 1e3
        if capture.events is not None:
            capture.events[1].record()
        total = capture.place.position_start + capture.query_len
        if not capture.place.is_auxiliary:
            self._caches = capture.layer_states(total)
            self._past_len = total
            self._last_forward = capture.place.index
        parcel = capture.pack().ship(self._transfer)
        if not capture.place.is_auxiliary:
            self._stored_len = max(self._stored_len, total)
        summary = capture.summarize(self._caches, (capture.started - self._started) * 1e3, output)
        writing = self._writing
        summary.waited_ms, self._waited_ms = self._waited_ms, 0.0
        self._waited_ms += self._writer.put(
            parcel.nbytes, writing.job(lambda: writing.write_forward(summary, parcel))
        )
        self._forward_index += 1

    # -- the choice -------------------------------------------------------------------------------------------

    def on_stage(self, stage: int, input_ids: torch.Tensor, scores: torch.Tensor) -> None:
        """Takes the scores of one stage, (rows, vocab); 0 are the raw logits."""
        if not self.is_listening:
            return
        try:
            if stage == 0:
                self._in_choice = True
                self._stages = []
                self._choice_started = time.perf_counter()
                self._input_ids = input_ids.clone() if self._round == 0 else input_ids
            self._stages.append(scores.clone() if self._must_clone[stage] else scores)
            if stage == len(self._must_clone) - 1:
                self._stage_ended = time.perf_counter()
                self._random_state = self._read_random_state(scores.device)
        except Exception as error:
            self.fail("logits processors", error)

    def _read_random_state(self, device: torch.device) -> torch.Tensor | None:
        assert self._setup is not None
        if self._setup.mode == "greedy" or device.type not in DRAWING_DEVICES:
            return None
        return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()

    def on_verdict(self, input_ids: torch.Tensor, verdicts: list[torch.Tensor]) -> None:
        """Takes the chosen tokens and every criterion's verdict; queues the step before, holds this one."""
        if not self.is_listening or self._writing is None or not self._stages:
            return
        try:
            now = time.perf_counter()
            tensors = [
                *self._stages,
                input_ids[:, -1].clone(),
                *(verdict.reshape(-1) for verdict in verdicts),
            ]
            if self._round == 0:
                tensors.append(self._input_ids)
            step = StepCapture(
                index=self._round,
                forward=self._last_forward,
                position=self._past_len,
                num_stages=len(self._stages),
                num_verdicts=len(verdicts),
                shipment=self._transfer.ship(tensors),
                random_state=self._random_state,
                device=self._stages[-1].device,
                processors_ms=(self._stage_ended - self._choice_started) * 1e3,
                choice_ms=(now - self._stage_ended) * 1e3,
                at_ms=(now - self._started) * 1e3,
                waited_ms=self._waited_ms,
            )
            self._waited_ms = 0.0
            self._send_held()
            self._held = step
            self._round += 1
            self._in_choice = False
            self._stages = []
        except Exception as error:
            self.fail("stopping criteria", error)

    def _send_held(self) -> None:
        step, writing = self._held, self._writing
        if step is not None and writing is not None:
            self._held = None
            self._waited_ms += self._writer.put(
                step.shipment.nbytes, writing.job(lambda: writing.write_step(step))
            )

    # -- ends -------------------------------------------------------------------------------------------------

    def fail(self, where: str, error: BaseException) -> None:
        """Ends the recording of this call after a fault of recording itself; generation goes on."""
        if self.is_faulted:
            return
        self.is_faulted = True
        set_listener(self._outer_listener)
        if self._writing is not None:
            self._writing.report_fault(where, error, self._round)

    def end(self, result: Any, error: BaseException | None) -> None:
        """Queues the last step and the end of the call."""
        set_listener(self._outer_listener)
        writing = self._writing
        if writing is None or self._setup is None:
            return
        if self._is_undone(result):
            self._held = None
            self._round -= 1
        self._send_held()
        self._writing = None
        end = CallEnd(
            error=error, elapsed_ms=(time.perf_counter() - self._started) * 1e3, num_steps=self._round
        )
        self._writer.put(0, writing.job(lambda: writing.end(end)))

    def _is_undone(self, result: Any) -> bool:
        """Whether transformers took the last round back (deferred stopping on MPS)."""
        sequences = getattr(result, "sequences", result)
        if not isinstance(sequences, torch.Tensor) or self._held is None or self._setup is None:
            return False
        return sequences.shape[1] - self._setup.prompt_len < self._round


def _cache_index(layer: LayerAnatomy) -> int:
    """The cache layer that a decoder layer writes to."""
    number = getattr(layer.attention_module, "layer_idx", None)
    return layer.index if number is None else int(number)
