"""Which port the dashboard takes. Binds each that it tries, and lets it go again."""

import socket

FIRST = 8501
_TRIED = 100


def free_port(host: str, wanted: int | None = None) -> int:
    """Returns a port that can be bound: the wanted one; None: 8501 or the next free one; 0: any.

    Raises:
        ValueError: the wanted port is taken.
    """
    tried = range(FIRST, FIRST + _TRIED) if wanted is None else [wanted]
    for port in tried:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ValueError(f"Port {tried[0]} of {host} cannot be used. Type --port 0 for any free one.")
