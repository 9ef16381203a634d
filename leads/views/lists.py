"""The list of leads, and what is done to many at once."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

import scoring.queries
from core.answers import target, wants_part
from core.errors import Refused
from core.keyset import capped_count
from leads import queries
from leads.columns import COLUMNS, columns_of
from leads.filters import GRADES, NO_MARKS, NO_PERSONA, SORTS, TWO_WAY_DAYS, LeadFilter, Marks, number
from leads.models import Lifecycle, Source
from users.access import SignedInRequest
from users.list_bar import ListBar
from users.models import User
from users.roles import Can

COUNTED = 10_000
SCORES = (20, 40, 60, 80)
SORTED_BY = {
    "-score": "Best score first",
    "score": "Lowest score first",
    "-new": "Newest first",
    "new": "Oldest first",
    "-seen": "Last seen first",
    "seen": "Longest not seen first",
}
TABS = [("", "All"), ("mine", "My leads"), ("hot", "Hot"), ("week", "New this week"), ("nobody", "Nobody’s")]


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """The list; to htmx the part it asked for."""
    now = timezone.now()
    wanted = LeadFilter.parse(request.GET)
    bar = ListBar.read(request.user, request.GET, page="leads", path=reverse("leads"), query=wanted.query())
    if not request.GET and bar.first:
        return redirect(bar.first)
    hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
    marks = cache(scoring.queries.marks)  # asked once, and only when there is a reason
    standings = queries.people(
        request.user, wanted, now=now, hot_from=hot_from, marks=marks() if wanted.asks_marks else NO_MARKS
    )
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.list_page(standings, sort=wanted.sort, after=after, before=before)
    tags, me = queries.tag_choices(), request.user.pk
    columns = columns_of(bar.columns)
    rows = queries.rows_of([row.pk for row in page.rows], now=now, tags=tags, marks=marks)
    context = {
        "bar": bar,
        "columns": columns,
        "column_choices": [(one.key, one.label, one.key in {shown.key for shown in columns}) for one in COLUMNS],
        "tabs": bar.tabs(_tabs(wanted, bar)),
        "rows": rows,
        "marks": marks() if wanted.asks_marks or any(row.persona or row.excluded for row in rows) else NO_MARKS,
        "wanted": wanted,
        "hot_from": hot_from,
        "tags": tags,
        "owners": [pair for pair in queries.owners_for(request.user).values_list("pk", "name") if pair[0] != me],
        "can_edit": request.user.can(Can.EDIT_LEADS),
        "can_import": request.user.can(Can.IMPORT_LEADS),
        "here": request.get_full_path(),
        "sorted_by": SORTED_BY[wanted.sort],
        "base": bar.address(wanted.query(sort="-score")),
        "older": bar.address(bar.query, f"after={page.after}") if page.after else "",
        "newer": bar.address(bar.query, f"before={page.before}") if page.before else "",
        # further pages don't count again: the number is on the screen
        "note": "" if after or before else _note(wanted, len(page.rows), is_all=not page.after),
    }
    part = ""
    if wants_part(request):
        part = "#leads" if target(request) == "leads" else "#list"
    if part != "#list":
        context |= _filters(wanted, bar, context)
    return render(request, f"leads/list.html{part}", context)


def _note(wanted: LeadFilter, shown: int, *, is_all: bool) -> SafeString:
    """How many there are; when a page is not all of them, the number is counted after the page has come."""
    if is_all:
        return format_html('<span id="filters-note">{}</span>', in_words(shown))
    return format_html(
        '<span id="filters-note" hx-get="{}?{}" hx-trigger="load" hx-target="this" hx-swap="innerHTML" '
        'hx-indicator="this">{}+ contacts</span>',
        reverse("leads_count"),
        wanted.query(),
        shown,
    )


@require_safe
def count(request: SignedInRequest) -> HttpResponse:
    """How many contacts the filters leave, in words; never more than "10,000+"."""
    wanted = LeadFilter.parse(request.GET)
    hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
    marks = scoring.queries.marks() if wanted.asks_marks else NO_MARKS
    found = capped_count(queries.people(request.user, wanted, now=timezone.now(), hot_from=hot_from, marks=marks))
    return HttpResponse("10,000+ contacts" if found > COUNTED else in_words(found))


def _tabs(wanted: LeadFilter, bar: ListBar) -> list[dict[str, Any]]:
    """The list's own views. Where it opens with a saved one, "All" says so: the plain address would open that."""
    plain = "view=all" if bar.first else ""
    return [
        {
            "label": label,
            "url": f"{bar.path}?{LeadFilter(view=view, sort=wanted.sort).query() or plain}",
            "active": wanted.view == view,
        }
        for view, label in TABS
    ]


def _filters(wanted: LeadFilter, bar: ListBar, context: dict[str, Any]) -> dict[str, Any]:
    """The filter bar."""
    owners: list[tuple[object, str]] = [("", "anybody"), ("mine", "me"), ("nobody", "nobody")]
    owners += context["owners"]
    scores = sorted({*SCORES, *([wanted.min] if wanted.min is not None else [])})
    filters: list[dict[str, Any]] = [
        {
            "name": "lifecycle",
            "label": "Lifecycle",
            "choices": [("", "any"), *Lifecycle.choices],
            "value": wanted.lifecycle,
        },
        {"name": "owner", "label": "Owner", "choices": owners, "value": wanted.owner},
        {"name": "source", "label": "Source", "choices": [("", "any"), *Source.choices], "value": wanted.source},
        {
            "name": "min",
            "label": "Score",
            "choices": [("", "any"), *((n, f"{n} or more") for n in scores)],
            "value": wanted.min,
        },
        {"name": "grade", "label": "Grade", "choices": [("", "any"), *((g, g) for g in GRADES)], "value": wanted.grade},
        {
            "name": "two_way",
            "label": "Two-way",
            "choices": [("", "any"), (TWO_WAY_DAYS, f"in {TWO_WAY_DAYS} days")],
            "value": wanted.two_way,
        },
    ]
    filters += _mark_filters(wanted, context["marks"])
    if wanted.definition is not None:
        choices = [("", "any"), (wanted.definition, f"v{wanted.definition}")]
        filters.append({"name": "definition", "label": "Judged by", "choices": choices, "value": wanted.definition})
    if context["tags"]:
        choices = [("", "any"), *((tag.pk, tag.name) for tag in context["tags"])]
        filters.append({"name": "tag", "label": "Tag", "choices": choices, "value": wanted.tag})
    kept = {"view": wanted.view, "month": wanted.month, "max": wanted.max, "sort": wanted.sort}
    if bar.first and not bar.saved:
        kept["view"] = wanted.view or "all"
    return {
        "filters": [{**one, "value": "" if one["value"] is None else one["value"]} for one in filters],
        "kept": {key: value for key, value in kept.items() if value not in ("", None, SORTS[0])} | bar.kept,
    }


def _mark_filters(wanted: LeadFilter, marks: Marks) -> list[dict[str, Any]]:
    """By persona and by who is excluded, where the definition in force has such."""
    found: list[dict[str, Any]] = []
    if marks.personas or wanted.persona:
        names = dict.fromkeys([*marks.personas.values(), *([wanted.persona] if wanted.persona else [])])
        names.pop(NO_PERSONA, None)
        choices = [("", "any"), *((name, name) for name in names), (NO_PERSONA, "none")]
        found.append({"name": "persona", "label": "Persona", "choices": choices, "value": wanted.persona})
    if marks.exclusions or wanted.excluded:
        choices = [("", "any"), ("yes", "yes"), ("no", "no")]
        found.append({"name": "excluded", "label": "Excluded", "choices": choices, "value": wanted.excluded})
    return found


def chosen_owner(user: User, value: str) -> User | None:
    """The colleague of this id, None for nobody; Refused for somebody to whom this person cannot give leads."""
    if value in {"", "nobody"}:
        return None
    if value == "mine":
        return user
    pk = number(value)
    owner = queries.owners_for(user).filter(pk=pk).first() if pk else None
    if owner is None:
        raise Refused(owner="Choose an active colleague of your team.")
    return owner


def in_words(count: int) -> str:
    return f"{count:,} contact{'' if count == 1 else 's'}"
