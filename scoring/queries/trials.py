"""Previews and back-tests: their figures as pages show them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from leads.days import date_of
from scoring.models import BackTest, LoadTrial, Preview
from scoring.proportions import FEW, Share
from scoring.queries.specs import active_specs
from users.models import User, UserQuerySet

ABANDONED = timedelta(seconds=90)
BUCKETS = [-1, *range(11)]
GRADES = [f"{letter}{digit}" for letter in "ABC" for digit in "123"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What nobody goes on with."""

    previews: list[int]
    back_tests: list[int]
    load_trials: list[int]


def abandoned(*, now: datetime) -> Unfinished:
    """Previews, back-tests and loads that a worker began and left, or that no worker heard of."""
    old = {"done_at": None, "touched_at__lt": now - ABANDONED}
    return Unfinished(
        list(Preview.objects.filter(**old).order_by("pk").values_list("pk", flat=True)),
        list(BackTest.objects.filter(**old).order_by("pk").values_list("pk", flat=True)),
        list(LoadTrial.objects.filter(**old).order_by("pk").values_list("pk", flat=True)),
    )


def reps_of(team_id: int | None) -> "UserQuerySet":
    """Who gets the leads of a definition: the team's reps, or all those whose team has no definition of its own."""
    reps = User.objects.get_queryset().active_reps()
    if team_id is not None:
        return reps.filter(team=team_id)
    return reps.exclude(team__in=list(active_specs().teams))


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
    open_to_it: int = 0
    accepted: int = 0
    returned: int = 0
    accepted_caught: int = 0
    base_open: int = 0
    base_accepted: int = 0
    accepted_within: int = 0

    @property
    def acceptance(self) -> Share:
        """Of those it would have promoted and who were handed over, how many were accepted; the others are unknown."""
        return Share(self.accepted, self.accepted + self.returned)

    @property
    def accepted_recall(self) -> Share:
        """Of the hand-offs that were accepted in these weeks, how many it would have promoted by then."""
        return Share(self.accepted_caught, self.accepted_within)

    @property
    def accepted_lift(self) -> float | None:
        """How many times likelier a promoted one was to be an accepted hand-off than anybody."""
        if not self.acceptance.of:
            return None  # nobody knows how they would have gone
        return _times(Share(self.accepted, self.open_to_it), Share(self.base_accepted, self.base_open))

    @property
    def not_handed_over(self) -> int:
        return self.open_to_it - self.accepted - self.returned

    @property
    def accepted_sentence(self) -> str:
        """How far hand-offs bear it out, said plainly."""
        decided = self.accepted + self.returned
        if not decided:
            return "None of those it would have promoted were handed over and kept for 30 days, or sent back."
        few = " Too few to be sure." if decided < FEW else ""
        return f"Of {decided} that were handed over, {self.accepted} were accepted ({self.acceptance.range}).{few}"

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
        return _times(self.precision, Share(self.base_won, self.base_people))

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


def _times(share: Share, base: Share) -> float | None:
    return round(share.value / base.value, 1) if base.value and share.value is not None else None


@dataclass(frozen=True, slots=True)
class Load:
    """How many leads a week each rep would get."""

    weeks: int
    reps: int
    promoted: int
    promoted_now: int | None  # by the active definition; none when it is looked at itself

    @property
    def each(self) -> str:
        return self._each(self.promoted)

    @property
    def each_now(self) -> str:
        return "" if self.promoted_now is None else self._each(self.promoted_now)

    def _each(self, promoted: int) -> str:
        return f"{promoted / self.weeks / self.reps:.1f}"

    @property
    def sentence(self) -> str:
        if not self.reps:
            return f"It would promote {self.promoted / self.weeks:.1f} leads a week, and there is no active rep."
        against = "" if self.promoted_now is None else f", against {self.each_now} now"
        few = " Few, so take it as a guess." if self.promoted < FEW else ""
        return f"It would give each rep {self.each} a week{against}.{few}"


def load(test: BackTest, reps: int) -> Load:
    """The weekly load by a finished measurement of a preview."""
    found = sides(test)
    active = found.get("active")
    return Load(test.weeks, reps, found["draft"].promoted, active.promoted if active else None)


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
            open_to_it=sum(row.get("open_to_it", 0) for row in later),
            accepted=sum(row.get("accepted", 0) for row in later),
            returned=sum(row.get("returned", 0) for row in later),
            accepted_caught=sum(row.get("accepted_within", 0) for row in rows.values()),
            base_open=base.get("open_to_it", 0),
            base_accepted=base.get("accepted", 0),
            accepted_within=base.get("accepted_within", 0),
        )
    return found


def promotions(found: "dict[str, Side]") -> list[dict[str, Any]]:
    """Promotions week by week, by the active definition and by this one."""
    active = found.get("active")
    before = [people for _, people in active.weeks] if active else [0] * len(found["draft"].weeks)
    weeks = zip(found["draft"].weeks, before, strict=True)
    return pairs([(f"{day:%-d %b}", was, people) for (day, people), was in weeks])
