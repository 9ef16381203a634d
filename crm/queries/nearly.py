"""Leads that miss little: whom a question would make a prospect."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from leads import queries as leads
from leads.days import date_of, day_of
from leads.models import Lifecycle, Standing, Verdict
from leads.next_step import Gap, Situation, Step, next_step
from leads.queries.chips import Known
from scoring import queries as scoring
from scoring.definitions import Spec
from users.models import User

LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Near:
    """A lead that misses little, and what: labels of criteria, "a conversation", "3 points"."""

    pk: int
    spec: Spec
    total: int
    is_scored: bool
    two_way_day: int | None
    gaps: list[Gap]
    must_talk: bool
    missing: list[str]


@dataclass(frozen=True, slots=True)
class NearLead:
    """The same as a page shows it, with what to do."""

    row: leads.Row
    missing: list[str]
    step: Step


@dataclass(frozen=True, slots=True)
class NearLeads:
    """Who misses little, who misses least first."""

    found: list[Near] = field(default_factory=list)
    known: Known | None = None

    def shown(self, some: Iterable[Near], *, now: datetime) -> list[NearLead]:
        """Some of them with what a page shows besides. One query."""
        by_id = {lead.pk: lead for lead in some}
        rows = leads.rows_of(by_id, now=now, tags=None, known=self.known)
        return [NearLead(row, by_id[row.pk].missing, _step(by_id[row.pk], row, now)) for row in rows]


def near_leads(user: User, *, now: datetime, own: bool = False) -> "NearLeads":
    """Of the best two hundred those who have not said no and whom no exclusion keeps out, who miss least first.

    Three queries, of plain values. `own` keeps what belongs to the user or to nobody.
    """
    active = scoring.active_specs()
    line = scoring.hot_but_incomplete(active)
    if line is None:
        return NearLeads()
    rows = Standing.objects.visible_to(user).filter(leads.near_line(line), lifecycle=Lifecycle.LEAD, is_qualified=False)
    if left_out := [one.id for spec in active for one in spec.exclusions]:
        rows = rows.exclude(exclusion_id__in=left_out)
    if own:
        rows = rows.filter(Q(owner=user) | Q(owner=None))
    columns = ("pk", "total", "day", "two_way_day", "persona_id", "owner__team")
    read = list(rows.order_by("-total", "-pk").values_list(*columns)[:LOOKED_AT])
    known = Known([row[0] for row in read], now=now)
    found = []
    for row in read:
        spec = active.of_team(row[-1])
        asked = spec.required_of(row[-2]) if spec else ()
        if spec and not any(known.state(row[0], one.criterion_id) == Verdict.FAILS for one in asked):
            found.append(_near(row, known, spec, now))
    found.sort(key=lambda lead: (len(lead.missing), -lead.total))
    return NearLeads(found, known)


def _near(read: tuple[Any, ...], known: Known, spec: Spec, now: datetime) -> Near:
    pk, total, day, two_way_day, persona_id, _ = read
    gaps = [
        Gap(known.criteria[required.criterion_id].key, required.label, required.question)
        for required in spec.required_of(persona_id)
        if required.criterion_id in known.criteria and known.state(pk, required.criterion_id) not in required.accepted
    ]
    talked = two_way_day is not None and (not spec.two_way_days or two_way_day > day_of(now) - spec.two_way_days)
    must_talk = bool(spec.two_way_days) and not talked
    below = spec.threshold - total
    missing = [gap.label.lower() for gap in gaps]
    missing += ["a conversation"] if must_talk else []
    missing += [f"{below} point{'' if below == 1 else 's'}"] if below > 0 else []
    return Near(pk, spec, total, day is not None, two_way_day, gaps, must_talk, missing)


def _step(lead: Near, row: leads.Row, now: datetime) -> Step:
    situation = Situation(
        lifecycle=row.lifecycle,
        today=now.date(),
        owner=row.owner.name if row.owner else "",
        total=lead.total if lead.is_scored else None,
        threshold=lead.spec.threshold,
        gaps=lead.gaps,
        must_talk=lead.must_talk,
        last_two_way=None if lead.two_way_day is None else date_of(lead.two_way_day),
    )
    return next_step(situation)
