"""How requests to stop reach the launcher."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked this process to stop, by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        return 128 + self.number


def raise_on_signals() -> None:
    """Let a request to stop raise `Interrupted` wherever the program is."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    for number in STOPPING:
        signal.signal(number, interrupt)


@contextlib.contextmanager
def ignored_signals() -> Iterator[None]:
    """Finish this block undisturbed: it is the stopping."""
    before = {number: signal.signal(number, lambda number, frame: None) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
