"""The list of what is to be done: behind the numbers of Today."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from activities import queries
from activities.models import FollowUpQuerySet
from core.answers import wants_part
from core.export import Instants, newest_first
from core.keyset import capped_count
from leads.filters import number
from leads.queries import owners_for
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

DUE = [("", "any time"), ("yes", "late")]


HEADER = ["Number", "What", "Contact", "E-mail", "Company", "Whose", Instants("Due"), "Late"]


def _wanted(request: SignedInRequest, now: datetime) -> tuple[FollowUpQuerySet, int | None, bool]:
    """The follow-ups that are asked for, whose, and whether only the late ones."""
    assignee, is_late = number(request.GET.get("assignee", "")), request.GET.get("late") == "yes"
    return queries.open_follow_ups(request.user, assignee=assignee, late_at=now if is_late else None), assignee, is_late


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """What the list's filters leave, as a file."""
    now = timezone.now()
    rows = _wanted(request, now)[0].select_related("contact__company", "assignee")

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
    rows, assignee, is_late = _wanted(request, now)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.follow_up_page(rows, after=after, before=before)
    kept: dict[str, Any] = ({"assignee": assignee} if assignee else {}) | ({"late": "yes"} if is_late else {})

    def here(**place: str) -> str:
        return f"{reverse('follow_ups')}?{urlencode(kept | place)}"

    people = [("", "anybody"), *owners_for(request.user).values_list("pk", "name")]
    context = {
        "rows": page.rows,
        # further pages don't count again
        "count": None if after or before else capped_count(rows),
        "is_late": is_late,
        "older": here(after=page.after) if page.after else "",
        "newer": here(before=page.before) if page.before else "",
        "filters": [
            {"name": "assignee", "label": "Whose", "value": assignee or "", "choices": people},
            {
                "name": "late",
                "label": "Due",
                "value": "yes" if is_late else "",
                "choices": [("", "any time"), ("yes", "late")],
            },
        ],
        "export": urlencode(kept),
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, f"activities/follow_ups.html{'#list' if wants_part(request) else ''}", context)
