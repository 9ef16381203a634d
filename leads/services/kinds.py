"""What a kind of event is: described, changed, and its history brought up to date with its patterns."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from core.errors import Refused
from leads import kinds, normalise, signals
from leads.models import Category, ChangedContact, Direction, EngagementEvent, EventKind, Facet, FacetRun

MOST_FACETS = 50
MOST_STARS = 3
EVENTS_A_RANGE = 20_000  # ids, not events: short enough that nobody waits for the rows
SETTLED = timedelta(seconds=30)  # by then no process remembers the old patterns, and what it began is committed

Pattern = tuple[str, str]  # name, pattern


@transaction.atomic
def change_kind(
    kind: EventKind,
    *,
    label: str,
    category: str,
    direction: str,
    facet_property: str,
    patterns: Sequence[Pattern],
    now: datetime,
) -> EventKind:
    """Describe a kind anew. Events of before get their facet by the new patterns in the background; scores follow."""
    kind = EventKind.objects.select_for_update().get(pk=kind.pk)
    if category not in Category.values or direction not in Direction.values:
        raise Refused(category="Choose a category and a direction.")
    facet_property = normalise.line(facet_property)
    if len(facet_property) > 40:
        raise Refused(facet_property="At most 40 characters.")
    wanted = _checked(patterns, facet_property)
    judged_anew = (kind.category, kind.direction) != (category, direction)
    before = (kind.facet_property, patterns_of(kind))
    kind.label, kind.category, kind.direction, kind.facet_property = label, category, direction, facet_property
    kind.is_registered = True
    kind.save()
    if before != (facet_property, wanted):
        _store(kind, wanted)
    if before != (facet_property, wanted) or judged_anew:
        run = FacetRun.objects.filter(kind=kind, done_at=None).first()
        FacetRun.objects.update_or_create(
            kind=kind,
            defaults={
                "changed_at": now,
                "next_id": 0,
                "done_at": None,
                "changed_events": 0,
                "rescores": judged_anew or bool(run and run.rescores),
            },
        )
    kinds.forget()
    return kind


@transaction.atomic
def add_pattern(*, kind_key: str, name: str, pattern: str, facet_property: str = "", now: datetime) -> Facet:
    """One more pattern behind those of the kind, which keep what they have; returns it. Its history follows."""
    kind = EventKind.objects.select_for_update().filter(key=kind_key).first()
    if kind is None:
        raise Refused(pattern="Choose a kind of event first.")
    name, existing = normalise.line(name), patterns_of(kind)
    try:
        change_kind(
            kind,
            label=kind.label,
            category=kind.category,
            direction=kind.direction,
            facet_property=kind.facet_property or facet_property,
            patterns=[*existing, (name, pattern)],
            now=now,
        )
    except Refused as refused:
        raise Refused(pattern=next(iter(refused.fields.values()))) from None
    return Facet.objects.get(kind=kind, name=name)


def patterns_of(kind: EventKind) -> list[Pattern]:
    """The kind's patterns in their order; an event gets the first that fits."""
    return list(Facet.objects.filter(kind=kind).exclude(pattern="").values_list("name", "pattern"))


def _checked(patterns: Sequence[Pattern], facet_property: str) -> list[Pattern]:
    wanted = [(normalise.line(name), normalise.line(pattern).lower()) for name, pattern in patterns]
    if len(wanted) > MOST_FACETS:
        raise Refused(patterns=f"At most {MOST_FACETS} patterns; these are {len(wanted):,}.")
    if wanted and not facet_property:
        raise Refused(facet_property="Say which property the patterns look at, such as path.")
    names = [name.casefold() for name, _ in wanted]
    for name, pattern in wanted:
        if not name or not pattern or len(name) > 60 or len(pattern) > 200:
            raise Refused(patterns="One per line: a name, a colon, a pattern. Such as Pricing: /pricing*")
        if names.count(name.casefold()) > 1:
            raise Refused(patterns=f"“{name}” is there twice. Give each pattern a name of its own.")
        if not (globs := kinds.globs_of(pattern)):
            raise Refused(patterns=f"“{name[:60]}” has only commas for a pattern.")
        for glob in globs:
            if glob.count("*") - glob.count("**") > MOST_STARS:
                raise Refused(patterns=f"“{glob[:60]}”: at most {MOST_STARS} stars in a pattern.")
    return wanted


def _store(kind: EventKind, wanted: Sequence[Pattern]) -> None:
    """Facets keep their number by their name: rules know them by it. One that is given up keeps no pattern.

    It is not deleted: no index leads from a facet to its events.
    """
    known = {facet.name.casefold(): facet for facet in Facet.objects.filter(kind=kind)}
    kept = set()
    for position, (name, pattern) in enumerate(wanted):
        facet = known.get(name.casefold()) or Facet(kind=kind)
        facet.name, facet.pattern, facet.position = name, pattern, position
        facet.save()
        kept.add(facet.pk)
    for facet in known.values():
        if facet.pk not in kept:
            Facet.objects.filter(pk=facet.pk).update(pattern="", position=MOST_FACETS)


@transaction.atomic
def continue_facet_run(kind_id: int, *, now: datetime) -> bool:
    """Bring the next range of a kind's events up to date; true while there is more to do."""
    run = FacetRun.objects.select_for_update(skip_locked=True).filter(kind=kind_id, done_at=None).first()
    if run is None or now < run.changed_at + SETTLED:
        return False
    ahead = EngagementEvent.objects.filter(pk__gte=run.next_id).order_by("pk").values_list("pk", flat=True)
    start = ahead.first()  # a gap in the numbers is passed in one step
    if start is None:
        run.done_at, run.rescores = now, False
        run.save(update_fields=["done_at", "rescores"])
        kinds.forget()
        return False
    kinds.forget()
    known = next(kind for kind in kinds.known_kinds().values() if kind.id == kind_id)
    end = start + EVENTS_A_RANGE
    rows = EngagementEvent.objects.filter(kind=kind_id, pk__gte=start, pk__lt=end)
    touched: set[int] = set()
    changed: list[tuple[int, int | None]] = []
    for pk, contact_id, facet_id, properties in rows.values_list("pk", "contact_id", "facet_id", "properties"):
        facet = known.facet_of(properties)
        if facet != facet_id:
            changed.append((pk, facet))
        if contact_id is not None and (facet != facet_id or run.rescores):
            touched.add(contact_id)
    _set_facets(changed)
    if touched:
        ids = sorted(touched)
        ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in ids])
        signals.engagement_recorded.send(sender=None, contact_ids=ids)
    run.next_id, run.changed_events = end, run.changed_events + len(changed)
    run.save(update_fields=["next_id", "changed_events"])
    return True


def _set_facets(changed: Sequence[tuple[int, int | None]]) -> None:
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE leads_engagementevent AS e SET facet_id = t.facet_id "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, facet_id) WHERE e.id = t.id",
                [[pk for pk, _ in changed], [facet for _, facet in changed]],
            )
