"""Which tokens share a character, against the plain way: decode everything, look where each character's bytes lie."""

import random

from tracer.trace.text.glyphs import show_invisible, split_characters

TEXT = "a 🐈 今天\tné\u202e".encode()
ODD = [b"", b"\xff", b"\x80", b"\xe4\xbb", b"\xf0\x9f", b" b", "好".encode()]


def _plainly(parts: list[bytes]) -> dict[int, str]:
    holders = [index for index, part in enumerate(parts) for _ in part]
    found: dict[int, str] = {}
    at = 0
    for char in b"".join(parts).decode("utf-8", "surrogateescape"):
        stop = at + len(char.encode("utf-8", "surrogateescape"))
        own = sorted(set(holders[at:stop]))
        for index in own if len(own) > 1 else ():
            found[index] = found.get(index, "") + show_invisible(char)
        at = stop
    return found


def test_however_a_text_is_cut_the_same_tokens_share_its_characters() -> None:
    chance = random.Random(0)
    for _ in range(500):
        cuts = sorted(chance.choices(range(len(TEXT) + 1), k=chance.randrange(12)))
        parts = [TEXT[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(TEXT)], strict=True)]
        for _ in range(chance.randrange(4)):
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(ODD))

        assert _plainly(parts) == split_characters(parts)
