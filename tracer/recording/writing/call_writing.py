"""The writer's side of one call: turns shipments into arrays and rows, and decides when a shard is full.

Runs on the writer's thread only. Holds the call's document, which rows still generate, and what accounting needs
of the last forward.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from tracer.analysis.statistics import smallest_noise
from tracer.recording.listening.call_setup import CallSetup
from tracer.recording.listening.forward_capture import ForwardSummary
from tracer.recording.signals import Signals
from tracer.recording.transport.parcels import Parcel
from tracer.recording.transport.transfer import HostArray, Shipment
from tracer.recording.writing.exact import draw_noise, narrow
from tracer.recording.writing.forward_rows import forward_row, pack_mask
from tracer.recording.writing.prefix import share_prefix
from tracer.recording.writing.shares import ShareWriter, accounted_ids
from tracer.recording.writing.step_rows import RowStages, check_widths
from tracer.schema import AttentionInfo, CallInfo, Missing
from tracer.store.format import forward_entry, layers_name, parse_layers, stage_entry, step_entry
from tracer.store.stages import Form, StoredStage
from tracer.store.writer import CallWriter

SHARD_STEPS = 32
SHARD_BYTES = 64 * 10**6


@dataclass(slots=True)
class StepCapture:
    """One round of the loop. The shipment: the stages, the chosen tokens, the verdicts, and in round 0 the prompt."""

    index: int
    forward: int
    position: int  # that the chosen token takes, and the number of positions seen
    num_stages: int
    num_verdicts: int
    shipment: Shipment
    random_state: torch.Tensor | None
    device: torch.device  # where the draw is made
    processors_ms: float
    choice_ms: float
    at_ms: float
    waited_ms: float


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended."""

    error: BaseException | None
    elapsed_ms: float
    num_steps: int


class CallWriting:
    """Writes one call. `report` receives faults."""

    def __init__(
        self,
        info: CallInfo,
        setup: CallSetup,
        signals: Signals,
        shares: ShareWriter | None,
        report: Callable[..., None],
    ) -> None:
        self.signals = signals
        self.info = info
        self._opened: CallWriter | None = None
        self._setup = setup
        self._report = report
        self._unfinished = np.ones(setup.num_rows, dtype=bool)
        self._logits_dtype = "float32"
        self._shares = shares
        self._has_accounting = False
        self.is_faulted = False

    def open(self, call: CallWriter) -> None:
        """Gives the call its place on disk; the first job of every call."""
        self._opened = call

    @property
    def _call(self) -> CallWriter:
        if self._opened is None:
            raise RuntimeError("The call's folder could not be made; nothing of it is stored.")
        return self._opened

    def report_fault(self, where: str, error: BaseException, step: int | None = None) -> None:
        """Marks the call faulted; may be called from the generating thread."""
        self.is_faulted = True
        self._report(where, error, self.info.index, step)

    def job(self, action: Callable[[], None]) -> Callable[[], None]:
        """Returns a job for the writer's thread; what it raises ends the recording of this call only."""

        def run() -> None:
            try:
                action()
            except Exception as error:
                self.report_fault("the writer", error)

        return run

    # -- forwards ---------------------------------------------------------------------------------------------

    def write_forward(self, summary: ForwardSummary, parcel: Parcel) -> None:
        """Stores one forward's row and arrays."""
        if self.is_faulted:
            return
        arrays = dict(parcel.unpack())
        index = summary.place.index
        if index == 0:
            self._describe_attention(summary)
            self._logits_dtype = summary.logits_dtype
        changed = arrays.pop("changed_positions", None)
        row = forward_row(summary, masks := [])
        row["changed_positions"] = None if changed is None else bool(changed.values.any())
        if summary.place.prefix_len:
            row.update(self._share_prefix(summary.place.prefix_len, arrays))
        for name, array in arrays.items():
            if name.startswith("masks/"):
                packed, mask_row = pack_mask(array)
                masks.append(mask_row)
                self._call.add_array(forward_entry(index, name), packed, dtype=_stored_dtype(array, packed))
            elif not name.startswith(("streams/", "added/")):
                self._call.add_array(forward_entry(index, name), array.values, dtype=array.dtype)
        self._write_streams(summary, arrays)
        self._call.add_row("forwards", row)
        if self._shares is not None and not summary.place.is_auxiliary:
            self._shares.take_forward(index, arrays, self._logits_dtype)

    def _share_prefix(self, prefix_len: int, arrays: dict[str, HostArray]) -> dict[str, object]:
        """Leaves out of `arrays` the prefix that an earlier call holds; returns the columns that name it."""
        shared = share_prefix(self._call.trace_path, self.info, prefix_len, arrays)
        if shared is None:
            return {}
        return {"prefix_call": shared.call, "prefix_shared": shared.length}

    def _write_streams(self, summary: ForwardSummary, arrays: dict[str, HostArray]) -> None:
        if not self.signals.config.keeps_step(summary.place.step):
            return
        for name, array in arrays.items():
            family = name.split("/", 1)[0]
            extent = {
                "streams": self.signals.config.hidden_states,
                "added": self.signals.config.additions,
            }.get(family)
            if extent in (None, "none"):
                continue
            layers = parse_layers(name)
            shift = 1 if family == "streams" else 0  # stream k + 1 is what layer k returned
            kept = [i for i, layer in enumerate(layers) if self._keeps(layer - shift, summary.num_layers)]
            if not kept:
                continue
            values = array.values if extent == "all" else array.values[:, :, -1:]
            values = values if len(kept) == len(layers) else values[kept]
            signal = name.rsplit("/", 1)[0].replace("streams", "hidden_states").replace("added", "additions")
            entry = f"{signal}/{layers_name([layers[i] for i in kept])}"
            self._call.add_array(forward_entry(summary.place.index, entry), values, dtype=array.dtype)

    def _keeps(self, layer: int, num_layers: int) -> bool:
        """Whether what a layer returned or added is stored; -1 is the embedding, num_layers the final norm."""
        return layer < 0 or (layer < num_layers and self.signals.config.keeps_layer(layer))

    def _describe_attention(self, summary: ForwardSummary) -> None:
        self.update_info(attention=AttentionInfo(layers=summary.attention))
        self.add_missing(summary.missing)

    # -- steps ------------------------------------------------------------------------------------------------

    def write_step(self, step: StepCapture) -> None:
        """Stores one round: stages, candidates and one row per sequence that was still generating."""
        if self.is_faulted:
            return
        arrays = step.shipment.arrays()
        stages = [array.as_float32() for array in arrays[: step.num_stages]]
        check_widths(step.index, stages, self.info.processors)
        tokens = arrays[step.num_stages].values.astype(np.int64)
        verdicts = [array.values.astype(bool) for array in arrays[step.num_stages + 1 :][: step.num_verdicts]]
        if step.index == 0:
            self._describe_prompt(arrays[-1].values)
        noise = (
            None
            if step.random_state is None
            else draw_noise(step.random_state, stages[-1].shape, step.device)
        )
        candidates = {}
        for row in np.flatnonzero(self._unfinished):
            candidates[int(row)] = self._write_row(
                step, int(row), [stage[row] for stage in stages], int(tokens[row]), verdicts
            )
        self._write_round(step, stages[0], candidates, noise, tokens)
        if verdicts:
            self._unfinished &= ~np.logical_or.reduce(np.broadcast_arrays(*verdicts))
        if self._call.pending_steps >= SHARD_STEPS or self._call.pending_bytes >= SHARD_BYTES:
            self._call.flush()

    def _write_row(
        self,
        step: StepCapture,
        row: int,
        scores: list[npt.NDArray[np.float32]],
        token_id: int,
        verdicts: list[npt.NDArray[np.bool_]],
    ) -> npt.NDArray[np.int32]:
        stages = RowStages(tuple(_share_equal(scores)))
        ids = stages.candidate_ids(token_id, self.signals.config.candidates)
        columns = stages.candidate_columns(ids)
        count = len(columns["stage"])
        place = {"sequence": np.full(count, row, np.int32), "step": np.full(count, step.index, np.int32)}
        self._call.add_columns("candidates", {**place, **columns})
        stored = self._write_stages(step.index, row, stages)
        row_verdicts = [bool(np.broadcast_to(verdict, self._unfinished.shape)[row]) for verdict in verdicts]
        self._call.add_row(
            "steps",
            {
                "sequence": row,
                "step": step.index,
                "forward": step.forward,
                "phase": "prefill" if step.index == 0 else "decode",
                "position": step.position,
                "kv_len": step.position,
                **stages.step_columns(token_id),
                "form_by_stage": [str(item.form) for item in stored],
                "scale_by_stage": [item.scale for item in stored],
                "verdicts": row_verdicts,
                "is_finished": any(row_verdicts),
                "processors_ms": step.processors_ms,
                "choice_ms": step.choice_ms,
                "at_ms": step.at_ms,
                "waited_ms": step.waited_ms,
            },
        )
        return ids

    def _write_stages(self, step: int, row: int, stages: RowStages) -> list[StoredStage]:
        keeps = self.signals.config.keeps_step(step)
        stored = [StoredStage(Form.SAME if self.signals.logits and keeps else Form.NONE)]
        if not (self.signals.scores and keeps):
            return stored + [StoredStage(Form.NONE)] * (len(stages.scores) - 1)
        for stage, item in stages.encoded(self._setup.scale_hints, dense=self._dense_stages()):
            stored.append(item)
            if item.ids is not None:
                self._call.add_array(stage_entry(step, row, stage, "ids"), item.ids)
            if item.values is not None:
                self._call.add_array(stage_entry(step, row, stage, "values"), item.values)
        return stored

    def _dense_stages(self) -> frozenset[int]:
        """Stages stored whole: all when asked, the first when there are no logits below, and those not rebuildable."""
        processors = self._setup.processors
        if self.signals.dense_scores:
            return frozenset(range(1, len(processors) + 1))
        dense = {info.stage for info in processors if not info.is_rebuildable}
        return frozenset(dense if self.signals.logits else dense | {1})

    def _write_round(
        self,
        step: StepCapture,
        logits: npt.NDArray[np.float32],
        candidates: dict[int, npt.NDArray[np.int32]],
        noise: npt.NDArray[np.float32] | None,
        tokens: npt.NDArray[np.int64],
    ) -> None:
        keeps = self.signals.config.keeps_step(step.index)
        if self.signals.logits and keeps:
            stored = narrow(logits, self._logits_dtype)
            self._call.add_array(step_entry(step.index, "logits"), stored.values, dtype=stored.dtype)
        if step.random_state is not None and noise is not None:
            state = step.random_state.numpy().astype(np.uint8)
            self._call.add_array(step_entry(step.index, "random_state"), state)
            self._write_noise(step.index, noise, candidates)
        if self._shares is not None and keeps and candidates:
            self._shares.write(
                self._call, (step.index, step.forward), logits, accounted_ids(candidates, tokens)
            )
            self._note_accounting()

    def _write_noise(
        self, step: int, noise: npt.NDArray[np.float32], candidates: dict[int, npt.NDArray[np.int32]]
    ) -> None:
        chosen = [
            smallest_noise(noise[row], candidates.get(row, np.empty(0, np.int32)))
            for row in range(len(noise))
        ]
        width = max(len(ids) for ids in chosen)
        ids = np.stack([_pad(row_ids, width) for row_ids in chosen])
        values = np.take_along_axis(noise, ids, axis=1)
        self._call.add_array(step_entry(step, "noise/ids"), ids)
        self._call.add_array(step_entry(step, "noise/values"), values)

    def _describe_prompt(self, input_ids: npt.NDArray[np.generic]) -> None:
        mask = self._setup.prompt_mask
        self.update_info(
            prompt_ids=input_ids.tolist(),
            prompt_len=int(input_ids.shape[1]),
            prompt_mask=None if mask is None else mask.to("cpu", torch.int64).tolist(),
        )

    def _note_accounting(self) -> None:
        shares = self._shares
        if shares is None or self._has_accounting:
            return
        self._has_accounting = True
        if shares.missing is not None:
            self.add_missing([Missing(signal="accounting", reason=shares.missing)])
        else:
            self.update_info(accounting=shares.info, notes=[*self.info.notes, *shares.notes])

    # -- documents --------------------------------------------------------------------------------------------

    def update_info(self, **changes: object) -> None:
        """Replaces fields of the call's document, in memory and on disk."""
        self.info = self.info.model_copy(update=changes)
        self._call.write_info(self.info)

    def add_missing(self, missing: list[Missing]) -> None:
        """Adds signals that are not there, each with its reason."""
        if missing:
            self.update_info(missing=[*self.info.missing, *missing])

    def end(self, end: CallEnd) -> None:
        """Writes the last shard and the final document."""
        status = "complete" if end.error is None else "interrupted"
        self.info = self.info.model_copy(
            update={
                "status": "faulted" if self.is_faulted else status,
                "error": None if end.error is None else f"{type(end.error).__name__}: {end.error}",
                "elapsed_ms": end.elapsed_ms,
                "num_steps": end.num_steps,
            }
        )
        self._call.end(self.info)


def _share_equal(scores: list[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.float32]]:
    """Replaces a stage that has the same memory as the one before by the same object."""
    shared = scores[:1]
    for stage in scores[1:]:
        same = stage.__array_interface__["data"][0] == shared[-1].__array_interface__["data"][0]
        shared.append(shared[-1] if same else stage)
    return shared


def _pad(ids: npt.NDArray[np.int32], width: int) -> npt.NDArray[np.int32]:
    """Repeats the last id, so that the rows of a batch have one length."""
    return np.concatenate([ids, np.full(width - len(ids), ids[-1], dtype=np.int32)])


def _stored_dtype(mask: HostArray, packed: npt.NDArray[np.generic]) -> str:
    return "uint8" if packed.dtype == np.uint8 else mask.dtype
