"""From token ids to text: `Vocabulary`, read from a trace's own table, and `Piece`, one token of a text.

Needs no tokenizer. Text is joined from bytes, so that a character split over several tokens becomes whole,
and what never becomes whole shows its bytes. Encodes no text into ids, and knows nothing of markup.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tracer.errors import TraceFormatError
from tracer.store.tables import VOCABULARY
from tracer.store.vocabulary import End, Start, read_ends
from tracer.trace.text.glyphs import read_visible, show_bytes, show_invisible, split_characters


@dataclass(frozen=True, slots=True)
class Piece:
    """One token as part of a running text."""

    id: int
    text: str
    """Its part of the text; bytes of a half character as ⟨F0 9F⟩."""
    raw: bytes
    """What it adds to the text, in UTF-8."""
    is_special: bool
    part_of: str | None
    """The characters of which this token holds some bytes but not all, such as "🐈", or None."""


class Vocabulary:
    """The tokens of a trace. Without a table every token shows as its id, `#123`."""

    __slots__ = ("_by_bytes", "_end", "_ids", "_longest", "_pieces", "_raw", "_special", "_start")

    def __init__(self, table: pa.Table) -> None:
        self._pieces = table["piece"].combine_chunks()
        self._raw = table["bytes"].combine_chunks()
        self._special = np.asarray(table["special"].combine_chunks().fill_null(False), dtype=np.bool_)
        self._start, self._end = read_ends(table)
        self._ids: dict[str, int] | None = None
        self._by_bytes: dict[bytes, list[int]] | None = None
        self._longest = 0

    @classmethod
    def from_table(cls, table: pa.Table | None) -> "Vocabulary":
        """Returns the vocabulary of a table of schema `tracer.store.tables.VOCABULARY`, or an empty one.

        Raises:
            TraceFormatError: a column is missing or of another type, or the ids are not 0, 1, 2, …
        """
        if table is None:
            return cls(VOCABULARY.empty_table())
        for field in VOCABULARY:
            if field.name not in table.column_names or table.schema.field(field.name).type != field.type:
                raise TraceFormatError(
                    f"vocabulary.parquet has no column {field.name!r} of type {field.type}; it holds "
                    f"{', '.join(table.column_names)}. The file is damaged: record again, or restore it."
                )
        if not np.array_equal(table["id"].to_numpy(), np.arange(table.num_rows)):
            raise TraceFormatError(
                f"vocabulary.parquet has {table.num_rows} rows whose ids are not 0, 1, 2, … in order. "
                "The file is damaged: record again, or restore it."
            )
        return cls(table)

    @property
    def size(self) -> int:
        """Number of ids, padded ones included; 0 without a table."""
        return len(self._raw)

    @property
    def special_ids(self) -> tuple[int, ...]:
        """The ids of the tokens that `skip_special` leaves out."""
        return tuple(np.flatnonzero(self._special).tolist())

    def special(self, token_id: int) -> bool:
        """Whether the token is one that `skip_special` leaves out."""
        return 0 <= token_id < self.size and bool(self._special[token_id])

    def token(self, token_id: int) -> str:
        """Returns the token's text alone: " Paris", "⟨E4 BB⟩", "<|im_end|>"; "#123" without spelling.

        Control characters stand as they are; `visible` shows them.
        """
        return show_bytes(self._alone(token_id))

    def visible(self, token_id: int) -> str:
        """Returns the token for a narrow table: "·Paris", "↵", "⟨U+202E⟩"; a token of no bytes is "⟨⟩"."""
        return show_invisible(self._alone(token_id)) or "⟨⟩"

    def text(self, ids: Iterable[int], *, skip_special: bool = False, continued: bool = False) -> str:
        """Returns the running text of the tokens, as the tokenizer's `decode` gives it.

        Args:
            skip_special: leaves special tokens out.
            continued: the tokens follow other text, so nothing is dropped where they begin.
        """
        chosen = [int(token_id) for token_id in ids]
        if skip_special:
            chosen = [token_id for token_id in chosen if not self.special(token_id)]
        separator = b" " if self.size == 0 else b""
        return show_bytes(separator.join(self._contributions(chosen, continued)))

    def pieces(self, ids: Iterable[int], *, continued: bool = False) -> tuple[Piece, ...]:
        """Returns the tokens as parts of their running text, one piece for each id."""
        chosen = [int(token_id) for token_id in ids]
        contributions = self._contributions(chosen, continued)
        characters = split_characters(contributions)
        return tuple(
            Piece(token_id, show_bytes(raw), raw, self.special(token_id), characters.get(place))
            for place, (token_id, raw) in enumerate(zip(chosen, contributions, strict=True))
        )

    def id_of(self, text: str) -> int | None:
        """Returns the id of a token named by its exact text, its visible form, or "#123", or None.

        Of several an ordinary token goes before a special one, and exact text before a visible form.
        """
        if self._ids is None:
            self._ids = self._index()
        found = [self._ids[name] for name in (text, read_visible(text)) if name in self._ids]
        if found:
            return min(found, key=self.special)
        number = text.removeprefix("#")
        is_number = text.startswith("#") and number.isascii() and number.isdigit()
        return int(number) if is_number and (self.size == 0 or int(number) < self.size) else None

    def ids_starting(self, raw: bytes) -> tuple[int, ...]:
        """Returns the ids of the tokens with which a text of these bytes can begin, the longest first.

        Bytes are those in the middle of a text. Of equal tokens an ordinary one goes before a special one, a
        spelled one before a `<0x41>`.
        """
        if self._by_bytes is None:
            self._by_bytes = self._index_bytes()
            self._longest = max(map(len, self._by_bytes), default=0)
        lengths = range(min(len(raw), self._longest), 0, -1)
        return tuple(token_id for n in lengths for token_id in self._by_bytes.get(raw[:n], ()))

    def _index_bytes(self) -> dict[bytes, list[int]]:
        index: dict[bytes, list[int]] = {}
        for token_id, spelling in enumerate(self._pieces.to_pylist()):
            if spelling is not None:
                index.setdefault(self._bytes(token_id), []).append(token_id)
        for ids in index.values():
            if len(ids) > 1:
                ids.sort(key=lambda one: (self.special(one), (self._spelling(one) or "").startswith("<0x")))
        return index

    def ids_of(self, text: str) -> tuple[int, ...]:
        """Returns every token that `id_of` could have named: those of the same text and standing, by id."""
        found = self.id_of(text)
        if found is None:
            return ()
        shown = self.token(found)
        if self.size == 0 or shown not in (text, read_visible(text)):
            return (found,)
        spellings = self._pieces.to_pylist()
        same = [
            token_id
            for token_id, spelling in enumerate(spellings)
            if spelling is not None and self.token(token_id) == shown
        ]
        best = min(self._standing(token_id, spellings[token_id]) for token_id in same)
        return tuple(one for one in same if self._standing(one, spellings[one]) == best)

    def _standing(self, token_id: int, spelling: str) -> tuple[bool, bool]:
        is_byte = spelling.startswith("<0x") and spelling != self.token(token_id)
        return bool(self._special[token_id]), is_byte

    def _index(self) -> dict[str, int]:
        """Text → id; of several an ordinary token before a special one, a spelled one before a `<0x41>`."""
        spellings = self._pieces.to_pylist()

        def standing(token_id: int) -> tuple[bool, bool]:
            return self._standing(token_id, spellings[token_id])

        index: dict[str, int] = {}
        for token_id, spelling in enumerate(spellings):
            if spelling is None:
                continue
            text = self.token(token_id)
            if text not in index or standing(token_id) < standing(index[text]):
                index[text] = token_id
        return index

    def _spelling(self, token_id: int) -> str | None:
        spelling: str | None = self._pieces[token_id].as_py() if 0 <= token_id < self.size else None
        return spelling

    def _bytes(self, token_id: int) -> bytes:
        raw: bytes | None = self._raw[token_id].as_py() if 0 <= token_id < self.size else None
        return (self._spelling(token_id) or "").encode() if raw is None else raw

    def _alone(self, token_id: int) -> bytes:
        """The bytes that stand for the token by itself."""
        spelling = self._spelling(token_id)
        if spelling is None:
            return f"#{token_id}".encode()
        return spelling.encode() if self.special(token_id) else self._bytes(token_id)

    def _contributions(self, ids: Sequence[int], continued: bool) -> list[bytes]:
        """The bytes of each token where it stands; a token without a spelling is written as its id."""
        parts = [
            self._alone(token_id) if self._spelling(token_id) is None else self._bytes(token_id)
            for token_id in ids
        ]
        if parts and not continued:
            self._trim_start(parts, spelled=self._spelling(ids[0]))
        self._trim_end(parts)
        return parts

    def _trim_start(self, parts: list[bytes], spelled: str | None) -> None:
        match self._start:
            case Start.ONE_SPACE:
                _trim(parts, range(len(parts)), lambda part: part.removeprefix(b" "), once=True)
            case Start.ALL_SPACES:
                _trim(parts, range(len(parts)), lambda part: part.lstrip(b" "))
            case Start.FIRST_PIECE if spelled and " " not in spelled and not spelled.startswith("<0x"):
                parts[0] = parts[0].replace(b" ", b"")
            case Start.AS_SPELLED if spelled is not None:
                parts[0] = spelled.encode()
            case Start.FIRST_PIECE | Start.AS_SPELLED | Start.KEEP:
                pass

    def _trim_end(self, parts: list[bytes]) -> None:
        match self._end:
            case End.ONE_SPACE:
                _trim(parts, reversed(range(len(parts))), lambda part: part.removesuffix(b" "), once=True)
            case End.ALL_SPACES:
                _trim(parts, reversed(range(len(parts))), lambda part: part.rstrip(b" "))
            case End.KEEP:
                pass


def _trim(
    parts: list[bytes], places: Iterable[int], trim: Callable[[bytes], bytes], *, once: bool = False
) -> None:
    """Trims parts in this order until one has something left; with `once`, the first that has anything."""
    for place in places:
        if parts[place]:
            parts[place] = trim(parts[place])
            if once or parts[place]:
                return
