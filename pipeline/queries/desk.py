"""What the desk shows of one lead, and what its people have done there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, F, Q
from django.utils import timezone

from activities.queries import Item
from core import keyset
from leads.days import date_of, day_of
from leads.doubts import Said, doubts
from leads.hints import Deed, Hint, Words, hints
from leads.models import Contact, Criterion, Evidence, Standing
from leads.sources import has_name, in_words
from pipeline import asking
from pipeline.models import DeskOutcome, DeskPlace, Did, Question, Waits
from scoring.definitions import Required, Spec
from users.models import User

READ_DAYS = 90
MOST_ANSWERS = 200
PAGE = 50
# icons of the timeline's lines in which somebody's words stand
_TOLD = {"note", "phone", "users", "mail", "message-circle", "forms", "presentation"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion of one lead: what stands, what was said before, what may be an answer, what to ask."""

    criterion: Criterion
    number: int
    state: str
    is_required: bool
    is_open: bool  # not answered well enough for the definition
    questions: list[str]
    stands: Evidence | None = None
    expired: Evidence | None = None
    older: list[Evidence] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    @property
    def is_unconfirmed(self) -> bool:
        """Nobody of us has heard it: it came with a form or a list."""
        return self.stands is not None and self.stands.recorded_by_id is None


class Read(NamedTuple):
    """What they looked at or did lately, how often, and the last day."""

    label: str
    times: int
    on: date


_READ = """
SELECT k.key, k.label, coalesce(f.name, ''), count(*), max(e.day)
FROM leads_engagementevent e JOIN leads_eventkind k ON k.id = e.kind_id LEFT JOIN leads_facet f ON f.id = e.facet_id
WHERE e.contact_id = %s AND e.day > %s AND NOT e.is_quarantined
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 5 DESC LIMIT 40
"""


def deeds_of(contact: Contact, *, now: datetime) -> tuple[list[Deed], list[Read]]:
    """What they did in the last months, counted per kind and pattern. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [contact.pk, day_of(now) - READ_DAYS])
        rows = cursor.fetchall()
    deeds = [Deed(key, facet, times, date_of(day)) for key, _, facet, times, day in rows]
    read = [Read(facet or label, times, date_of(day)) for _, label, facet, times, day in rows]
    return deeds, read


def asked_of(
    contact: Contact,
    asks: Sequence[Required],
    items: Sequence[Item],
    deeds: Sequence[Deed],
    *,
    now: datetime,
    persona: str = "",
    names: Callable[[], Mapping[str, str]] = dict,
) -> list[Asked]:
    """Every criterion, those that are required of them (`asks`) and open first; asked as their persona is asked.

    `names` tells what sources are called (capture.queries.source_names). Three queries.
    """
    today = timezone.localdate(now)
    said = [
        Words(item.body, item.day, item.title) for item in items if item.body and (item.two_way or item.icon in _TOLD)
    ]
    suggested = hints(deeds, said, today)
    answers: dict[int, list[Evidence]] = {}
    rows = Evidence.objects.filter(contact=contact).select_related("recorded_by")
    for row in rows.order_by("-observed_at", "-pk")[:MOST_ANSWERS]:
        answers.setdefault(row.criterion_id, []).append(row)
    bank: dict[tuple[int, str], list[str]] = {}
    for question in Question.objects.filter(persona__in=["", persona]):
        bank.setdefault((question.criterion_id, question.persona), []).append(question.text)
    required = {one.criterion_id: one for one in asks}
    day = day_of(now)
    found = []
    for criterion in Criterion.objects.all():
        of = answers.get(criterion.pk, [])
        unexpired = [row for row in of if row.expires_at is None or row.expires_at > now]
        stands = unexpired[0] if unexpired else None
        state = stands.verdict if stands else "unknown"
        one = required.get(criterion.pk)
        others = [_said(row, names) for row in unexpired[1:]]
        is_good = one and stands and asking.is_answered(one, stands.verdict, stands.observed_at, day)
        found.append(
            Asked(
                criterion=criterion,
                number=0,
                state=state,
                is_required=one is not None,
                is_open=one is not None and not is_good,
                questions=[
                    *(bank.get((criterion.pk, persona), []) if persona else []),
                    criterion.question,
                    *bank.get((criterion.pk, ""), []),
                ],
                stands=stands,
                expired=of[0] if of and not unexpired else None,
                older=[row for row in of if row is not stands][:5],
                doubts=doubts(_said(stands, names), others, today) if stands else [],
                hints=[hint for hint in suggested if hint.criterion == criterion.key] if not is_good else [],
            )
        )
    found.sort(key=lambda one: (not one.is_open, not one.is_required, one.criterion.position, one.criterion.pk))
    return [replace(one, number=number) for number, one in enumerate(found, 1)]


def _said(row: Evidence, names: Callable[[], Mapping[str, str]]) -> Said:
    by = row.recorded_by.name if row.recorded_by else in_words(row.source, names() if has_name(row.source) else {})
    return Said(row.verdict, timezone.localdate(row.observed_at), by, row.amount, row.on_date)


def why_now(standing: Standing, place: DeskPlace | None, asked: Sequence[Asked], spec: Spec, *, now: datetime) -> str:
    """Why this lead is the next, in a sentence."""
    if place is not None and place.waits == Waits.LATER:
        return "You promised to call them now." if place.due_at and place.due_at <= now else "A call was promised."
    day = day_of(now)
    talked = standing.two_way_day is not None and standing.two_way_day > day - (spec.two_way_days or 0)
    lead = asking.Lead(
        below=spec.threshold - standing.total,
        seen_days=None if standing.last_day is None else day - standing.last_day,
        open=sum(one.is_open and one.state != "fails" for one in asked),
        no=sum(one.is_open and one.state == "fails" for one in asked),
        must_talk=bool(spec.two_way_days) and not talked,
    )
    return f"{', '.join(asking.words(lead)).capitalize()}."


# --- what was done ---


@dataclass(frozen=True, slots=True)
class Progress:
    """How many leads one person worked on, and what came of it."""

    worked: int = 0
    talked: int = 0
    answered: int = 0
    promoted: int = 0


def today_and_month(user: User, *, now: datetime) -> tuple[Progress, Progress]:
    """Of the person's own day, and of thirty days; what was undone does not count. One query."""
    midnight = start_of(now, 1)
    rows = DeskOutcome.objects.standing().filter(by=user, at__gte=start_of(now, 30)).order_by()
    found = rows.aggregate(**_counts("month", Q()), **_counts("today", Q(at__gte=midnight)))
    names = [field.name for field in fields(Progress)]
    today, month = ({name: found[f"{stretch}_{name}"] for name in names} for stretch in ("today", "month"))
    return Progress(**today), Progress(**month)


def _counts(stretch: str, lately: Q) -> dict[str, Count]:
    """What Progress counts, of the rows of a stretch of time."""
    talked = lately & Q(did=Did.CALLED, detail="connected")
    return {
        f"{stretch}_worked": Count("contact", distinct=True, filter=lately & ~Q(did=Did.SKIPPED)),
        f"{stretch}_talked": Count("contact", distinct=True, filter=talked),
        f"{stretch}_answered": Count("pk", filter=lately & Q(did=Did.ANSWERED)),
        f"{stretch}_promoted": Count("pk", filter=lately & Q(did=Did.PROMOTED)),
    }


def start_of(now: datetime, days: int) -> datetime:
    """The person's midnight with which a stretch of so many days, today included, begins."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days - 1)


FILTERS: dict[str, tuple[str, Q]] = {
    "all": ("All", Q()),
    "worked": ("Leads worked", ~Q(did=Did.SKIPPED)),
    "talked": ("Talked", Q(did=Did.CALLED, detail="connected")),
    "answered": ("Answers", Q(did=Did.ANSWERED)),
    "promoted": ("Promoted", Q(did=Did.PROMOTED)),
    "disqualified": ("Disqualified", Q(did=Did.DISQUALIFIED)),
}
PER_LEAD = {"worked", "talked"}  # counts leads, so a lead has one line


def outcomes_page(
    user: User, *, since: datetime, kind: str, after: str = "", before: str = ""
) -> "keyset.Page[DeskOutcome]":
    """What the person did since then, newest first; of each lead only the newest where leads are counted."""
    wanted = DeskOutcome.objects.standing().filter(FILTERS[kind][1], by=user, at__gte=since)
    rows = DeskOutcome.objects.filter(pk__in=wanted.values("pk"))
    if kind in PER_LEAD:
        newest = wanted.order_by("contact", "-at", "-pk").distinct("contact")
        rows = DeskOutcome.objects.filter(pk__in=newest.values("pk"))
    seen = rows.filter(contact__in=Contact.objects.visible_to(user).values("pk")).select_related("contact__company")
    return keyset.page(seen, by=[("at", datetime), ("pk", int)], after=after, before=before, size=PAGE)


def last_outcome(user: User, *, now: datetime) -> DeskOutcome | None:
    """What "undo" would take back. One query."""
    rows = DeskOutcome.objects.standing().filter(by=user, at__gt=now - asking.UNDO_FOR).select_related("contact")
    return rows.order_by("-at", "-pk").first()


SHOWN = 100  # beyond it nobody counts: it would cost more than the lead
_WAITING = "SELECT 1 FROM pipeline_deskplace WHERE waits = '' AND value > 0"
_MINE = f"({_WAITING} AND owner_id = ANY (%s) LIMIT {SHOWN}) UNION ALL ({_WAITING} AND owner_id IS NULL LIMIT {SHOWN})"


def waiting(user: User, *, now: datetime) -> dict[str, Any]:
    """How many stand in the queue, as far as anybody counts, and the person's next promised call. Two queries."""
    everybody = user.sees_everything
    of = f"{_WAITING} LIMIT {SHOWN}" if everybody else _MINE
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({of}) q", None if everybody else [user.visible_owner_ids])  # noqa: S608
        count = cursor.fetchone()[0]
    promised = DeskPlace.objects.filter(waits=Waits.LATER, kept_for=user, due_at__gt=now)
    return {
        "count": min(count, SHOWN - 1),
        "is_more": count >= SHOWN,
        "call": promised.order_by(F("due_at").asc()).values_list("due_at", flat=True).first(),
    }
