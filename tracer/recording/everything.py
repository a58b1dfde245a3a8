"""`record_everything`: records every `generate` of whatever models a block calls, for scripts one cannot edit.

Stands in front of `GenerationMixin.generate` for the length of the block and opens a `Recording` at each model's
first call. One trace holds one model: the first goes to `to`, a second to `to` with -2 before the suffix, and so on.
"""

import functools
import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from transformers import GenerationMixin, PreTrainedTokenizerBase

from tracer.config import RecordingConfig
from tracer.recording.recorder import Recording, record


@contextmanager
def record_everything(
    *, to: str | Path, config: RecordingConfig | None = None, **settings: Any
) -> Iterator[list[Recording]]:
    """Records every `generate` call inside the block; yields the recordings, one per model, as they begin.

    Args:
        to: the trace of the first model.
        config: as in `record`; or give its fields as `settings`.
    """
    recordings: list[Recording] = []
    known: set[int] = set()
    original = GenerationMixin.generate
    with ExitStack() as stack:

        @functools.wraps(original)
        def generate(model: Any, *args: Any, **kwargs: Any) -> Any:
            if id(model) in known:
                return original(model, *args, **kwargs)
            known.add(id(model))
            target = _numbered(Path(to), len(recordings))
            recording = record(model, find_tokenizer(model), to=target, config=config, **settings)
            recordings.append(stack.enter_context(recording))
            return model.generate(*args, **kwargs)

        GenerationMixin.generate = generate
        try:
            yield recordings
        finally:
            GenerationMixin.generate = original


def find_tokenizer(model: Any) -> PreTrainedTokenizerBase | None:
    """Returns the tokenizer in this process that was loaded from where the model was; else the only one; else None."""
    tokenizers = [item for item in gc.get_objects() if issubclass(type(item), PreTrainedTokenizerBase)]
    name = getattr(model.config, "name_or_path", "")
    same = [tokenizer for tokenizer in tokenizers if name and tokenizer.name_or_path == name]
    if same:
        return same[-1]
    return tokenizers[0] if len(tokenizers) == 1 else None


def _numbered(path: Path, index: int) -> Path:
    return path if index == 0 else path.with_name(f"{path.stem}-{index + 1}{path.suffix}")
