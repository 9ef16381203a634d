"""The list of leads, by keyset on Standing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, IntegerField, Q, QuerySet
from django.db.models.functions import Coalesce

from core import keyset
from leads.days import day_of
from leads.filters import GRADES, NO_MARKS, NO_PERSONA, TWO_WAY_DAYS, LeadFilter, Marks, NearLine, month_range
from leads.models import Lifecycle, Standing, StandingQuerySet, Tag
from users.models import User

PAGE_SIZE = 50
MOST_TAGS = 500
# sort -> columns whose values, together, are unique
KEYS: dict[str, list[tuple[str, type]]] = {
    "score": [("total", int), ("contact_id", int)],
    "new": [("created", datetime), ("contact_id", int)],
    "seen": [("seen_day", int), ("contact_id", int)],
}


def matching(words: Iterable[str], column: str = "search_text") -> Q:
    """Every word is in the search column; one or two letters only at the start of a word (the index needs three)."""
    found = Q()
    for word in words:
        if len(word) >= 3:
            found &= Q(**{f"{column}__contains": word})
        else:
            found &= Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})
    return found


def people(
    user: User, wanted: LeadFilter, *, now: datetime, hot_from: NearLine | None = None, marks: Marks = NO_MARKS
) -> StandingQuerySet:
    """Standings of those whom the filter wants and the user may see.

    `hot_from` says which score a hot lead has at least, `marks` say which persona and which exclusion an id is.
    """
    rows = Standing.objects.visible_to(user)
    if wanted.wrong:
        return rows.none()
    if wanted.words:
        rows = rows.filter(matching(wanted.words, "contact__search_text"))
    if wanted.owner:
        rows = rows.filter(owner={"mine": user.pk, "nobody": None}.get(wanted.owner, wanted.owner))
    if wanted.lifecycle:
        rows = rows.filter(lifecycle=wanted.lifecycle)
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.tag is not None:
        rows = rows.filter(tag_ids__contains=[wanted.tag]) if wanted.tag < 2**31 else rows.none()
    if wanted.min is not None:
        rows = rows.filter(total__gte=wanted.min)
    if wanted.max is not None:
        rows = rows.filter(total__lte=wanted.max)
    if wanted.grade:
        rows = rows.filter(grade__in=[grade for grade in GRADES if grade.startswith(wanted.grade)])
    if wanted.persona:
        named = [pk for pk, name in marks.personas.items() if wanted.persona in {name, NO_PERSONA}]
        rows = rows.filter(_marked("persona_id", named, wanted.persona != NO_PERSONA))
    if wanted.excluded:
        rows = rows.filter(_marked("exclusion_id", list(marks.exclusions), wanted.excluded == "yes"))
    if wanted.two_way:
        rows = rows.filter(two_way_day__gt=day_of(now) - TWO_WAY_DAYS)
    if wanted.definition is not None:
        rows = rows.filter(definition_version=wanted.definition)
    if months := month_range(wanted.month):
        rows = rows.filter(contact__created_at__gte=months[0], contact__created_at__lt=months[1])
    if wanted.view in {"mine", "nobody"}:
        rows = rows.filter(owner=user if wanted.view == "mine" else None)
    elif wanted.view == "hot":
        rows = rows.filter(lifecycle=Lifecycle.LEAD, is_qualified=False)
        rows = rows.none() if hot_from is None else rows.filter(near_line(hot_from))
    elif wanted.view == "week":
        rows = rows.filter(contact__created_at__gte=now - timedelta(days=7))
    return rows


def near_line(line: NearLine) -> Q:
    """Whose score is at least so near to the line of the definition that judges them."""
    common = Q(pk__in=[]) if line.least is None else Q(total__gte=line.least)
    if not line.teams:
        return common
    near = common & (Q(owner__team=None) | ~Q(owner__team__in=list(line.teams)))
    for team_id, least in line.teams.items():
        near |= Q(owner__team=team_id, total__gte=least)
    lowest = min(least for least in (line.least, *line.teams.values()) if least is not None)
    return Q(total__gte=lowest) & near  # what the index can tell


def _marked(column: str, ids: list[int], is_one: bool) -> Q:
    """Whether the column has one of these ids; any other one is out of date."""
    one = Q(**{column: ids[0]}) if len(ids) == 1 else Q(**{f"{column}__in": ids})
    return one if is_one else Q(**{column: None}) | ~one


def list_page(
    rows: "QuerySet[Standing]", *, sort: str = "-score", after: str = "", before: str = "", size: int = PAGE_SIZE
) -> "keyset.Page[Any]":
    """One page of standings in the order of `sort`: only their `pk`, for `rows_of`. One query."""
    key = sort.removeprefix("-")
    if key == "seen":  # as the index is: never seen is the longest ago
        rows = rows.annotate(seen_day=Coalesce("last_day", -1, output_field=IntegerField()))
    elif key == "new":
        rows = rows.annotate(created=F("contact__created_at"))
    by = KEYS[key]
    return keyset.page(
        rows.values_list("pk", *(name for name, _ in by), named=True),
        by=by,
        descending=sort.startswith("-"),
        after=after,
        before=before,
        size=size,
    )


def tag_choices() -> list[Tag]:
    """Tags to choose from, by name."""
    return list(Tag.objects.order_by("name")[:MOST_TAGS])
