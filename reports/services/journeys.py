"""Journeys and credits are brought up to what the facts say, for some contacts."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection

from leads.models import Touch
from leads.origin import Origin
from pipeline.models import Pipeline
from pipeline.queries.currencies import reporting_currency
from reports.attribution import MODELS, credits_of
from reports.models import Channel, Credit
from reports.queries.facts import COLUMNS, journeys

_VALUES = [name for name in COLUMNS if name != "contact_id"]
_BRING = """
WITH told AS MATERIALIZED ({journeys}),
gone AS (
    DELETE FROM reports_journey j WHERE {mine} AND NOT EXISTS (SELECT FROM told t WHERE t.contact_id = j.contact_id)
    RETURNING j.contact_id, j.month
),
moved AS (SELECT j.contact_id, j.month FROM reports_journey j JOIN told t USING (contact_id) WHERE j.month <> t.month),
kept AS (
    INSERT INTO reports_journey AS j ({columns}) SELECT {columns} FROM told
    ON CONFLICT (contact_id) DO UPDATE SET {updates} WHERE ({old}) IS DISTINCT FROM ({new})
    RETURNING j.contact_id, j.month
)
SELECT contact_id, month FROM gone UNION ALL SELECT contact_id, month FROM moved
UNION ALL SELECT contact_id, month FROM kept
"""
Contacts = Collection[int] | range


def bring(contacts: Contacts) -> dict[int, set[date]]:
    """Make journeys and credits of these contacts (ids, or all in a range) what the facts say.

    Returns whom it changed, with the months that have to be counted again.
    """
    among = "{id} BETWEEN %(low)s AND %(high)s" if isinstance(contacts, range) else "{id} = ANY (%(ids)s)"
    params: dict[str, Any] = {"currency": main_currency()}
    if isinstance(contacts, range):
        params |= {"low": contacts.start, "high": contacts.stop - 1}
    elif not contacts:
        return {}
    else:
        params["ids"] = sorted(contacts)
    sql = _BRING.format(
        journeys=journeys(among),
        mine=among.format(id="j.contact_id"),
        columns=", ".join(COLUMNS),
        updates=", ".join(f"{name} = excluded.{name}" for name in _VALUES),
        old=", ".join(f"j.{name}" for name in _VALUES),
        new=", ".join(f"excluded.{name}" for name in _VALUES),
    )
    changed: dict[int, set[date]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for contact_id, month in cursor.fetchall():
            changed[contact_id].add(month)
        for contact_id in _bring_credits(contacts):
            cursor.execute("SELECT month FROM reports_journey WHERE contact_id = %s", [contact_id])
            changed[contact_id].update(month for (month,) in cursor.fetchall())
    return changed


def main_currency() -> str:
    """In which won money is counted: the reporting one, or else the first pipeline's, to which no other is added."""
    if ours := reporting_currency():
        return ours
    first = Pipeline.objects.order_by("position", "pk").values_list("currency", flat=True).first()
    return first or "EUR"


Arrived = tuple[str, str, str]


def _bring_credits(contacts: Contacts) -> list[int]:
    """The ids of those whose credits have changed."""
    within: Any = {"in": contacts}
    if isinstance(contacts, range):
        within = {"gte": contacts.start, "lt": contacts.stop}
    touches = Touch.objects.filter(**{f"identity__contact__{how}": value for how, value in within.items()})
    seen: dict[int, dict[tuple[Any, Arrived], bool]] = defaultdict(dict)
    for contact_id, at, source, medium, campaign in (
        touches.order_by("at", "pk").values_list("identity__contact", "at", "source", "medium", "campaign").iterator()
    ):
        is_direct = Origin(source, medium, campaign).is_direct
        # an identity's only touch is its first and its last: one visit
        seen[contact_id][at, (source.strip(), medium.strip(), campaign.strip().lower())] = is_direct
    wanted = {
        contact_id: credits_of([(arrived, is_direct) for (_, arrived), is_direct in of.items()])
        for contact_id, of in seen.items()
    }
    ids = _channels({arrived for of in wanted.values() for arrived in of})
    told = {(contact_id, ids[arrived]): parts for contact_id, of in wanted.items() for arrived, parts in of.items()}
    rows = Credit.objects.filter(**{f"contact_id__{how}": value for how, value in within.items()})
    stored = {(row[1], row[2]): row for row in rows.values_list("pk", "contact_id", "channel_id", *MODELS)}
    stale = {key: row[0] for key, row in stored.items() if told.get(key) != tuple(row[3:])}
    fresh = {key: parts for key, parts in told.items() if key not in stored or key in stale}
    Credit.objects.filter(pk__in=stale.values()).delete()
    Credit.objects.bulk_create(
        [
            Credit(contact_id=contact_id, channel_id=channel, **dict(zip(MODELS, parts, strict=True)))
            for (contact_id, channel), parts in fresh.items()
        ],
        batch_size=5000,
    )
    return sorted({contact_id for contact_id, _ in (*stale, *fresh)})


def _channels(wanted: Collection[Arrived]) -> dict[Arrived, int]:
    """Their ids; those that are new are made."""

    def known() -> dict[Arrived, int]:
        rows = Channel.objects.values_list("source", "medium", "campaign", "pk")
        return {(source, medium, campaign): pk for source, medium, campaign, pk in rows}

    found = known()
    if missing := sorted(set(wanted) - set(found)):
        Channel.objects.bulk_create(
            [Channel(source=source, medium=medium, campaign=campaign) for source, medium, campaign in missing],
            ignore_conflicts=True,
        )
        found = known()
    return found
