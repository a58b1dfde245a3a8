"""A streamer for `generate` that reports the text as it grows, and where a stop takes effect."""

from typing import Any

from tracer.live.background.job import Reporter


class ReportingStreamer:
    """Reports each token. A stop raises out of `generate` after the token that was being handed over.

    Source: transformers 5.17 and 5.23, generation/streamers.py, BaseStreamer: the first `put` is the prompt.
    """

    def __init__(self, reporter: Reporter, tokenizer: Any, max_new_tokens: int) -> None:
        self._reporter, self._tokenizer, self._total = reporter, tokenizer, max_new_tokens
        self._ids: list[int] = []
        self._has_prompt = False

    def put(self, value: Any) -> None:
        """Takes the prompt, then one token each."""
        if not self._has_prompt:
            self._has_prompt = True
            return
        self._ids += value.flatten().tolist()
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        self._reporter.change(text=str(text).rstrip("\ufffd"))  # half a character waits for its other half
        self._reporter.report("generating", len(self._ids), self._total)

    def end(self) -> None:
        """Says that only the writing is left."""
        self._reporter.change(what="writing", done=0, total=0)
