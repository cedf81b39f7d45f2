"""What the process that others are forked from imports first: libraries keep the standard input that they find."""

from __future__ import annotations

import io
import sys


class _StandardInput(io.TextIOWrapper):
    """Reads descriptor 0, whatever that is by then; `multiprocessing` would close it."""

    def close(self) -> None:
        """Nothing: it is open again in what is forked."""


sys.stdin = _StandardInput(io.BufferedReader(io.FileIO(0, closefd=False)))
