"""What the person at the terminal sees."""

import contextlib
import sys


def say(text: str = "") -> None:
    """Print a line; a closed terminal is no reason to stop in the middle of stopping."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def complain(text: str) -> None:
    """Print a line on the error channel."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)
