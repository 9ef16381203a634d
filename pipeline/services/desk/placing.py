"""The queue: which leads have a place at the desk, and what asking each of them is worth."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from core import locks
from leads.days import day_of
from leads.models import EngagementEvent, Evidence, Lifecycle, Standing, Verdict
from pipeline import asking
from pipeline.models import DeskOutcome, DeskPlace, Recycle, ReturnBy, Waits
from scoring import queries as scoring
from scoring.definitions import Spec
from scoring.models import ModelState, PurchaseModel

DESK = 0x4445534B  # places are worked out one batch at a time: a late one never overwrites what a newer one saw
BATCH = 1000
_COPIED = ["value", "owner", "total", "day", "placed_at", "waits", "due_at", "kept_for"]


class _Wait(NamedTuple):
    waits: str
    until: datetime | None
    by_id: int
    is_woken: bool  # they have done something since

    def is_over(self, now: datetime) -> bool:
        """A promised call stays promised until somebody makes it; the others end by themselves."""
        if self.waits == Waits.LATER:
            return False
        return (self.until is not None and self.until <= now) or (self.waits == Waits.EVENT and self.is_woken)


@transaction.atomic
def place(contact_ids: Iterable[int], *, now: datetime, let_go: bool = False) -> int:
    """Work out the places of these contacts anew; how many have one afterwards. Whoever is at a lead stays there.

    `let_go` ends the leases on them. At most some thousands at a time: nobody else places meanwhile.
    """
    ids = sorted(set(contact_ids))
    if not ids:
        return 0
    locks.hold(DESK)
    placed = _placed(ids, scoring.active_specs(), now=now)
    DeskPlace.objects.bulk_create(
        placed, update_conflicts=True, unique_fields=["contact"], update_fields=_COPIED, batch_size=BATCH
    )
    others = DeskPlace.objects.filter(pk__in=set(ids) - {row.contact_id for row in placed})
    if let_go:
        DeskPlace.objects.filter(pk__in=ids, holder__isnull=False).update(holder=None, held_until=None)
        others.delete()
    else:
        others.free(now).delete()
        others.update(value=0, waits="", due_at=None, kept_for=None, placed_at=now, day=day_of(now))
    return len(placed)


def _placed(ids: Sequence[int], active: scoring.Active, *, now: datetime) -> list[DeskPlace]:
    """Five queries. Whoever rests, because a hand-off was rejected or an opportunity was lost, is left in peace."""
    leads = Standing.objects.filter(pk__in=ids, lifecycle=Lifecycle.LEAD, is_qualified=False, is_erased=False)
    rows = list(
        leads.exclude(day=None)
        .order_by("pk")
        .values_list(
            *("pk", "owner", "total", "last_day", "two_way_day", "exclusion_id", "contact__likelihood__permille"),
            *("persona_id", "owner__team"),
        )
    )
    known = [row[0] for row in rows]
    answered = _verdicts(known, active, now=now)
    waits = _waits(known, now=now)
    resting = set(
        Recycle.objects.waiting().filter(contact__in=known).exclude(by=ReturnBy.ANEW).values_list("contact", flat=True)
    )
    base = _base_rate()
    day = day_of(now)
    places = []
    for pk, owner_id, total, last_day, two_way_day, exclusion_id, permille, persona_id, team_id in rows:
        spec = active.of_team(team_id)
        if spec is None or pk in resting or spec.exclusion(exclusion_id):
            continue
        required = spec.required_of(persona_id)
        stand = [(one, answered.get((pk, one.criterion_id), ("", now))) for one in required]
        lacking = [said for one, said in stand if not asking.is_answered(one, *said, day)]
        talked = two_way_day is not None and two_way_day > day - (spec.two_way_days or 0)
        worth = asking.value(
            asking.Lead(
                below=spec.threshold - total,
                seen_days=None if last_day is None else day - last_day,
                open=sum(verdict != Verdict.FAILS for verdict, _ in lacking),
                no=sum(verdict == Verdict.FAILS for verdict, _ in lacking),
                must_talk=bool(spec.two_way_days) and not talked,
                permille=permille,
                base=base,
            )
        )
        wait = waits.get(pk)
        is_waiting = wait is not None and not wait.is_over(now)
        if not worth and not is_waiting:
            continue
        places.append(
            DeskPlace(
                contact_id=pk,
                value=worth,
                owner_id=owner_id,
                total=total,
                day=day,
                placed_at=now,
                waits=wait.waits if wait is not None and is_waiting else "",
                due_at=wait.until if wait is not None and is_waiting else None,
                kept_for_id=wait.by_id if wait is not None and is_waiting and wait.waits == Waits.LATER else None,
            )
        )
    return places


def _verdicts(
    ids: Sequence[int], active: scoring.Active, *, now: datetime
) -> dict[tuple[int, int], tuple[str, datetime]]:
    """What stands for the required criteria, and since when, by contact and criterion."""
    required = {one.criterion_id for spec in active for one in spec.all_required}
    answers = Evidence.objects.standing(now).filter(contact__in=ids, criterion__in=required)
    found = answers.values_list("contact_id", "criterion_id", "verdict", "observed_at")
    return {(pk, criterion): (verdict, at) for pk, criterion, verdict, at in found}


def _waits(ids: Sequence[int], *, now: datetime) -> dict[int, _Wait]:
    """What the newest outcome of each says to wait for."""
    since = EngagementEvent.objects.filter(
        contact=OuterRef("contact"), occurred_at__gt=OuterRef("at"), is_quarantined=False
    )
    newest = (
        DeskOutcome.objects.standing()
        .filter(contact__in=ids)
        .order_by("contact", "-at", "-pk")
        .distinct("contact")
        .annotate(is_woken=Exists(since))
    )
    found = newest.values_list("contact_id", "waits", "until", "by_id", "is_woken")
    return {pk: _Wait(waits, until, by_id, is_woken) for pk, waits, until, by_id, is_woken in found if waits}


def _base_rate() -> float | None:
    cards = PurchaseModel.objects.filter(state=ModelState.ACTIVE, is_useful=True).values_list("card", flat=True)
    card = cards.first()
    return float(card["base_rate"]) if card and card.get("base_rate") else None


# --- the sweep ---

_OUTDATED = """
SELECT p.contact_id FROM pipeline_deskplace p JOIN leads_standing s USING (contact_id)
WHERE p.contact_id > %(after)s AND (p.day < %(day)s OR p.total <> s.total OR p.owner_id IS DISTINCT FROM s.owner_id
    OR (s.lifecycle <> 'lead' OR s.is_qualified OR s.is_erased) AND (p.held_until IS NULL OR p.held_until <= %(now)s)
    OR p.waits IN ('until', 'event') AND p.due_at <= %(now)s
    OR EXISTS (SELECT FROM leads_evidence e WHERE e.contact_id = p.contact_id AND e.observed_at > p.placed_at)
    OR EXISTS (SELECT FROM pipeline_deskoutcome o WHERE o.contact_id = p.contact_id AND o.at > p.placed_at)
    OR p.waits = 'event' AND EXISTS (SELECT FROM leads_engagementevent e WHERE e.contact_id = p.contact_id
        AND e.occurred_at > p.placed_at AND NOT e.is_quarantined))
UNION
SELECT s.contact_id FROM leads_standing s{owners}
WHERE s.lifecycle = 'lead' AND s.total >= {least} AND s.contact_id > %(after)s AND NOT s.is_qualified
  AND NOT s.is_erased AND s.day IS NOT NULL
  AND NOT EXISTS (SELECT FROM pipeline_deskplace p WHERE p.contact_id = s.contact_id)
ORDER BY 1 LIMIT %(batch)s
"""


def _outdated(active: scoring.Active) -> str:
    """With the least score that is worth a question by the definition that judges them."""
    common, teams = _least(active.common), ""
    if not active.teams:
        return _OUTDATED.format(owners="", least=common)
    for team_id, spec in active.teams.items():
        teams += f" WHEN {team_id} THEN {_least(spec)}"
    owners = "\nLEFT JOIN users_user u ON u.id = s.owner_id"
    lowest = min(common, *map(_least, active.teams.values()))  # what the index can tell
    return _OUTDATED.format(owners=owners, least=f"{lowest} AND s.total >= CASE u.team_id{teams} ELSE {common} END")


def _least(spec: Spec | None) -> int:
    return spec.threshold - asking.REACH if spec and (spec.all_required or spec.two_way_days) else 2**31 - 1


def keep_places(*, now: datetime, most: int = 100 * BATCH) -> int:
    """Work out what no announcement told of, and everything anew once a day has begun; how many were looked at."""
    active = scoring.active_specs()
    if not any(active):
        return 0
    looked_at, after = 0, 0
    outdated = _outdated(active)
    while looked_at < most:
        params: dict[str, Any] = {
            "after": after,
            "day": day_of(now),
            "now": now,
            "batch": BATCH,
        }
        with connection.cursor() as cursor:
            cursor.execute(outdated, params)
            ids = [row[0] for row in cursor.fetchall()]
        place(ids, now=now)
        looked_at += len(ids)
        if len(ids) < BATCH:
            break
        after = ids[-1]
    return looked_at


def wake_places(*, now: datetime) -> int:
    """Those whose day has come stand in the queue again; how many they were."""
    due = DeskPlace.objects.filter(waits__in=[Waits.UNTIL, Waits.EVENT], due_at__lte=now)
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH])
    place(ids, now=now)
    return len(ids)


def place_all(*, now: datetime) -> int:
    """Everybody, here and now; for loading and measuring."""
    return keep_places(now=now, most=2**31)
