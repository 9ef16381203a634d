"""Who the rules of a definition fire for, and what became of those they promoted; judged by the one evaluator."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from leads import conditions
from leads.days import day_of
from leads.models import Contact, EngagementEvent, Lifecycle, LifecycleChange, Standing
from scoring import acceptance, accountability
from scoring.accountability import BEFORE_DAYS, LOST, OPEN, RECENT_DAYS, WON, Promotion
from scoring.definitions import Spec
from scoring.queries.specs import active_specs, fetch, known_then, run, statement_of
from scoring.statement import EVERYBODY, RANGE

RANGE_SIZE = 10_000
MOST_PROMOTIONS = 20_000
MOST_LOOKS = 6_000


def firing(spec: Spec, day: int) -> tuple[Counter[int], dict[str, list[int]]]:
    """(set of rules -> contacts for whom exactly these fire, fit rules' drift by when people came), range by range."""
    masks: Counter[int] = Counter()
    came: dict[str, list[int]] = {key: [0, 0, 0, 0] for key in accountability.keys(spec) if key[0] == "f"}
    select = statement_of(spec).select(RANGE.only(active_specs().whose(spec.team_id)), with_lines=True)
    last = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1, RANGE_SIZE):
        end = first + RANGE_SIZE - 1
        created = dict(Contact.objects.filter(pk__range=(first, end), erased_at=None).values_list("pk", "created_at"))
        for row in run(select, [first, end], day) if created else []:
            if row["contact_id"] not in created:
                continue
            masks[accountability.fired(spec, row["fits"], row["lines"])] += 1
            age = day - day_of(created[row["contact_id"]])
            if age < RECENT_DAYS + BEFORE_DAYS:
                window = 0 if age < RECENT_DAYS else 2
                for rule, points in zip(spec.fit, row["fits"], strict=True):
                    came[f"f{rule.id}"][window] += bool(points)
                    came[f"f{rule.id}"][window + 1] += 1
    return masks, came


def drift(spec: Spec, day: int) -> dict[str, list[int]]:
    """Per engagement rule: of the people who did anything, for how many it had something; months of 30 days."""
    if not spec.engagement:
        return {}
    columns = []
    for line in spec.engagement:
        mine = f"kind_id = {line.kind_id}"
        if line.facet_ids:
            mine += f" AND facet_id IN ({', '.join(map(str, line.facet_ids))})"
        columns.append(f'count(DISTINCT contact_id) FILTER (WHERE {mine}) AS "e{line.id}"')
    whose = active_specs().whose(spec.team_id)
    of = f"AND {EVERYBODY.only(whose).of('contact_id')} " if whose else ""
    rows = fetch(
        f"SELECT ({day} - day) / {RECENT_DAYS} AS month, count(DISTINCT contact_id) AS people, {', '.join(columns)} "
        "FROM leads_engagementevent WHERE contact_id IS NOT NULL AND NOT is_quarantined "
        f"AND day <= {day} AND day > {day} - {RECENT_DAYS + BEFORE_DAYS} {of}GROUP BY 1"
    )
    lately = [row for row in rows if row["month"] == 0]
    before = [row for row in rows if row["month"] > 0]
    return {
        key: [
            sum(row[key] for row in lately),
            sum(row["people"] for row in lately),
            sum(row[key] for row in before),
            sum(row["people"] for row in before),
        ]
        for key in (f"e{line.id}" for line in spec.engagement)
    }


def promotions(spec: Spec, now: datetime) -> list[Promotion]:
    """Whom the definition promoted, newest first: which rules fired on that day, which were decisive, how it ended."""
    steps = list(
        LifecycleChange.objects.filter(
            to_stage=Lifecycle.PROSPECT, definition_version=spec.version, contact__erased_at=None
        )
        .order_by("-at", "-pk")
        .values_list("contact_id", "at")[:MOST_PROMOTIONS]
    )
    by_day: dict[int, list[int]] = defaultdict(list)
    for contact_id, at in steps:
        by_day[day_of(at)].append(contact_id)
    judged = {
        (row["contact_id"], day): (
            accountability.fired(spec, row["fits"], row["lines"]),
            accountability.decisive(spec, row["fits"], row["lines"], row.get("points")),
        )
        for day, ids in by_day.items()
        for row in known_then(spec, ids, day)
    }
    ends = _ends([contact_id for contact_id, _ in steps])
    return [
        Promotion(
            contact_id,
            *judged.get((contact_id, day_of(at)), (0, 0)),
            next((end for then, end, _ in ends.get(contact_id, []) if then > at), OPEN),
            acceptance.ended(
                at, [then for then, _, stage in ends.get(contact_id, []) if stage == Lifecycle.LEAD], now=now
            ),
        )
        for contact_id, at in steps
    ]


def _ends(contact_ids: list[int]) -> dict[int, list[tuple[datetime, str, str]]]:
    """When each of them stopped being a prospect, how that counts, and what they became."""
    ends: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    rows = LifecycleChange.objects.filter(contact__in=contact_ids).exclude(to_stage=Lifecycle.PROSPECT)
    for contact_id, at, stage in rows.order_by("at", "pk").values_list("contact_id", "at", "to_stage"):
        ends[contact_id].append((at, WON if stage == Lifecycle.CUSTOMER else LOST, stage))
    return ends


def looks(spec: Spec, contact_ids: list[int], at: list[datetime], bought: list[int]) -> Iterator[tuple[int, int, int]]:
    """(set of rules that fired on the evening before, 1 when they bought, contact) of looks at people in the past.

    The evening before, so that nothing of the same day that came later is known, nor what we only heard of since.
    """
    step = max(1, len(contact_ids) // MOST_LOOKS)
    by_day: dict[int, dict[int, int]] = defaultdict(dict)
    for contact_id, then, outcome in list(zip(contact_ids, at, bought, strict=True))[::step]:
        by_day[day_of(then - timedelta(days=1))][contact_id] = outcome
    whose = active_specs().whose(spec.team_id)
    for day, people in by_day.items():
        for row in known_then(spec, list(people), day, whose=whose):
            contact_id = row["contact_id"]
            yield accountability.fired(spec, row["fits"], row["lines"]), people[contact_id], contact_id


def judged_by(rows: "QuerySet[Standing]", spec: Spec) -> "QuerySet[Standing]":
    """Those of the standings whose owner's team is judged by this definition."""
    if spec.team_id is not None:
        return rows.filter(owner__team=spec.team_id)
    teams = list(active_specs().teams)
    return rows.filter(Q(owner__team=None) | ~Q(owner__team__in=teams)) if teams else rows


def whom(rows: "QuerySet[Standing]", spec: Spec, key: str, day: int) -> "QuerySet[Standing]":
    """Those of the standings for whom a rule of the definition that judges them fires on a day."""
    rows = judged_by(rows, spec)
    for line in spec.engagement:
        if key == f"e{line.id}":
            events = EngagementEvent.objects.filter(
                contact=OuterRef("pk"),
                is_quarantined=False,
                kind=line.kind_id,
                day__lte=day,
                day__gt=day - line.horizon,
            )
            return rows.filter(Exists(events.filter(facet__in=line.facet_ids) if line.facet_ids else events))
    for rule in spec.fit:
        if key == f"f{rule.id}":
            if rule.persona_id is not None:  # it gives points to whom its persona suits best
                rows = rows.filter(persona_id=rule.persona_id)
            condition, params = conditions.to_sql(rule.conditions)
            people = (
                "SELECT s.contact_id FROM leads_standing s JOIN leads_contact c ON c.id = s.contact_id "
                f"LEFT JOIN leads_company o ON o.id = c.company_id WHERE {condition}"
            )
            return rows.filter(pk__in=RawSQL(f"({people})", params))  # noqa: S611  (conditions quotes what people gave)
    return rows.none()
