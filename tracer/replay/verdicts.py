"""What verification answers: one `Check` for each claim, and the `Verification` of a trace.

Values, and the tally that counts single comparisons into checks; compares nothing itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The three answers."""

    HOLDS = "holds"
    FAILS = "fails"
    CANNOT_CHECK = "cannot_check"


@dataclass(frozen=True, slots=True)
class Check:
    """One answer. `call` and `row` are None where it is about all of them; `num_checked` counts comparisons.

    The detail of `cannot_check` begins "cannot be checked because".
    """

    name: str
    verdict: Verdict
    detail: str
    call: int | None = None
    row: int | None = None
    num_checked: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of one trace, or of a rerun of it."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing fails; what cannot be checked does not count against it."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that fail."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILS)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The checks that could not be made."""
        return tuple(check for check in self.checks if check.verdict is Verdict.CANNOT_CHECK)

    def named(self, name: str) -> tuple[Check, ...]:
        """Returns the checks of a name."""
        return tuple(check for check in self.checks if check.name == name)


def cannot_check(name: str, reason: str, *, call: int | None = None, count: int = 0) -> Check:
    """Returns the check that says why it could not be made; `reason` is a clause."""
    return Check(name, Verdict.CANNOT_CHECK, f"cannot be checked because {reason}", call, None, count)


@dataclass(slots=True)
class Tally:
    """Counts single comparisons of one kind in one call; `what` says what was counted, after the number."""

    name: str
    call: int | None
    what: str
    _num_held: int = 0
    _failures: dict[int | None, list[str]] = field(default_factory=dict)
    _reasons: dict[str, int] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)

    def hold(self, count: int = 1) -> None:
        """Counts comparisons that agree."""
        self._num_held += count

    def fail(self, detail: str, row: int | None = None) -> None:
        """Notes a comparison that does not agree."""
        self._failures.setdefault(row, []).append(detail)

    def judge(self, agrees: bool, detail: str, row: int | None = None) -> None:
        """Counts a comparison, whichever way it went; `detail` says what is wrong if it does not agree."""
        if agrees:
            self.hold()
        else:
            self.fail(detail, row)

    def skip(self, reason: str) -> None:
        """Notes a comparison that cannot be made."""
        self._reasons[reason] = self._reasons.get(reason, 0) + 1

    def note(self, detail: str) -> None:
        """Adds a remark to the check that holds."""
        self._notes.append(detail)

    def checks(self) -> Iterator[Check]:
        """Yields one check for each row that fails, else one that holds, and one for each reason not to."""
        for row, details in self._failures.items():
            more = "" if len(details) == 1 else f" (and {len(details) - 1} more)"
            count = self._num_held + len(details)
            yield Check(self.name, Verdict.FAILS, details[0] + more, self.call, row, count)
        for reason, count in self._reasons.items():
            of_them = "" if count == 1 else f" ({count} times)"
            yield cannot_check(self.name, reason + of_them, call=self.call, count=count)
        if not self._failures and (self._num_held or not self._reasons):
            detail = "; ".join([f"{self._num_held} {self.what}", *self._notes])
            yield Check(self.name, Verdict.HOLDS, detail, self.call, None, self._num_held)
