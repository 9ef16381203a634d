"""Notifications."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities import queries, services
from activities.forms import NoticesForm
from activities.models import Notification
from activities.notices import Hours, Topic, is_quiet
from core.answers import done, fill_in, target, wants_part
from core.forms import posted
from leads.filters import number
from users.access import SignedInRequest

IN_THE_BELL = 12


@require_safe
def notifications(request: SignedInRequest) -> HttpResponse:
    """All that this person was told; in the bell the newest."""
    in_bell = wants_part(request) and target(request) != "list"
    page = queries.notices_of(
        request.user,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=IN_THE_BELL if in_bell else 50,
    )
    here = reverse("notifications")
    context = {
        "page": page,
        "newer": f"{here}?before={page.before}" if page.before else "",
        "older": f"{here}?after={page.after}" if page.after else "",
        "unread": queries.unread_count(request.user),
    }
    part = "#bell" if in_bell else "#list" if wants_part(request) else ""
    return render(request, f"activities/notifications.html{part}", context)


@require_safe
def live(request: SignedInRequest) -> HttpResponse:
    """What is newer than what the page has shown: the bell's number, and the line itself; else nothing."""
    seen = number(request.GET.get("seen", "")) or 0
    count, newest = queries.unread(request.user)
    if newest <= seen:
        return HttpResponse(status=204)
    context = {"unread_notifications": count, "newest_notification": newest, "live": True}
    response = render(request, "components/bell.html", context)
    notice = Notification.objects.get(pk=newest)
    news: dict[str, Any] = {"toast": {"text": notice.text, "tone": "info"}}
    kept = queries.hours_of(request.user)
    hours = Hours(request.user.timezone, kept.quiet_from, kept.quiet_until)
    if kept.in_browser and not is_quiet(timezone.now(), hours):
        news["notice"] = {"text": notice.text, "url": notice.url}
    response["HX-Trigger"] = json.dumps(news)
    return response


@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest) -> HttpResponse:
    """How this person wants to be told."""
    hours = queries.hours_of(request.user)

    def save(given: dict[str, Any]) -> str:
        mails = {topic.value: given.pop(topic.value) for topic in Topic}
        services.choose(request.user, mails=mails, **given)
        return "Saved."

    initial = queries.choices_of(request.user) | {
        name: getattr(hours, name) for name in ("quiet_from", "quiet_until", "digest_at", "in_browser")
    }
    return fill_in(
        request,
        NoticesForm(posted(request), initial=initial),
        save,
        back=reverse("settings_notices"),
        title="Notifications",
        button="Save",
        is_profile=True,
        text="All of them stand in the bell, at once. A mail leaves only about what you have not seen there by then.",
    )


@require_POST
def open_one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Seen: on to what it is about."""
    notice = get_object_or_404(Notification, pk=pk, user=request.user)
    services.mark_read(user=request.user, notification_id=pk, now=timezone.now())
    ours = url_has_allowed_host_and_scheme(notice.url, {request.get_host()}, require_https=request.is_secure())
    return redirect(notice.url if ours and notice.url else reverse("notifications"))


@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    """Seen, all of them."""
    services.mark_all_read(user=request.user, now=timezone.now())
    if wants_part(request):
        context = {"page": queries.notices_of(request.user, size=IN_THE_BELL), "unread": 0, "seen": True}
        return render(request, "activities/notifications.html#bell", context)
    return done(request, url=reverse("notifications"))
