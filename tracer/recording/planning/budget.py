"""Keeping a budget: which signals a call gives up so that the whole trace stays below the bytes that were allowed.

Signals go in one fixed order, from what can be had again to what cannot, and each is named with the reason. Every
call is planned before it generates, at the most that it can take; what earlier calls left over is used. Deletes
nothing that was written.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracer.config import RecordingConfig, format_bytes
from tracer.errors import BudgetError
from tracer.recording.listening.call_setup import CallSetup
from tracer.recording.planning.call_outline import outline_call
from tracer.recording.planning.call_plan import Plan, plan_call
from tracer.recording.planning.model_outline import ModelOutline, outline_model
from tracer.schema import Missing
from tracer.store.format import REPLACED, RESERVE, call_folder


@dataclass(frozen=True, slots=True)
class _Cut:
    """One way to take less: a signal goes down to `extent`; `what` names the part that is lost."""

    signal: str
    extent: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class _Done:
    """A cut that was made, what the signal was kept to before, and what the trace would take without it."""

    cut: _Cut
    extent_before: str
    planned_bytes: int


_CUTS = (
    _Cut("scores", "last", "the dense copy of every stage"),  # stages are rebuilt from what changed
    _Cut("additions", "last", "all positions but the sampled one"),
    _Cut("hidden_states", "last", "all positions but the sampled one"),
    _Cut("additions", "none"),
    _Cut("queries", "last", "all positions but the sampled one"),
    _Cut("queries", "none"),
    _Cut("keys_values", "none"),
    _Cut("hidden_states", "none"),
    _Cut("accounting", "none"),
    _Cut("scores", "none"),
    _Cut("logits", "none"),
)
"""In this order: first what is derived or bulky, last what every question about a token needs."""

_SIZES = {"none": 0, "last": 1, "auto": 2, "all": 3}


def fit_budget(
    config: RecordingConfig, plan_of: Callable[[RecordingConfig], Plan], remaining_bytes: int
) -> tuple[RecordingConfig, tuple[Missing, ...]]:
    """Returns the configuration whose plan fits into what remains of its budget, and the signals left out.

    What was given up in vain, because only a later cut made the call fit, is taken back.

    Args:
        config: resolved, with a budget.
        plan_of: gives the plan of the coming call under a configuration.
        remaining_bytes: of the budget.

    Raises:
        BudgetError: even the tables alone take more.
    """
    assert config.budget_bytes is not None
    used = config.budget_bytes - remaining_bytes
    needed = plan_of(config).safe_bytes
    done: list[_Done] = []
    for cut in _CUTS:
        extent = getattr(config, cut.signal)
        if needed <= remaining_bytes or _SIZES[extent] <= _SIZES[cut.extent]:
            continue
        smaller = _with(config, cut.signal, cut.extent)
        less = plan_of(smaller).safe_bytes
        if less < needed:
            done.append(_Done(cut, extent, used + needed))
            config, needed = smaller, less
    if needed > remaining_bytes:
        raise _unkeepable(config, remaining_bytes, used, needed)
    for item in reversed(done[:-1]):
        larger = _with(config, item.cut.signal, item.extent_before)
        is_current = getattr(config, item.cut.signal) == item.cut.extent
        if is_current and plan_of(larger).safe_bytes <= remaining_bytes:
            config = larger
            done.remove(item)
    last = {item.cut.signal: item for item in done}
    return config, tuple(_missing(item, config) for item in done if last[item.cut.signal] is item)


def _with(config: RecordingConfig, signal: str, extent: str) -> RecordingConfig:
    changes: dict[str, Any] = {signal: extent}
    return replace(config, **changes)


def _missing(item: _Done, config: RecordingConfig) -> Missing:
    what = f"{item.cut.what} " if item.cut.what else ""
    planned = format_bytes(item.planned_bytes)
    reason = f"{what}left out to keep the budget of {_budget(config)} (planned {planned} with it)"
    return Missing(signal=item.cut.signal, reason=reason)


def _unkeepable(config: RecordingConfig, remaining: int, used: int, needed: int) -> BudgetError:
    return BudgetError(
        f"The budget of {_budget(config)} cannot be kept: {format_bytes(max(remaining, 0))} of it remain, and "
        f"even the tables of this call alone can take {format_bytes(needed)}. Generate fewer tokens, or type "
        f"budget={_enough(used + needed)!r} (--budget {_enough(used + needed)})."
    )


def _budget(config: RecordingConfig) -> str:
    assert config.budget_bytes is not None
    return config.budget if isinstance(config.budget, str) else format_bytes(config.budget_bytes)


def _enough(size: int) -> str:
    """A size with a unit that is at least `size` bytes and can be typed."""
    return f"{-(-size // 1000)}kB" if size < 10**6 else f"{-(-size // 10**6)}MB"


_REASONS_BYTES = 2_000
"""So much the reasons for what was left out take at most in a call's document."""


@dataclass(slots=True)
class _Reserved:
    """What an open call may still write, and the folder that it writes to."""

    nbytes: int
    folder: str | None = None


class BudgetKeeper:
    """The budget of one trace. Calls in several threads share it; each reserves what it may take."""

    def __init__(self, model: Any, path: Path, config: RecordingConfig, drain: Callable[[], None]) -> None:
        self._model = model
        self._path = path
        self._config = config
        self._drain = drain
        self._outline: ModelOutline | None = None
        self._lock = threading.Lock()
        self._reserved: dict[int, _Reserved] = {}

    def fit(self, setup: CallSetup) -> CallSetup:
        """Returns the setup with what the budget leaves of the configuration, and reserves that.

        Waits until what was queued is on disk, so that what is left does not depend on the writer's pace.

        Raises:
            BudgetError: even the tables of the call alone take more than what is left.
        """
        if self._config.budget is None:
            return setup
        call = outline_call(setup)
        with self._lock:
            self._drain()
            outline = self._outline = self._outline or outline_model(self._model)

            def plan_of(config: RecordingConfig) -> Plan:
                return plan_call(outline, call, config)

            config, missing = fit_budget(self._config, plan_of, self._remaining_bytes() - _REASONS_BYTES)
            nbytes = plan_of(config).safe_bytes + _REASONS_BYTES
            self._reserved[threading.get_ident()] = _Reserved(nbytes)
        return replace(setup, config=config, missing=(*setup.missing, *missing))

    def open_call(self, index: int) -> None:
        """Says where the call of this thread writes to."""
        with self._lock:
            reserved = self._reserved.get(threading.get_ident())
            if reserved is not None:
                reserved.folder = call_folder(index)

    def release(self) -> None:
        """Frees what the call of this thread reserved: from now on counts what is on disk."""
        with self._lock:
            self._reserved.pop(threading.get_ident(), None)

    def _remaining_bytes(self) -> int:
        assert self._config.budget_bytes is not None
        open_folders = {reserved.folder for reserved in self._reserved.values()}
        written = sum(
            file.stat().st_size
            for file in self._path.rglob("*")
            if file.is_file()
            and file.name != RESERVE
            and file.relative_to(self._path).parts[0] not in open_folders | {REPLACED}
        )
        return self._config.budget_bytes - written - sum(item.nbytes for item in self._reserved.values())
