"""The filters of the views of opportunities, as their pages show them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Model
from django.urls import reverse

from leads.models import Tag
from pipeline import queries
from pipeline.models import Category, Competitor, LostReason, Pipeline, Priority, Stage, StageKind
from pipeline.periods import later
from pipeline.queries import Filters
from pipeline.queries.filters import COUNTED, day_named, period_named
from users.list_bar import ListBar
from users.models import User
from users.roles import CAPABILITIES, Can

SELLERS = [role.value for role, allowed in CAPABILITIES.items() if Can.WORK_PIPELINE in allowed]


def sellers(user: User) -> list[User]:
    """Colleagues who can own opportunities and whose work this person may see. One query."""
    people = User.objects.filter(is_active=True, role__in=SELLERS).select_related("team").order_by("name", "pk")
    return [one for one in people if user.sees_everything or one.pk in user.visible_owner_ids]


def bulk_choices(owners: Iterable[User], known: Iterable[Pipeline]) -> dict[str, Any]:
    """What can be done to the chosen ones: to whom they can be given, into which stages of which pipeline put."""
    stages = [
        (one.name, [(stage.pk, stage.name) for stage in queries.stages_of(one) if stage.kind == StageKind.OPEN])
        for one in known
    ]
    return {"owners": [(one.pk, one.name) for one in owners], "stages": stages, "priorities": Priority.choices}


VIEWS = [
    ("pipeline", "layout-kanban", "Board"),
    ("pipeline_list", "list", "List"),
    ("pipeline_calendar", "calendar", "Calendar"),
    ("pipeline_map", "chart-dots", "Map"),
]


def view_switch(current: str, bar: ListBar) -> list[dict[str, Any]]:
    """The same opportunities seen otherwise, with the same filters and in the same saved view."""
    return [
        {
            "label": label,
            "icon": icon,
            "url": replace(bar, path=reverse(name)).address(bar.query),
            "active": name == current,
        }
        for name, icon, label in VIEWS
    ]


def owner_filters(owners: Iterable[User], wanted: Filters) -> list[dict[str, Any]]:
    """The owner and, where there are several, the team to filter by."""
    owners = list(owners)
    teams = sorted({(one.team.name, one.team.pk) for one in owners if one.team})
    people: list[tuple[object, str]] = [
        ("", "anybody"),
        (queries.NOBODY, "nobody"),
        *((one.pk, one.name) for one in owners),
    ]
    if wanted.owner and wanted.owner not in {str(key) for key, _ in people}:
        people.append((wanted.owner, "somebody else"))  # they left, or are in another team
    filters: list[dict[str, Any]] = [{"name": "owner", "label": "Owner", "value": wanted.owner, "choices": people}]
    is_other = wanted.team is not None and wanted.team not in {pk for _, pk in teams}
    if len(teams) > 1 or is_other:
        choices = [("", "any"), *((pk, name) for name, pk in teams), *([(wanted.team, "another team")] * is_other)]
        filters.append({"name": "team", "label": "Team", "value": wanted.team or "", "choices": choices})
    return filters


def expected_filter(wanted: Filters, today: date) -> dict[str, Any]:
    """The month of the expected close."""
    months = [later(today.replace(day=1), step) for step in range(-3, 9)]
    choices = [("", "any"), ("none", "no date"), *((f"{one:%Y-%m}", f"{one:%B %Y}") for one in months)]
    if wanted.expected and wanted.expected not in dict(choices):
        choices.append((wanted.expected, _month_words(wanted.expected)))
    return {"name": "expected", "label": "Expected close", "value": wanted.expected, "choices": choices}


def priority_filter(wanted: Filters) -> dict[str, Any]:
    """High, normal or low."""
    choices = [("", "any"), *Priority.choices]
    return {"name": "priority", "label": "Priority", "value": wanted.priority, "choices": choices}


def list_filters(owners: Iterable[User], wanted: Filters, known: list[Pipeline], today: date) -> list[dict[str, Any]]:
    """The filter bar."""
    filters: list[dict[str, Any]] = []
    if wanted.state in ("open", "all"):
        several = len(known) > 1
        stages = [
            (stage.pk, f"{one.name}: {stage.name}" if several else stage.name)
            for one in known
            for stage in queries.stages_of(one)
        ]
        if wanted.stage and wanted.stage not in dict(stages):
            stages.append((wanted.stage, _named(Stage, wanted.stage)))  # it was archived
        filters.append(
            {"name": "stage", "label": "Stage", "value": wanted.stage or "", "choices": [("", "any"), *stages]}
        )
    filters += [*owner_filters(owners, wanted), priority_filter(wanted)]
    if wanted.state == "open":
        filters.append(expected_filter(wanted, today))
    else:
        months = [later(today.replace(day=1), -step) for step in range(12)]
        choices = [("", "any"), *((f"{one:%Y-%m}", f"{one:%B %Y}") for one in months)]
        if wanted.closed and wanted.closed not in dict(choices):
            choices.append((wanted.closed, _month_words(wanted.closed)))
        filters.append({"name": "closed", "label": "Closed in", "value": wanted.closed, "choices": choices})
    if wanted.state == "lost":
        reasons = [("", "any"), *LostReason.choices]
        filters.append({"name": "reason", "label": "Reason", "value": wanted.reason, "choices": reasons})
    return filters


def _month_words(text: str) -> str:
    period = period_named(text.strip("+-"))
    if period is None:
        return text
    before, after = ("until " if text.startswith("-") else ""), (" and later" if text.endswith("+") else "")
    return f"{before}{period.name}{after}"


def _day_words(text: str) -> str:
    day = day_named(text)
    return f"{day.day} {day:%B %Y}" if day else text


def _step_words(step: str) -> str:
    return "next step is late" if step == "late" else f"next step on {_day_words(step)}" if step else ""


def _category_words(category: str) -> str:
    return "in the forecast" if category == COUNTED else Category(category).label if category else ""


def kept_of(wanted: Filters, fields: Iterable[str]) -> dict[str, object]:
    """What the filter bar (`fields`: the names of its own) has no field for and yet must not be lost."""
    own = {*fields, "q"}
    return {name: value for name, value in wanted.said().items() if name not in own}


def _named(model: type[Model], pk: int) -> str:
    """Its name. One query, where somebody filters by it and the page has not read it anyway."""
    return str(model._default_manager.filter(pk=pk).first() or "unknown")


def said(wanted: Filters, address: str) -> list[dict[str, str]]:
    """The filters that have no field on the page, in words, each with the address without it."""
    words = {
        "overdue": {"yes": "expected day is past", "no": "not overdue"}.get(wanted.overdue, ""),
        "on": f"expected on {_day_words(wanted.on)}" if wanted.on else "",
        "step": _step_words(wanted.step),
        "rotting": "in its stage for too long" if wanted.rotting else "",
        "amount": {"unknown": "amount unknown", "known": "amount known"}.get(wanted.amount, ""),
        "currency": wanted.currency,
        "competitor": f"against {_named(Competitor, wanted.competitor)}" if wanted.competitor else "",
        "tag": f"tagged {_named(Tag, wanted.tag)}" if wanted.tag else "",
        "category": _category_words(wanted.category),
        "month": f"forecast for {_month_words(wanted.month)}" if wanted.month else "",
    }
    words |= {name: f"{name} “{value}”: there is none" for name, value in wanted.wrong}
    return [
        {"label": label, "url": f"{address}?{wanted.query(**{name: _unasked(name)})}"}
        for name, label in words.items()
        if label
    ]


def _unasked(part: str) -> str:
    return "open" if part == "state" else ""
