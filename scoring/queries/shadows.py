"""The draft that judges beside the active definition: which one, and where they disagree."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet

from leads.models import Lifecycle, Standing
from scoring.definitions import Spec
from scoring.models import Definition, DefinitionStatus, Shadow, ShadowVerdict
from scoring.queries.specs import load_spec
from users.models import User

ABANDONED = timedelta(seconds=90)
OPEN = (DefinitionStatus.DRAFT, DefinitionStatus.REVIEW)
WAYS = {"shadow": "by the draft only", "active": "by the active definition only"}


@dataclass(frozen=True, slots=True)
class Running:
    """The shadow as a scorer needs it."""

    id: int
    spec: Spec
    walked_to: int
    last_contact: int


_RUNNING = """
SELECT h.id, h.definition_id, h.revision, h.walked_to, h.last_contact,
  ARRAY(SELECT k.id || ' ' || k.direction || ' ' || k.category FROM leads_eventkind k ORDER BY k.id)
FROM scoring_shadow h JOIN scoring_definition d ON d.id = h.definition_id
WHERE h.is_running AND d.revision = h.revision AND d.status IN ('draft', 'review')"""


def running() -> Running | None:
    """The shadow that runs, if its draft is still as it was. One small query."""
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        row = cursor.fetchone()
    if row is None:
        return None
    shadow_id, definition_id, revision, walked_to, last_contact, kinds = row
    return Running(shadow_id, _spec_of(definition_id, revision, tuple(kinds)), walked_to, last_contact)


@lru_cache(maxsize=4)
def _spec_of(definition_id: int, revision: int, kinds: tuple[str, ...]) -> Spec:
    """A draft of one revision, in one state of the registry of kinds, always says the same."""
    return load_spec(Definition.objects.get(pk=definition_id))


def outdated() -> Iterator[tuple[int, str]]:
    """Shadows whose draft is not what it was any more, and why."""
    for shadow in Shadow.objects.filter(is_running=True).select_related("definition"):
        definition = shadow.definition
        if definition.status not in OPEN:
            yield shadow.pk, f"Version {definition.version} is {definition.get_status_display().lower()} now."
        elif definition.revision != shadow.revision:
            yield shadow.pk, "The draft was changed."


def unfinished(*, now: datetime) -> list[int]:
    """Shadows whose first round nobody goes on with."""
    waiting = Shadow.objects.filter(is_running=True, walked_at=None, touched_at__lt=now - ABANDONED)
    return list(waiting.values_list("pk", flat=True))


def differing(shadow: Shadow, way: str) -> "QuerySet[ShadowVerdict]":
    """Whom only one of the two qualifies, as it stands."""
    return shadow.verdicts.filter(differs_since__isnull=False, is_qualified=way == "shadow")


def seen_by(rows: "QuerySet[ShadowVerdict]", user: User) -> "QuerySet[ShadowVerdict]":
    """Those whom this user may see."""
    return rows.filter(contact__standing__in=Standing.objects.visible_to(user))


@dataclass(frozen=True, slots=True)
class Figures:
    """How the two compare. The promotions are of leads that qualified since everybody had been judged once."""

    both: int
    only_shadow: int
    only_active: int
    new_by_shadow: int
    new_by_active: int
    new_by_both: int
    leads_only_shadow: int
    oldest: datetime | None

    @property
    def sentence(self) -> str:
        """What it comes to."""
        apart = self.only_shadow + self.only_active
        if not apart and not self.both:
            return "Neither of them qualifies anybody."
        if not apart:
            return f"They agree on all {self.both} whom either qualifies."
        return f"Of {apart + self.both} whom either qualifies, they disagree on {apart}."


def figures(shadow: Shadow) -> Figures:
    """The counts of a shadow. One query."""
    differs = Q(differs_since__isnull=False)
    new, new_active = (
        Q(qualified_at__isnull=False, was_at_start=False),
        Q(active_qualified_at__isnull=False, active_was_at_start=False),
    )
    row: dict[str, Any] = shadow.verdicts.aggregate(
        both=Count("pk", Q(is_qualified=True, is_active=True)),
        only_shadow=Count("pk", differs & Q(is_qualified=True)),
        only_active=Count("pk", differs & Q(is_qualified=False)),
        new_by_shadow=Count("pk", new),
        new_by_active=Count("pk", new_active),
        new_by_both=Count("pk", new & new_active),
        leads_only_shadow=Count("pk", differs & Q(is_qualified=True, contact__standing__lifecycle=Lifecycle.LEAD)),
        oldest=Min("differs_since", filter=~Q(differs_since=F("shadow__started_at"))),
    )
    return Figures(**row)
