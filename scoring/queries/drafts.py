"""Definitions as they are edited, and what stands beside what."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from leads.models import Criterion, Direction, EventKind, Facet
from scoring.drafting import Content, EngagementDraft, ExclusionDraft, FitDraft, Kind, Known, PersonaDraft
from scoring.models import Definition, DefinitionStatus, RefreshRange, RequiredCriterion
from users.models import Team


def known() -> Known:
    """What rules may speak of. Four small queries."""
    kinds = EventKind.objects.order_by("category", "label")
    return Known(
        kinds={
            kind.key: Kind(kind.label, kind.category, kind.direction == Direction.TWO_WAY, kind.facet_property)
            for kind in kinds
        },
        facets={
            pk: (name, key)
            for pk, name, key in Facet.objects.exclude(pattern="")
            .order_by("name")
            .values_list("pk", "name", "kind__key")
        },
        criteria=dict(Criterion.objects.values_list("key", "label")),
        teams=dict(Team.objects.order_by("name").values_list("pk", "name")),
    )


def content_of(definition: Definition) -> Content:
    """What a definition says. Five queries."""
    general: list[FitDraft] = []
    of: dict[int, list[FitDraft]] = {}
    for fit in definition.fit_rules.all():
        group = general if fit.persona_id is None else of.setdefault(fit.persona_id, [])
        group.append(FitDraft(fit.name, fit.points, fit.conditions))
    required: dict[int | None, list[RequiredCriterion]] = {}
    for row in definition.required.select_related("criterion"):
        required.setdefault(row.persona_id, []).append(row)
    return Content(
        name=definition.name,
        note=definition.note,
        threshold=definition.threshold,
        two_way_days=definition.two_way_days,
        grades=(
            definition.grade_a_fit,
            definition.grade_b_fit,
            definition.grade_1_engagement,
            definition.grade_2_engagement,
        ),
        engagement=tuple(
            EngagementDraft(
                name=rule.name,
                kind=rule.kind.key,
                points=rule.points,
                facet_ids=tuple(rule.facet_ids),
                half_life_days=rule.half_life_days,
                window_days=rule.window_days,
                cap=rule.cap,
                first_only=rule.first_only,
            )
            for rule in definition.engagement_rules.select_related("kind")
        ),
        fit=tuple(general),
        **_asked(required.get(None, [])),
        personas=tuple(
            PersonaDraft(
                persona.name,
                tuple(of.get(persona.pk, ())),
                **_asked(required.get(persona.pk, [])),
                open=frozenset({"asked"} if persona.pk in required else ()),
            )
            for persona in definition.personas.all()
        ),
        exclusions=tuple(ExclusionDraft(one.name, one.conditions) for one in definition.exclusions.all()),
        team=definition.team_id,
    )


def _asked(rows: Sequence[RequiredCriterion]) -> dict[str, Any]:
    return {
        "required": tuple((row.criterion.key, row.least) for row in rows),
        "fresh": tuple((row.criterion.key, row.fresh_days) for row in rows if row.fresh_days is not None),
    }


def versions() -> "QuerySet[Definition]":
    """All definitions with who signed them, the newest first."""
    return Definition.objects.select_related(
        "team", "signed_by_marketing", "signed_by_sales", "changed_by", "based_on", "withdrew"
    ).order_by("-version")


def active_for(team_id: int | None) -> Definition | None:
    """The one by which a team's leads (none: those of teams without their own) are judged now."""
    active = versions().filter(status=DefinitionStatus.ACTIVE)
    return active.filter(Q(team=team_id) | Q(team=None)).order_by(F("team").asc(nulls_last=True)).first()


def actives() -> list[Definition]:
    """The active definitions: the one for all first, then those of teams by name. One query."""
    found = versions().filter(status=DefinitionStatus.ACTIVE)
    return sorted(found, key=lambda row: (row.team_id is not None, str(row.team or "")))


def chosen(actives: Sequence[Definition], team: str | None, *, own: int | None) -> Definition | None:
    """The one that an address asks for by a team's id ("" for all); without that the person's own team's."""
    wanted = str(own or "") if team is None else team
    return next((row for row in actives if str(row.team_id or "") == wanted), actives[0] if actives else None)


def refresh_progress(definition: Definition) -> tuple[int, int]:
    """Ranges of contacts that have been judged by it today, and how many there are."""
    ranges = RefreshRange.objects.filter(definition=definition)
    return ranges.exclude(done_at=None).count(), ranges.count()
