"""Where a trace is replayed, and whether the same bits may be asked for there.

Looks at versions and devices only; imports torch and transformers when asked.
"""

import platform
from dataclasses import dataclass

from tracer.errors import MissingExtraError
from tracer.schema import Environment

TORCH_MISSING = "torch is not installed: pip install 'generation-tracer[record]'"


@dataclass(frozen=True, slots=True)
class Place:
    """The device to compute on. `difference` says how it differs from that of the recording, or is None."""

    device: str
    difference: str | None

    @property
    def is_same(self) -> bool:
        """Whether device type and versions are those of the recording, so that results must be bit-equal."""
        return self.difference is None


def find_place(recorded: Environment) -> Place:
    """Returns the device of the recorded type where this machine has one, else the CPU.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(f"Nothing can be replayed, because {TORCH_MISSING}.") from error
    has_device = recorded.device_type == "cuda" and torch.cuda.is_available()
    device = "cuda" if has_device else "cpu"
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    pairs = {
        "device type": (recorded.device_type, device),
        "device": (recorded.device_name, torch.cuda.get_device_name() if has_device else processor),
        "torch": (recorded.torch, torch.__version__),
        "transformers": (recorded.transformers, transformers.__version__),
    }
    differences = [
        f"{what} {was}, here {now}" for what, (was, now) in pairs.items() if was not in (None, now)
    ]
    return Place(device, f"recorded with {'; '.join(differences)}" if differences else None)
