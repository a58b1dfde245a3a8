"""The exceptions of this project. Every message says what happened, what would have been right, and what to type.

A wrong argument is a plain `ValueError` or `TypeError`; a state of the world is one of these:

    TracerError
    ├── TraceNotFoundError      (FileNotFoundError)   the path holds no trace
    ├── TraceExistsError        (FileExistsError)     the target is there already
    ├── TargetError             (OSError)             the target cannot be written
    ├── TraceFormatError        (ValueError)          damaged, foreign or newer files
    ├── SignalMissingError      (LookupError)         the signal was not recorded, with the reason
    ├── AmbiguousStepError      (LookupError)         several sequences, and none was named
    ├── UnsupportedCallError    (NotImplementedError) a decoding mode that cannot be recorded
    ├── AlreadyRecordedError    (RuntimeError)        the model is inside another `record` block
    ├── BudgetError             (ValueError)          the budget cannot be kept
    ├── ModelError              (RuntimeError)        the model cannot be loaded or used as asked
    ├── RebuildError            (ValueError)          a recorded logits processor cannot be made again
    ├── LessonError            (ValueError)          a lesson's file is not right, with the line
    └── MissingExtraError       (ImportError)         an optional package is needed
"""


class TracerError(Exception):
    """Base of every error that this project raises about the state of the world."""


class TraceNotFoundError(TracerError, FileNotFoundError):
    """The path holds no trace."""


class TraceExistsError(TracerError, FileExistsError):
    """The target is there already and was not to be overwritten."""


class TargetError(TracerError, OSError):
    """The target cannot be written: it is a file, the folder is read-only, or the disk is full."""


class TraceFormatError(TracerError, ValueError):
    """The files are damaged, foreign, or of a newer format than this version reads."""


class SignalMissingError(TracerError, LookupError):
    """The signal was not recorded; the message gives the reason and the line that records it."""


class AmbiguousStepError(TracerError, LookupError):
    """The trace holds several calls or sequences, and none was named."""


class UnsupportedCallError(TracerError, NotImplementedError):
    """The call uses a decoding mode that cannot be recorded."""


class AlreadyRecordedError(TracerError, RuntimeError):
    """The model is inside another `record` block."""


class BudgetError(TracerError, ValueError):
    """The budget cannot be kept, whatever is left out."""


class ModelError(TracerError, RuntimeError):
    """The model cannot be loaded, or cannot be used as asked."""


class RebuildError(TracerError, ValueError):
    """A recorded logits processor cannot be made again with the installed transformers."""


class LessonError(TracerError, ValueError):
    """The file of a lesson is not right; the message names the line."""


class MissingExtraError(TracerError, ImportError):
    """An optional package is needed; the message names the extra to install."""
