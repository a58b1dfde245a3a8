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
from tracer.recording.call_outline import outline_call
from tracer.recording.call_setup import CallSetup
from tracer.recording.model_outline import ModelOutline, outline_model
from tracer.recording.planning import Plan, plan_call
from tracer.schema import Missing
from tracer.store.format import RESERVE, call_folder


@dataclass(frozen=True, slots=True)
class _Cut:
    """One way to take less: a signal goes down to `extent`; `what` names the part that is lost."""

    signal: str
    extent: str
    what: str = ""


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

    Args:
        config: resolved, with a budget.
        plan_of: gives the plan of the coming call under a configuration.
        remaining_bytes: of the budget.

    Raises:
        BudgetError: even the tables alone take more.
    """
    assert config.budget_bytes is not None
    used = config.budget_bytes - remaining_bytes
    name = config.budget if isinstance(config.budget, str) else format_bytes(config.budget_bytes)
    missing: dict[str, Missing] = {}
    needed = plan_of(config).safe_bytes
    for cut in _CUTS:
        if needed <= remaining_bytes:
            break
        if _SIZES[getattr(config, cut.signal)] <= _SIZES[cut.extent]:
            continue
        smaller = replace(config, **{cut.signal: cut.extent})
        less = plan_of(smaller).safe_bytes
        if less < needed:
            what = f"{cut.what} " if cut.what else ""
            reason = f"{what}left out to keep the budget of {name} (planned {format_bytes(used + needed)} with it)"
            missing[cut.signal] = Missing(signal=cut.signal, reason=reason)
            config, needed = smaller, less
    if needed > remaining_bytes:
        raise BudgetError(
            f"The budget of {name} cannot be kept: {format_bytes(max(remaining_bytes, 0))} of it remain, and even "
            f"the tables of this call alone can take {format_bytes(needed)}. Generate fewer tokens, or type "
            f"budget={_enough(used + needed)!r} (--budget {_enough(used + needed)})."
        )
    return config, tuple(missing.values())


def _enough(size: int) -> str:
    """A size with a unit that is at least `size` bytes and can be typed."""
    return f"{-(-size // 1000)}kB" if size < 10**6 else f"{-(-size // 10**6)}MB"


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

            config, missing = fit_budget(self._config, plan_of, self._remaining_bytes())
            self._reserved[threading.get_ident()] = _Reserved(plan_of(config).safe_bytes)
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
            and file.relative_to(self._path).parts[0] not in open_folders
        )
        return self._config.budget_bytes - written - sum(item.nbytes for item in self._reserved.values())
