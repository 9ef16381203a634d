"""When the funnel was brought up to date, and when it was last proved equal to the facts."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.queries.currencies import reporting_currency
from reports.models import Rollup

ROLLUP = "journeys"
FIRST = "journeys-first"  # how far the first count of all has got
ANEW = "anew"  # in the cursor: how far whoever has bought has been read again, since their deals are worth another sum
PROOF = "funnel-proof"


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the page can be trusted."""

    at: datetime | None
    proved_at: datetime | None = None
    people: int = 0
    wrong: int = 0
    cells: int = 0
    anew: tuple[int, int] | None = None  # being counted in another currency: so many of all who have bought are

    @property
    def is_right(self) -> bool:
        return not self.wrong and not self.cells


def counted_anew() -> tuple[int, int] | None:
    """How far whoever has bought is counted in another currency: so many of all; none of none before it begins.

    Two queries.
    """
    rollup = Rollup.objects.filter(name=ROLLUP).first()
    if rollup is None:
        return None
    at = rollup.cursor.get(ANEW)
    if at:
        return at["done"], at["of"]
    is_waiting = str(rollup.cursor.get("worth", "")).partition("/")[0] != reporting_currency()
    return (0, 0) if is_waiting else None


def kept() -> Kept:
    """One query."""
    rows = {row.name: row for row in Rollup.objects.filter(name__in=[ROLLUP, PROOF])}
    rollup, proof = rows.get(ROLLUP), rows.get(PROOF)
    if rollup is None:
        return Kept(None)
    at = rollup.cursor.get(ANEW)
    anew = (at["done"], at["of"]) if at else None
    if proof is None:
        return Kept(rollup.at, anew=anew)
    said = {name: int(proof.cursor[name]) for name in ("people", "wrong", "cells")}
    return Kept(rollup.at, proof.at, anew=anew, **said)
