"""When the funnel was brought up to date, and when it was last proved equal to the facts."""

from dataclasses import dataclass
from datetime import datetime

from reports.models import Rollup

ROLLUP = "journeys"
FIRST = "journeys-first"  # how far the first count of all has got
PROOF = "funnel-proof"


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the page can be trusted."""

    at: datetime | None
    proved_at: datetime | None = None
    people: int = 0
    wrong: int = 0
    cells: int = 0

    @property
    def is_right(self) -> bool:
        return not self.wrong and not self.cells


def kept() -> Kept:
    """One query."""
    rows = {row.name: row for row in Rollup.objects.filter(name__in=[ROLLUP, PROOF])}
    rollup, proof = rows.get(ROLLUP), rows.get(PROOF)
    if rollup is None or proof is None:
        return Kept(rollup.at if rollup else None)
    return Kept(rollup.at, proof.at, **{name: int(proof.cursor[name]) for name in ("people", "wrong", "cells")})
