"""The pages of the bar, in its order; the first one opens. The only list of them."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.screens import attention, compare, inside, run, step


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page of the bar; `has_trace`: it shows the trace on screen, below the token strip."""

    name: str
    show: Callable[[], None]
    has_trace: bool = True


PAGES = (
    PageEntry("step", step.show),
    PageEntry("attention", attention.show),
    PageEntry("inside", inside.show),
    PageEntry("compare", compare.show),
    PageEntry("run", run.show, has_trace=False),
)
