"""Leads that miss little: whom a question would make a prospect."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from leads import queries as leads
from leads.days import date_of, day_of
from leads.models import Lifecycle, Standing, Verdict
from leads.next_step import Gap, Situation, Step, next_step
from leads.queries import Chip
from scoring import queries as scoring
from scoring.definitions import Spec
from users.models import User

MARGIN = 10
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class NearLead:
    """One of them: how far it is, what is missing, what to do."""

    standing: Standing
    chips: list[Chip]
    missing: list[str]  # labels of criteria, "a conversation", "3 points"
    step: Step


def near_leads(user: User, *, now: datetime, own: bool = False) -> tuple[list[NearLead], Spec | None]:
    """Of the best two hundred those who have not said no, who miss least first. Three queries.

    `own` keeps what belongs to the user or to nobody.
    """
    spec = scoring.active_spec()
    if spec is None:
        return [], None
    rows = Standing.objects.visible_to(user).filter(
        lifecycle=Lifecycle.LEAD, is_qualified=False, total__gte=spec.threshold - MARGIN
    )
    if own:
        rows = rows.filter(Q(owner=user) | Q(owner=None))
    standings = list(rows.select_related("contact__company", "owner").order_by("-total", "-contact_id")[:LOOKED_AT])
    chips = leads.chips_for([row.pk for row in standings], now=now)
    asked = {required.criterion_id for required in spec.required}
    found = [
        _near(row, chips[row.pk], spec, now)
        for row in standings
        if not any(chip.state == Verdict.FAILS and chip.criterion_id in asked for chip in chips[row.pk])
    ]
    found.sort(key=lambda lead: (len(lead.missing), -lead.standing.total))
    return found, spec


def _near(row: Standing, chips: list[Chip], spec: Spec, now: datetime) -> NearLead:
    today, by_id = day_of(now), {chip.criterion_id: chip for chip in chips}
    gaps = [
        Gap(by_id[required.criterion_id].key, required.label, required.question)
        for required in spec.required
        if required.criterion_id in by_id and by_id[required.criterion_id].state not in required.accepted
    ]
    talked = row.two_way_day is not None and (not spec.two_way_days or row.two_way_day > today - spec.two_way_days)
    must_talk = bool(spec.two_way_days) and not talked
    below = spec.threshold - row.total
    missing = [gap.label.lower() for gap in gaps]
    missing += ["a conversation"] if must_talk else []
    missing += [f"{below} point{'' if below == 1 else 's'}"] if below > 0 else []
    situation = Situation(
        lifecycle=row.lifecycle,
        today=now.date(),
        owner=row.owner.name if row.owner else "",
        total=row.total if row.day is not None else None,
        threshold=spec.threshold,
        gaps=gaps,
        must_talk=must_talk,
        last_two_way=None if row.two_way_day is None else date_of(row.two_way_day),
    )
    return NearLead(row, chips, missing, next_step(situation))
