"""What is done to many leads of the list at once."""

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

import scoring.queries
from core.answers import back, done, went_wrong
from core.errors import Refused
from leads import normalise, queries, services
from leads.filters import NO_MARKS, LeadFilter, number
from leads.models import BulkChange, Standing, Tag
from leads.views.lists import chosen_owner, in_words
from users.access import SignedInRequest, requires
from users.roles import Can

MOST_AT_ONCE = 10_000


@require_POST
@requires(Can.EDIT_LEADS)
def bulk(request: SignedInRequest) -> HttpResponse:
    """Give the chosen leads, or all that the filters leave, to somebody, or put a tag on or off."""
    home = back(request, reverse("leads"))
    try:
        text, change = _do(request, _chosen(request))
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    undo = reverse("leads_undo", args=[change.pk]) if change else ""
    return done(request, url=home, text=text, undo=undo, event="leads-changed")


def _chosen(request: SignedInRequest) -> list[int]:
    """The ids of the leads that are meant, as far as the user may see them."""
    if request.POST.get("all") == "on":
        wanted = LeadFilter.parse(QueryDict(request.POST.get("query", "")[:2000]))
        hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
        marks = scoring.queries.marks() if wanted.asks_marks else NO_MARKS
        rows = queries.people(request.user, wanted, now=timezone.now(), hot_from=hot_from, marks=marks)
    else:
        ids = {pk for pk in map(number, request.POST.getlist("ids")) if pk}
        if not ids:
            raise Refused("Choose at least one lead first.")
        rows = Standing.objects.visible_to(request.user).filter(pk__in=ids)
    chosen = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        raise Refused(f"At most {MOST_AT_ONCE:,} leads at once. Narrow the filters, and do it in parts.")
    return chosen


def _do(request: SignedInRequest, ids: list[int]) -> tuple[str, BulkChange | None]:
    """What was done, in words, and what would undo it (none when nothing changed)."""
    what, now = request.POST.get("do", ""), timezone.now()
    if what == "owner":
        owner = chosen_owner(request.user, request.POST.get("owner", ""))
        change = services.give_many(ids, owner, now=now, actor=request.user)
        return f"{_changed(change)} given to {owner or 'nobody'}.", change
    name = normalise.line(request.POST.get("tag", ""))
    if what == "tag":
        change = services.tag_many(ids, name, now=now, actor=request.user)
        return f"Tagged {_changed(change)}.", change
    if what == "untag":
        tag = Tag.objects.filter(name=name).first()
        if tag is None:
            raise Refused(tag="There is no such tag. Choose one from the list.")
        change = services.untag_many(ids, tag, now=now, actor=request.user)
        return f"Removed “{tag}” from {_changed(change)}.", change
    raise Refused("Choose what to do with them: an owner or a tag.")


def _changed(change: BulkChange | None) -> str:
    return in_words(change.what["count"] if change else 0)


@require_POST
@requires(Can.EDIT_LEADS)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put owners or tags back as they were; only whoever did it, within an hour."""
    home = back(request, reverse("leads"))
    try:
        services.undo_many(pk, now=timezone.now(), actor=request.user)
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    return done(request, url=home, text="Undone.", event="leads-changed", tone="info")
