"""Progress of long loads, told to a callback instead of a bar that a library prints.

Holds the callback's type and a stand-in for transformers' progress bars; draws nothing itself.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: not known)."""


def ignore_progress(what: str, done: int, total: int) -> None:
    """Takes a report and does nothing with it."""


class ReportedBar:
    """Stands where transformers would show a progress bar, and reports to a callback.

    Takes tqdm's arguments, because transformers passes those; only what loading a model uses is here.
    """

    def __init__(
        self, report: Progress, iterable: Iterable[Any] | None, total: int | None, what: str
    ) -> None:
        self._report = report
        self._iterable = iterable
        self._total = total if total is not None else _length(iterable)
        self._what = what
        self.n = 0

    def __iter__(self) -> Iterator[Any]:
        for item in self._iterable or ():
            yield item
            self.update(1)

    def __enter__(self) -> "ReportedBar":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def update(self, amount: int = 1) -> None:
        """Counts `amount` more and reports."""
        self.n += amount
        self._report(self._what, self.n, self._total)

    def close(self) -> None:
        """Does nothing: a callback needs no closing."""

    def set_description(self, *args: object, **kwargs: object) -> None:
        """Takes a new label and keeps the first one."""

    set_postfix = set_description
    refresh = close


def _length(iterable: Iterable[Any] | None) -> int:
    try:
        return len(iterable)  # type: ignore[arg-type]
    except TypeError:
        return 0


@contextmanager
def reported_loading(report: Progress, what: str) -> Iterator[None]:
    """Sends the progress of what transformers loads inside the block to `report`; no bar is printed.

    Reading GGUF has a bar of its own that the hook does not reach; its name is replaced and put back.
    Source: transformers 5.17 and 5.23, utils/logging.py, set_tqdm_hook; modeling_gguf_pytorch_utils.py, tqdm.
    """
    from transformers import modeling_gguf_pytorch_utils as gguf_utils
    from transformers.utils import logging

    def make_bar(*args: Any, **kwargs: Any) -> ReportedBar:
        iterable = args[0] if args else kwargs.get("iterable")
        return ReportedBar(report, iterable, kwargs.get("total"), what)

    def answer_hook(factory: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ReportedBar:
        return make_bar(*args, **kwargs)

    gguf_bar = gguf_utils.tqdm
    previous = logging.set_tqdm_hook(answer_hook)
    gguf_utils.tqdm = make_bar
    try:
        yield
    finally:
        gguf_utils.tqdm = gguf_bar
        logging.set_tqdm_hook(previous)
