"""Previews and back-tests: their figures as pages show them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from leads.days import date_of
from scoring.models import BackTest, Preview
from scoring.proportions import Share

ABANDONED = timedelta(seconds=90)
BUCKETS = [-1, *range(11)]
GRADES = [f"{letter}{digit}" for letter in "ABC" for digit in "123"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What nobody goes on with."""

    previews: list[int]
    back_tests: list[int]


def abandoned(*, now: datetime) -> Unfinished:
    """Previews and back-tests that a worker began and left, or that no worker heard of."""
    old = {"done_at": None, "touched_at__lt": now - ABANDONED}
    return Unfinished(
        list(Preview.objects.filter(**old).order_by("pk").values_list("pk", flat=True)),
        list(BackTest.objects.filter(**old).order_by("pk").values_list("pk", flat=True)),
    )


def bucket_label(bucket: int) -> str:
    """The scores that stand together."""
    if bucket < 0:
        return "< 0"
    return "100+" if bucket == 10 else f"{10 * bucket}–{10 * bucket + 9}"


def pairs(items: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """What stands side by side in a chart: (label, now, by the draft) with the heights in percent."""
    top = max([1, *(value for _, was, now in items for value in (was, now))])
    return [
        {
            "label": label,
            "was": was,
            "now": now,
            "was_height": round(100 * was / top, 1),
            "now_height": round(100 * now / top, 1),
        }
        for label, was, now in items
    ]


def distribution(preview: Preview) -> list[dict[str, Any]]:
    """Per ten points of score: people now and by the draft."""
    was, now = (preview.figures.get(name, {}) for name in ("was", "now"))
    return pairs([(bucket_label(n), was.get(str(n), 0), now.get(str(n), 0)) for n in BUCKETS])


def grades(preview: Preview) -> list[tuple[str, list[dict[str, Any]], int]]:
    """Per grade of today that somebody has: the grade, by the draft's grade how many, and all."""
    moves: dict[tuple[str, str], int] = {}
    for move, people in preview.figures.get("grades", {}).items():
        was, now = move.split(" ")
        moves[was, now] = people
    rows = []
    for was in [*GRADES, "–"]:
        cells = [{"people": moves.get((was, now), 0), "same": was == now} for now in GRADES]
        if whole := sum(cell["people"] for cell in cells):
            rows.append((was, cells, whole))
    return rows


@dataclass(frozen=True, slots=True)
class Side:
    """What one definition would have done in the weeks of a back-test."""

    already: int
    weeks: list[tuple[date, int]]
    promoted: int
    won: int
    lost: int
    caught: int
    base_won: int
    base_people: int
    won_within: int

    @property
    def precision(self) -> Share:
        """Of those it would have promoted, how many became customers later."""
        return Share(self.won, self.promoted)

    @property
    def recall(self) -> Share:
        """Of those who became customers in these weeks, how many it had promoted before."""
        return Share(self.caught, self.won_within)

    @property
    def undecided(self) -> int:
        return self.promoted - self.won - self.lost

    @property
    def lift(self) -> float | None:
        """How many times likelier a promoted one was to become a customer than anybody."""
        base = Share(self.base_won, self.base_people).value
        value = self.precision.value
        return round(value / base, 1) if base and value is not None else None

    @property
    def per_week(self) -> float:
        return round(self.promoted / len(self.weeks), 1) if self.weeks else 0.0

    @property
    def sentence(self) -> str:
        """How far the figures can be trusted, said plainly."""
        if not self.promoted:
            return "It would have promoted nobody in these weeks, so there is nothing to judge it by."
        if not self.base_won:
            return "Nobody became a customer since, so we cannot say whether its promotions were right."
        if self.promoted < 30 or self.won < 10:
            low, high = self.precision.interval
            return (
                f"Too few to be sure: {self.won} of {self.promoted} became customers, so the true share may be "
                f"anything from {round(100 * low)} to {round(100 * high)} %."
            )
        return f"{self.won} of {self.promoted} became customers ({self.precision.range})."


def sides(test: BackTest) -> "dict[str, Side]":
    """The draft and the active definition of a finished back-test."""
    base = test.figures["base"]
    found: dict[str, Side] = {}
    for name in ("draft", "active"):
        if name == "active" and test.against_id is None:
            continue
        rows = {row["day"]: row for row in test.figures[name]}
        days = [test.first_day + 7 * week for week in range(1, test.weeks + 1)]
        later = [rows[day] for day in days if day in rows]
        before = rows.get(test.first_day, {})
        found[name] = Side(
            already=before.get("people", 0),
            weeks=[(date_of(day), rows.get(day, {}).get("people", 0)) for day in days],
            promoted=sum(row["people"] for row in later),
            won=sum(row["won"] for row in later),
            lost=sum(row["lost"] for row in later),
            caught=sum(row["caught"] for row in rows.values()),
            base_won=base["won"],
            base_people=base["people"],
            won_within=base["won_within"],
        )
    return found


def promotions(found: "dict[str, Side]") -> list[dict[str, Any]]:
    """Promotions week by week, by the active definition and by this one."""
    active = found.get("active")
    before = [people for _, people in active.weeks] if active else [0] * len(found["draft"].weeks)
    weeks = zip(found["draft"].weeks, before, strict=True)
    return pairs([(f"{day:%-d %b}", was, people) for (day, people), was in weeks])
