"""The list of what is to be done: behind the numbers of Today."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from activities import queries
from core.answers import wants_part
from core.export import Instants, newest_first
from core.keyset import capped_count
from leads.queries import owners_for
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

DUE = [("", "any time"), ("yes", "late")]
HEADER = ["Number", "What", "Contact", "E-mail", "Company", "Whose", Instants("Due"), "Late"]


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """What the list's filters leave, as a file."""
    now = timezone.now()
    wanted = queries.FollowUpFilter.parse(request.GET)
    rows = queries.open_follow_ups(request.user, wanted, now=now).select_related("contact__company", "assignee")

    def cells() -> Iterator[list[Any]]:
        for row in newest_first(rows.defer("contact__search_text", "contact__custom")):
            contact = row.contact
            yield [
                row.pk, row.title, contact.name, contact.email, contact.company.name if contact.company else "",
                row.assignee.name if row.assignee else "", row.due_at, row.due_at < now,
            ]  # fmt: skip

    return send(request, format, HEADER, cells(), name="follow-ups")


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Open follow-ups of one person or of all, all of them or only the late ones; to htmx only the list."""
    now = timezone.now()
    wanted = queries.FollowUpFilter.parse(request.GET)
    rows = queries.open_follow_ups(request.user, wanted, now=now)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.follow_up_page(rows, after=after, before=before)
    address = reverse("follow_ups")
    people = [("", "anybody"), *owners_for(request.user).values_list("pk", "name")]
    context = {
        "rows": page.rows,
        # further pages don't count again
        "count": None if after or before else capped_count(rows),
        "wanted": wanted,
        "older": f"{address}?{wanted.query(after=page.after)}" if page.after else "",
        "newer": f"{address}?{wanted.query(before=page.before)}" if page.before else "",
        "filters": [
            {"name": "assignee", "label": "Whose", "value": wanted.assignee or "", "choices": people},
            {"name": "late", "label": "Due", "value": wanted.late, "choices": DUE},
        ],
        "export": wanted.query(),
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, f"activities/follow_ups.html{'#list' if wants_part(request) else ''}", context)
