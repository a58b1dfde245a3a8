"""The runs of a class pack: which traces lie in a folder, and what the index says of each of their texts.

Draws no page. A text that ended before its first token is left out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import notable_steps
from tracer.errors import TraceNotFoundError
from tracer.pictures.notable import NotablePicture, notable_picture
from tracer.store import format as layout
from tracer.trace.sequence import Sequence
from tracer.trace.trace import Trace
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

_LONGEST = 200
_SENTENCE = re.compile(r"^.*?(?:[。！？]|[.!?](?=\s|$)|$)", re.DOTALL)
_ASCII = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Run:
    """One text of one trace; `file` is its page, beside the index; `prompt` None: taken out."""

    number: int
    title: str
    file: str
    model: str
    prompt: str
    has_prompt: bool
    answer: str
    count: str
    telling: str
    step: int
    sequence: Sequence


def folders_in(folder: Path) -> list[Path]:
    """Returns the folders of the traces in a folder and below it, by name; a trace's own folder is one.

    Raises:
        TraceNotFoundError: there is none.
    """
    found = [path.parent for path in folder.rglob(layout.MANIFEST) if layout.REPLACED not in path.parts]
    if not found:
        raise TraceNotFoundError(
            f"{str(folder)!r} holds no trace. Name the folder in which traces lie: "
            "tracer pack --class runs/ --to class.zip"
        )
    return sorted(found)


def runs_of(traces: list[Trace], lang: Language, *, is_named: bool) -> list[Run]:
    """Returns the runs, numbered from 1; without names (`is_named`) their titles say only the number."""
    sequences = [
        sequence for trace in traces for call in trace.calls for sequence in call.sequences if sequence.steps
    ]
    return [_run(number, one, lang, is_named) for number, one in enumerate(sequences, start=1)]


def _run(number: int, sequence: Sequence, lang: Language, is_named: bool) -> Run:
    trace = sequence.call.trace
    found = notable_picture(sequence, notable_steps(sequence, lint(trace)), lang)
    return Run(
        number=number,
        title=_title(number, sequence, lang) if is_named else compose("class.run", lang, number=str(number)),
        file=f"runs/{number:02d}{_ascii(trace.path.stem) if is_named else ''}.html",
        model=trace.model.name,
        prompt=_prompt(sequence, lang),
        has_prompt=not _is_redacted(trace),
        answer=_short(_first_sentence(sequence)),
        count=numbers.count(len(sequence.steps)),
        telling=_telling(found),
        step=found.opened_step or 0,
        sequence=sequence,
    )


def _title(number: int, sequence: Sequence, lang: Language) -> str:
    """The trace's name; where it holds several texts, also which of them."""
    trace, call = sequence.call.trace, sequence.call
    if len(trace.calls) == 1 and len(call.sequences) == 1:
        return trace.path.stem
    return compose(
        "class.one_of_several", lang, name=trace.path.stem, call=str(call.index), row=str(sequence.row)
    )


def _ascii(name: str) -> str:
    """A name that every system can write: small letters, digits, hyphens; nothing where none is left."""
    plain = _ASCII.sub("-", name.casefold()).strip("-")[:_LONGEST_NAME].strip("-")
    return f"-{plain}" if plain else ""


def _prompt(sequence: Sequence, lang: Language) -> str:
    if _is_redacted(sequence.call.trace):
        return compose("class.prompt_gone", lang, count=numbers.count(len(sequence.prompt_ids)))
    asked = [one.get("content", "") for one in sequence.call.info.messages or () if one.get("role") == "user"]
    return _short(asked[-1] if asked else sequence.prompt_text)


def _is_redacted(trace: Trace) -> bool:
    return trace.manifest.packed is not None and trace.manifest.packed.is_redacted


def _first_sentence(sequence: Sequence) -> str:
    vocabulary = sequence.call.trace.vocabulary
    text = vocabulary.text(sequence.token_ids, skip_special=True).strip()
    found = _SENTENCE.match(text)
    return found[0] if found else text


def _short(text: str) -> str:
    """One line; what is too long ends with three dots."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…"


def _telling(found: NotablePicture) -> str:
    return found.strongest[0].reason if found.strongest else ""
