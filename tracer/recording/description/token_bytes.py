"""From a tokenizer's spelling of a piece to the bytes that the piece contributes to running text.

Reads the decoder of a fast tokenizer from its own description (byte-level, Metaspace, byte fallback,
WordPiece, and their sequences); what it does not know it probes, by decoding the piece between two anchors.
Knows no table and no ids. The functions returned are pure and never raise.

Source: tokenizers 0.23, src/decoders and src/pre_tokenizers (decode_chain of each type).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracer.store.vocabulary import End, Start

Contribution = Callable[[str], bytes]
_Step = Callable[[str], str | bytes]
_Join = Callable[[list[str]], str]

_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a tokenizer turns pieces into text: each piece alone, and what happens at both ends."""

    contribution: Contribution
    start: Start = Start.KEEP
    end: End = End.KEEP


def find_decoding(tokenizer: Any) -> Decoding:
    """Returns the decoding of a fast or slow tokenizer."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        if backend.decoder is None:  # the pieces are joined with spaces
            return Decoding(lambda piece: b" " + _encoded(piece), start=Start.AS_SPELLED)
        return _read_decoder(backend.decoder) or _probe(backend.decoder.decode)
    if isinstance(byte_of := getattr(tokenizer, "byte_decoder", None), dict):
        return Decoding(_by_alphabet({ord(char): byte for char, byte in byte_of.items()}))
    if getattr(tokenizer, "_utf_vocab_size", None) == 256:  # one piece per byte: ByT5, Perceiver
        return Decoding(
            lambda piece: bytes([ord(piece)]) if len(piece) == 1 and ord(piece) < 256 else piece.encode()
        )
    return _probe(tokenizer.convert_tokens_to_string, has_byte_pieces=hasattr(tokenizer, "sp_model") or None)


def byte_alphabet() -> dict[int, int]:
    """Returns code point → byte of the byte-level alphabet: printable Latin-1 is itself, the rest moves up.

    Source: GPT-2's bytes_to_unicode.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: byte for byte in printable} | {0x100 + place: byte for place, byte in enumerate(others)}


def _encoded(piece: str) -> bytes:
    return piece.encode("utf-8", "surrogatepass")


def _by_alphabet(alphabet: dict[int, int]) -> Contribution:
    """A piece with one character outside the alphabet stands for its own UTF-8."""
    foreign = {code: "\uffff" for code in range(256) if code not in alphabet}
    table: dict[int, int | str] = {**foreign, **alphabet}

    def contribution(piece: str) -> bytes:
        try:
            return piece.translate(table).encode("latin-1")
        except UnicodeEncodeError:
            return _encoded(piece)

    return contribution


def _byte_piece(piece: str) -> str | bytes:
    match = _BYTE_PIECE.fullmatch(piece)
    return bytes.fromhex(match.group(1)) if match else piece


def _read_decoder(decoder: Any) -> Decoding | None:
    """Returns None for a decoder, or a step of one, that is not known here."""
    try:
        described = json.loads(decoder.__getstate__())
    except Exception:  # a decoder written in Python has no description
        return None
    steps: list[_Step] = []
    start, end, is_fused = Start.KEEP, End.KEEP, False
    for description in described["decoders"] if described["type"] == "Sequence" else [described]:
        match description:
            case {"type": "Fuse"}:
                is_fused = True
            case {"type": "Strip", "content": " ", "start": 1, "stop": 0} if is_fused:
                start = Start.ONE_SPACE
            case {"type": "Metaspace", "replacement": mark, "prepend_scheme": scheme} if not is_fused:
                steps.append(_replacing(mark, " "))
                start = Start.KEEP if scheme == "never" else Start.FIRST_PIECE
            case {"type": "BPEDecoder", "suffix": suffix}:
                steps.append(_replacing(suffix, " "))
                end = End.ONE_SPACE
            case {"type": "WordPiece", "prefix": prefix, "cleanup": cleanup}:
                steps.append(_wordpiece(prefix, cleanup))
                start = Start.AS_SPELLED
            case _:
                step = _plain_step(description)
                if step is None:
                    return None
                steps.append(step)
    return Decoding(_chain(steps), start, end)


def _plain_step(description: dict[str, Any]) -> _Step | None:
    match description:
        case {"type": "ByteLevel"}:
            return _by_alphabet(byte_alphabet())
        case {"type": "ByteFallback"}:
            return _byte_piece
        case {"type": "Replace", "pattern": {"String": old}, "content": new}:
            return _replacing(old, new)
        case _:
            return None


def _chain(steps: list[_Step]) -> Contribution:
    def contribution(piece: str) -> bytes:
        for step in steps:
            result = step(piece)
            if isinstance(result, bytes):
                return result
            piece = result
        return _encoded(piece)

    return contribution


def _replacing(old: str, new: str) -> _Step:
    return lambda piece: piece.replace(old, new)


_CLEANUP = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip


def _wordpiece(prefix: str, cleanup: bool) -> _Step:
    def step(piece: str) -> str:
        text = piece[len(prefix) :] if piece.startswith(prefix) else " " + piece
        for old, new in _CLEANUP if cleanup else ():
            text = text.replace(old, new)
        return text

    return step


def _probe(join: _Join, *, has_byte_pieces: bool | None = None) -> Decoding:
    """Returns a decoding that joins each piece with anchors; where that shows nothing, it is its UTF-8."""

    def joined(*pieces: str) -> str:
        try:
            return join(list(pieces))
        except Exception:  # someone else's decoder on a piece made up here
            return ""

    glue = joined("a", "a")[1:-1]
    if has_byte_pieces is None:
        has_byte_pieces = joined("a", "<0x41>", "a") == f"a{glue}A{glue}a"

    def contribution(piece: str) -> bytes:
        if has_byte_pieces and isinstance(byte := _byte_piece(piece), bytes):
            return byte
        text = joined("a", piece, "a")
        if "\ufffd" in text or not (text.startswith("a") and text.endswith(glue + "a") and len(text) > 1):
            return _encoded(piece)
        return _encoded(text[1 : len(text) - 1 - len(glue)])

    if glue:
        return Decoding(contribution, Start.AS_SPELLED)
    starts = {"a": Start.ALL_SPACES, " a": Start.ONE_SPACE}
    end = End.ALL_SPACES if joined("a", "▁▁") == "a" and contribution("▁▁") == b"  " else End.KEEP
    return Decoding(contribution, starts.get(joined("▁▁a"), Start.KEEP), end)
