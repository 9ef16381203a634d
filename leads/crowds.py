"""What one visitor did too quickly for a person: values in, signs out."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.human import Sign


@dataclass(frozen=True, slots=True)
class Done:
    """One event of a visitor; `target` is what it was about (the link, the page)."""

    id: int
    kind: str
    at: datetime
    target: str


# kind -> so many different targets within so many seconds are no person's, and the sign for it
LIMITS: dict[str, tuple[int, timedelta, Sign]] = {
    "email_clicked": (3, timedelta(seconds=5), Sign.BURST),  # scanners open every link of a mail at once
    "link_clicked": (8, timedelta(seconds=5), Sign.BURST),  # people open several results in tabs, not eight
    "page_view": (15, timedelta(seconds=10), Sign.SPEED),
}
# of these also what other programs tell, who do not say with which browser; the rest they may hand on in one go
TOLD = frozenset({"email_clicked"})


def crowded(events: Iterable[Done]) -> dict[int, Sign]:
    """Events of one visitor that stand in a crowd, by id."""
    found: dict[int, Sign] = {}
    by_kind: dict[str, list[Done]] = {}
    for event in events:
        if event.kind in LIMITS:
            by_kind.setdefault(event.kind, []).append(event)
    for kind, done in by_kind.items():
        most, within, sign = LIMITS[kind]
        window: deque[Done] = deque()
        targets: Counter[str] = Counter()
        for event in sorted(done, key=lambda one: (one.at, one.id)):
            window.append(event)
            targets[event.target] += 1
            while event.at - window[0].at > within:
                gone = window.popleft()
                targets[gone.target] -= 1
                if not targets[gone.target]:
                    del targets[gone.target]
            if len(targets) >= most:
                found.update((one.id, sign) for one in window)
    return found
