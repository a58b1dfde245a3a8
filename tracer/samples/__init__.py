"""Two small traces that come with the package, recorded with the demo model: real output, nothing made up.

    rain.trace      one sampled answer, with a step at which a setting overruled the model's wish to stop
    chinese.trace   今天天气很好。 as the model reads and writes it: a character is one to three tokens

`make samples` records them anew (`examples/make_samples.py`). Names paths only; `tracer.open_trace` opens them.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent
_NAMES = ("rain.trace", "chinese.trace")


def sample_paths() -> tuple[Path, ...]:
    """Returns the folders of the samples, the one to open first first."""
    return tuple(_FOLDER / name for name in _NAMES)
