"""What is known of the kinds of events."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from leads.models import EventKind, FacetRun

RECENT = 20_000  # the newest events, as a sample of what arrives


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind, how often it was among the newest events, when last, its patterns and the run that follows a change."""

    kind: EventKind
    recent: int
    last_at: datetime | None
    patterns: int
    run: FacetRun | None


def kind_rows() -> list[KindRow]:
    """All kinds; those that wait for a description first, then by category and label."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind_id, count(*), max(occurred_at) FROM "
            "(SELECT kind_id, occurred_at FROM leads_engagementevent ORDER BY id DESC LIMIT %s) e GROUP BY kind_id",
            [RECENT],
        )
        seen = {kind_id: (count, last) for kind_id, count, last in cursor.fetchall()}
        cursor.execute("SELECT kind_id, count(*) FROM leads_facet WHERE pattern <> '' GROUP BY kind_id")
        patterns = dict(cursor.fetchall())
    runs = {run.kind_id: run for run in FacetRun.objects.filter(done_at=None)}
    kinds = EventKind.objects.order_by("is_registered", "category", "label", "pk")
    return [KindRow(kind, *seen.get(kind.pk, (0, None)), patterns.get(kind.pk, 0), runs.get(kind.pk)) for kind in kinds]


def seen_properties(kind: EventKind) -> str:
    """Which properties the newest events of the kind carry, in a sentence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.key, count(*) FROM (SELECT properties FROM "
            "(SELECT kind_id, properties FROM leads_engagementevent ORDER BY id DESC LIMIT %s) e "
            "WHERE kind_id = %s LIMIT 500) s, jsonb_each(s.properties) p "
            "WHERE jsonb_typeof(s.properties) = 'object' GROUP BY p.key ORDER BY count(*) DESC, p.key LIMIT 8",
            [RECENT, kind.pk],
        )
        names = [name[:40] for name, _ in cursor.fetchall()]
    return f"Its newest events carry: {', '.join(names)}." if names else ""
