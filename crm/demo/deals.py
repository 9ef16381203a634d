"""People who became prospects, and what came of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crm.demo import talks, words
from crm.demo.answers import CRITERIA, good, rough_amount
from crm.demo.journeys import Traffic
from crm.demo.judge import Judge
from crm.demo.plan import Answer, Calendar, Deal, Happening, Lifestep, Move, Person
from leads.days import day_of
from leads.models import Lifecycle, Source
from pipeline.models import LostReason

# days that a deal spends in the first, second … open stage
DAYS_IN_STAGE = ((2.0, 9.0), (8.0, 30.0), (10.0, 36.0), (6.0, 26.0))
OPEN_BY_STAGE = (8, 19, 17, 10)  # what two dozen a month leave open that stay so long
CLOSED = 205
# days until an open deal is expected to close, by stage: least, most, mostly
CLOSES_IN = ((40, 150, 85), (20, 120, 60), (3, 85, 35), (0, 45, 9))
LOST_WEIGHTS = (12, 34, 34, 20)
WIN_CHANCE = {
    Source.REFERRAL: 0.62,
    Source.FORM: 0.46,
    Source.WEBINAR: 0.42,
    Source.CARD: 0.4,
    Source.DOWNLOAD: 0.33,
    Source.IMPORT: 0.28,
    Source.NEWSLETTER: 0.26,
}
REASONS = {
    "silence": 22,
    "no_budget": 18,
    "competitor": 17,
    "timing": 15,
    "price": 12,
    "no_need": 8,
    "no_authority": 6,
    "other": 2,
}


@dataclass(frozen=True, slots=True)
class Course:
    """How a deal runs: days ago at which it enters each stage, the last entry being its end or where it stands."""

    entered: tuple[float, ...]
    outcome: str = ""  # won, lost, or open

    @property
    def qualified(self) -> float:
        return self.entered[0]


def stages_fit(open_stages: int) -> list[tuple[float, float]]:
    """Days per open stage, for pipelines with more or fewer stages than ours."""
    return [DAYS_IN_STAGE[min(number, len(DAYS_IN_STAGE) - 1)] for number in range(open_stages)]


def courses(rng: Random, sources: Sequence[Source], open_stages: int, rots: Sequence[int | None]) -> list[Course]:
    """All deals of the year, closed ones first: more towards today, since the company grows."""
    spans, made = stages_fit(open_stages), []
    for number, source in enumerate(sources[:CLOSED]):
        closed = 1.3 + 308 * (1 - grown((number + rng.random()) / CLOSED))
        outcome = "won" if rng.random() < WIN_CHANCE[source] else "lost"
        last = open_stages - 1
        if outcome == "lost":
            last = rng.choices(range(open_stages), (LOST_WEIGHTS * 3)[:open_stages])[0]
        entered = [closed]
        for low, high in reversed(spans[: last + 1]):
            entered.insert(0, entered[0] + rng.uniform(low, high))
        made.append(Course(tuple(entered), outcome))
    for number in range(open_stages):
        for _ in range(OPEN_BY_STAGE[min(number, len(OPEN_BY_STAGE) - 1)]):
            limit = rots[number]
            here = rng.uniform(1.2, min(spans[number][1], (limit or 30) - 1.0))
            if number and limit and rng.random() < 0.24:
                here = limit * rng.uniform(1.15, 2.4)
            entered = [here]
            for low, high in reversed(spans[:number]):
                entered.insert(0, entered[0] + rng.uniform(low, high))
            made.append(Course(tuple(entered)))
    return made


def grown(share: float) -> float:
    """When in the year (0 to 1) a share of all deals is closed, the last month having four times the first one's."""
    return (math.sqrt(0.16 + 2.4 * share) - 0.4) / 1.2


class DealMaker:
    """Gives a person everything that made it a prospect, and the opportunity that followed."""

    def __init__(self, rng: Random, calendar: Calendar, traffic: Traffic, judge: Judge) -> None:
        self.rng = rng
        self.calendar = calendar
        self.traffic = traffic
        self.judge = judge

    def live(self, person: Person, course: Course, qualified_at: datetime) -> None:
        """The whole story. `qualified_at` is the instant of the last answer; the score is made to be enough by then."""
        rng = self.rng
        self.traffic.arrive(person)
        self.traffic.stroll(person, rng.randrange(2, 5), until=qualified_at, intent=0.8, days=90)
        self._convince(person, qualified_at)
        ends = self._follow(person, course, qualified_at)
        self.traffic.mails(person, ends or self.calendar.midnight, 0.8)
        person.happenings = [row for row in person.happenings if row.at < (ends or self.calendar.midnight)]
        self._judge(person, qualified_at, course)

    def _between(self, start: datetime, end: datetime, share: float) -> datetime:
        """An instant between two, in working hours if that is possible."""
        at = start + (end - start) * share
        nicer = at.replace(hour=8 + self.rng.randrange(9), minute=self.rng.randrange(60))
        nicer += timedelta(days={5: -1, 6: 1}.get(nicer.weekday(), 0))
        return nicer if start < nicer < end else at

    def _convince(self, person: Person, qualified_at: datetime) -> None:
        """Conversations with answers, the last one completing the picture."""
        rng = self.rng
        begin = max(person.created + timedelta(minutes=20), qualified_at - timedelta(days=35))
        criteria = list(CRITERIA)
        rng.shuffle(criteria)
        for number, criterion in enumerate(criteria):
            is_last = number == len(criteria) - 1
            share = (number + 0.3 + 0.5 * rng.random()) / len(criteria)
            at = qualified_at if is_last else self._between(begin, qualified_at, share)
            if is_last or rng.random() < 0.3:
                kind = rng.choice(("call", "call", "meeting", "reply"))
                talks.talk(rng, person, kind, at - timedelta(minutes=rng.randrange(3, 15)))
            person.answers.append(good(rng, person, criterion, at))
        if person.source != Source.FORM and rng.random() < 0.5:
            person.happenings.append(self.traffic.demo_request(self._between(begin, qualified_at, 0.4)))
        while self.judge.read(person, day_of(qualified_at)).total < self.judge.spec.threshold + rng.randrange(1, 15):
            self._push(person, begin, qualified_at)

    def _push(self, person: Person, begin: datetime, qualified_at: datetime) -> None:
        rng, at = (
            self.rng,
            self._between(max(begin, qualified_at - timedelta(days=4)), qualified_at, rng_share(self.rng)),
        )
        if not any(row.kind == "demo_requested" for row in person.happenings):
            person.happenings.append(self.traffic.demo_request(at))
        elif rng.random() < 0.5:
            talks.talk(rng, person, rng.choice(("call", "reply", "meeting")), at)
        else:
            by = "anonymous" if person.visitor else "email"
            pricing = {"path": "/pricing/", "title": "Pricing"}
            person.happenings.append(Happening(at, "page_view", self.traffic.site, pricing, by))

    def _follow(self, person: Person, course: Course, qualified_at: datetime) -> datetime | None:
        """The opportunity, stage by stage; returns when it ended, if it did."""
        rng, amount = self.rng, rough_amount(self.rng, person, growth=1 - course.entered[-1] / 420)
        times = [qualified_at + timedelta(seconds=2)]
        for days_ago in course.entered[1:]:
            floor = times[-1] + timedelta(minutes=rng.randrange(40, 300))
            times.append(
                min(max(self.calendar.office(rng, days_ago), floor), self.calendar.midnight - timedelta(minutes=5))
            )
        known_from = rng.choice((1, 1, 1, 2, 2))
        moves = []
        for number, at in enumerate(times):
            is_end = bool(course.outcome) and number == len(times) - 1
            known = amount if number >= known_from or (course.outcome == "won" and is_end) else None
            moves.append(Move(at, course.outcome if is_end else number, known))
        deal = person.deal = Deal(moves, amount=moves[-1].amount)
        for start, end in zip(times, [*times[1:], self.calendar.midnight], strict=True):
            is_fresh = len(course.entered) == 1 and course.qualified < 3.5 and not course.outcome
            if not is_fresh and (start is not times[-1] or not course.outcome):
                self._work(person, start, end)
        if course.outcome == "won":
            deal.expected_close = (times[-1] + timedelta(days=rng.randrange(-25, 20))).date()
        elif course.outcome == "lost":
            deal.expected_close = (times[-1] + timedelta(days=rng.randrange(-20, 60))).date()
            deal.lost_reason = rng.choices(list(REASONS), list(REASONS.values()))[0]
            deal.lost_note = (
                words.LOST_NOTES[deal.lost_reason] if rng.random() < 0.7 or deal.lost_reason == "other" else ""
            )
            criterion, short, said = words.LESSONS[deal.lost_reason]
            person.answers.append(Answer(criterion, "fails", times[-1], short, said))
        else:
            self._outlook(deal, len(course.entered) - 1, course)
        return times[-1] if course.outcome else None

    def _outlook(self, deal: Deal, stage: int, course: Course) -> None:
        """What an open deal promises: the further it is, the nearer its close; some are overdue, some have no date."""
        rng, today = self.rng, self.calendar.midnight.date()
        if rng.random() < (0.55, 0.2, 0.05, 0)[min(stage, 3)] or course.qualified < 3.5:
            return
        days = rng.triangular(*CLOSES_IN[min(stage, 3)])
        if rng.random() < 0.15:
            days = -rng.triangular(2, 26, 6)
        deal.expected_close = today + timedelta(days=round(days))
        deal.next_step = rng.choice(words.NEXT_STEPS) if rng.random() < 0.75 else ""

    def _work(self, person: Person, start: datetime, end: datetime) -> None:
        """What happens while a card is in a stage."""
        rng = self.rng
        for number in range(rng.choice((0, 1, 1, 2, 2, 3))):
            at = self._between(start, end, (number + rng.random()) / 3)
            kind = rng.choice(("call", "meeting", "reply", "note", "try", "look"))
            if kind == "note":
                talks.note(rng, person, at)
            elif kind == "try":
                talks.try_to_call(rng, person, at)
            elif kind == "look":
                by = "anonymous" if person.visitor else "email"
                visit = self.traffic.visit(self.calendar.days_ago(at), 0.9, by=by)
                person.happenings += [row for row in visit if start < row.at < end]
            else:
                talks.talk(rng, person, kind, at)

    def _judge(self, person: Person, qualified_at: datetime, course: Course) -> None:
        """Verdicts over time as the definition gives them, the lifecycle with them, and what the card remembers."""
        judge = self.judge
        person.verdicts = judge.history(person, qualified_at, day_of(self.calendar.midnight))
        first = person.verdicts[0]
        deal = person.deal_of()
        reason = f"Qualified: {first.total} {first.grade}"
        person.lifesteps.append(Lifestep(deal.opened_at, Lifecycle.PROSPECT, reason))
        person.snapshot = judge.explain(person, day_of(qualified_at)).as_json()
        if course.outcome == "won":
            person.lifesteps.append(Lifestep(deal.moves[-1].at, Lifecycle.CUSTOMER, f"Won: {person.deal_name}"))
        elif course.outcome == "lost":
            person.lifesteps.append(
                Lifestep(deal.moves[-1].at, Lifecycle.LEAD, f"Lost: {LostReason(deal.lost_reason).label}")
            )


def rng_share(rng: Random) -> float:
    """Somewhere inside an interval, not at its ends."""
    return rng.uniform(0.05, 0.95)
