"""The list of leads, and what is done to many at once."""

from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

import scoring.queries
from core.answers import back, done, target, wants_part, went_wrong
from core.errors import Refused
from core.keyset import capped_count
from leads import normalise, queries, services
from leads.filters import GRADES, SORTS, TWO_WAY_DAYS, LeadFilter, number
from leads.models import Lifecycle, Source, Standing, Tag
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can

MOST_AT_ONCE = 500
COUNTED = 10_000
UNDO_FOR = 3600
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
    hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
    standings = queries.people(request.user, wanted, now=now, hot_from=hot_from)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.list_page(standings, sort=wanted.sort, after=after, before=before)
    tags = queries.tag_choices()
    context = {
        "rows": queries.rows_for(page.rows, user=request.user, now=now),
        "wanted": wanted,
        "hot_from": hot_from,
        "tags": tags,
        "owners": list(queries.owners_for(request.user)),
        "can_edit": request.user.can(Can.EDIT_LEADS),
        "here": request.get_full_path(),
        "sorted_by": SORTED_BY[wanted.sort],
        "base": _address(wanted, sort="-score"),
        "older": _address(wanted, after=page.after) if page.after else "",
        "newer": _address(wanted, before=page.before) if page.before else "",
        # further pages don't count again: the number is on the screen
        "note": "" if after or before else _note(wanted, len(page.rows), is_all=not page.after),
    }
    part = ""
    if wants_part(request):
        part = "#leads" if target(request) == "leads" else "#list"
    if part != "#list":
        context |= _bar(request.user, wanted, context)
    return render(request, f"leads/list.html{part}", context)


def _note(wanted: LeadFilter, shown: int, *, is_all: bool) -> SafeString:
    """How many there are; when a page is not all of them, the number is counted after the page has come."""
    if is_all:
        return format_html('<span id="filters-note">{}</span>', _leads(shown))
    return format_html(
        '<span id="filters-note" hx-get="{}?{}" hx-trigger="load" hx-target="this" hx-swap="innerHTML" '
        'hx-indicator="this">{}+ leads</span>',
        reverse("leads_count"),
        wanted.query(),
        shown,
    )


@require_safe
def count(request: SignedInRequest) -> HttpResponse:
    """How many leads the filters leave, in words; never more than "10,000+"."""
    wanted = LeadFilter.parse(request.GET)
    hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
    found = capped_count(queries.people(request.user, wanted, now=timezone.now(), hot_from=hot_from))
    return HttpResponse("10,000+ leads" if found > COUNTED else _leads(found))


def _address(wanted: LeadFilter, *, after: str = "", before: str = "", **changes: object) -> str:
    parts = [wanted.query(**changes), f"after={after}" if after else "", f"before={before}" if before else ""]
    return f"{reverse('leads')}?{'&'.join(part for part in parts if part)}"


def _bar(user: User, wanted: LeadFilter, context: dict[str, Any]) -> dict[str, Any]:
    """The filter bar and the tabs above it."""
    owners: list[tuple[object, str]] = [("", "anybody"), ("mine", "me"), ("nobody", "nobody")]
    owners += [(owner.pk, owner.name) for owner in context["owners"] if owner.pk != user.pk]
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
    if context["tags"]:
        choices = [("", "any"), *((tag.pk, tag.name) for tag in context["tags"])]
        filters.append({"name": "tag", "label": "Tag", "choices": choices, "value": wanted.tag})
    kept = {"view": wanted.view, "month": wanted.month, "max": wanted.max, "sort": wanted.sort}
    return {
        "filters": [{**one, "value": "" if one["value"] is None else one["value"]} for one in filters],
        "kept": {key: value for key, value in kept.items() if value not in ("", None, SORTS[0])},
        "tabs": [
            {"label": label, "url": _address(LeadFilter(view=view, sort=wanted.sort)), "active": wanted.view == view}
            for view, label in TABS
        ],
    }


# --- many at once ---


@require_POST
@requires(Can.EDIT_LEADS)
def bulk(request: SignedInRequest) -> HttpResponse:
    """Give the chosen leads to somebody, or put a tag on or off; can be undone for an hour."""
    home = back(request, reverse("leads"))
    ids = {pk for pk in map(number, request.POST.getlist("ids")[: MOST_AT_ONCE + 1]) if pk}
    if not ids:
        return went_wrong(request, "Choose at least one lead first.", url=home)
    if len(ids) > MOST_AT_ONCE:
        return went_wrong(request, f"At most {MOST_AT_ONCE} leads at once.", url=home)
    visible = list(Standing.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", flat=True))
    try:
        text, undo = _do(request, visible)
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    token = signing.dumps(undo | {"by": request.user.pk}, salt="leads.undo", compress=True) if undo else ""
    return done(
        request,
        url=home,
        text=text,
        undo=f"{reverse('leads_undo')}?what={token}" if token else "",
        event="leads-changed",
    )


def _do(request: SignedInRequest, ids: list[int]) -> tuple[str, dict[str, Any]]:
    """What was done, in words, and what would undo it (empty when nothing changed)."""
    what = request.POST.get("do", "")
    if what == "owner":
        owner = chosen_owner(request.user, request.POST.get("owner", ""))
        before = services.assign_owner(ids, owner)
        return f"{_leads(len(before))} given to {owner or 'nobody'}.", {"owner": before} if before else {}
    if what == "tag":
        name = normalise.line(request.POST.get("tag", ""))
        changed = services.add_tag(ids, name)
        return f"Tagged {_leads(len(changed))}.", {"untag": name, "ids": changed} if changed else {}
    if what == "untag":
        tag = Tag.objects.filter(name=normalise.line(request.POST.get("tag", ""))).first()
        if tag is None:
            raise Refused(tag="There is no such tag. Choose one from the list.")
        changed = services.remove_tag(ids, tag)
        return f"Removed “{tag}” from {_leads(len(changed))}.", {"tag": tag.name, "ids": changed} if changed else {}
    raise Refused("Choose what to do with them: an owner or a tag.")


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


def _leads(count: int) -> str:
    return f"{count:,} lead{'' if count == 1 else 's'}"


@require_POST
@requires(Can.EDIT_LEADS)
def undo(request: SignedInRequest) -> HttpResponse:
    """Put owners or tags back as they were; only whoever did it, within an hour."""
    home = back(request, reverse("leads"))
    try:
        what = signing.loads(request.GET.get("what", ""), salt="leads.undo", max_age=UNDO_FOR)
    except signing.BadSignature:
        return went_wrong(request, "This can no longer be undone.", url=home)
    if what["by"] != request.user.pk:
        return went_wrong(request, "Only whoever did this can undo it.", url=home)
    try:
        _undo(what)
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    return done(request, url=home, text="Undone.", event="leads-changed", tone="info")


def _undo(what: dict[str, Any]) -> None:
    if "owner" in what:
        former: dict[int | None, list[int]] = {}
        for pk, owner_id in what["owner"].items():
            former.setdefault(owner_id, []).append(int(pk))
        owners = User.objects.in_bulk([pk for pk in former if pk is not None])
        for owner_id, ids in former.items():
            services.assign_owner(ids, owners.get(owner_id) if owner_id is not None else None)
    elif "untag" in what:
        tag = Tag.objects.filter(name=what["untag"]).first()
        if tag:
            services.remove_tag(what["ids"], tag)
    else:
        services.add_tag(what["ids"], what["tag"])
