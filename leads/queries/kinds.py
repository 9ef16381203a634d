"""What is known of the kinds of events."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from leads.kinds import KnownKind, compile_pattern, globs_of
from leads.models import EventKind, Facet, FacetRun

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


@dataclass(frozen=True, slots=True)
class Fits:
    """How a pattern fits the newest events of its kind: so many of so many, such as these; so many another one has."""

    fitting: int
    looked_at: int
    examples: list[str]
    taken: int

    @property
    def words(self) -> str:
        if not self.looked_at:
            return "No event of this kind has come yet."
        said = f"It fits {self.fitting:,} of the newest {self.looked_at:,} events of this kind"
        said += f", such as {', '.join(self.examples)}." if self.examples else "."
        return said + (f" {self.taken:,} more fit an earlier pattern, which keeps them." if self.taken else "")


def pattern_fits(facet: Facet) -> Fits:
    """What a facet's pattern would take of the newest events. One query."""
    kind = facet.kind
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.value, s.facet_id, count(*) FROM (SELECT left(properties ->> %s, 300) AS value, facet_id FROM "
            "(SELECT kind_id, properties, facet_id FROM leads_engagementevent ORDER BY id DESC LIMIT %s) e "
            "WHERE kind_id = %s) s GROUP BY 1, 2 ORDER BY 3 DESC, 1",
            [kind.facet_property, RECENT, kind.pk],
        )
        rows = cursor.fetchall()
    known = KnownKind(
        kind.pk,
        kind.key,
        kind.facet_property,
        kind.category,
        kind.direction,
        patterns=[(compile_pattern(glob), facet.pk) for glob in globs_of(facet.pattern)],
    )
    mine = [row for row in rows if known.facet_of({kind.facet_property: row[0]}) == facet.pk]
    free = [row for row in mine if row[1] in {None, facet.pk}]
    return Fits(
        fitting=sum(row[2] for row in free),
        looked_at=sum(row[2] for row in rows),
        examples=[str(row[0])[:60] for row in free[:3]],
        taken=sum(row[2] for row in mine) - sum(row[2] for row in free),
    )


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
