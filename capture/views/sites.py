"""Settings of marketers: tracked sites."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import queries, services
from capture.forms import SiteSettings
from capture.models import Site
from core.errors import Refused
from core.forms import posted, show_refusal
from users.access import SignedInRequest, requires
from users.roles import Can


def snippet(site: Site, base: str) -> str:
    """The line that a tracked page carries."""
    options = ' data-consent="ask"' * site.asks_consent + ' data-cookie="none"' * (not site.uses_cookie)
    return f'<script async src="{base}{reverse("tracker")}" data-site="{site.write_key}"{options}></script>'


def unscripted(site: Site, base: str) -> str:
    """The line for visitors whose browser runs no script; none where they would have to be asked first."""
    if site.asks_consent:
        return ""
    query = f"?site={site.write_key}"
    return (
        f'<noscript><img src="{base}{reverse("tracker_pixel")}{query}" width="1" height="1" alt="" '
        'referrerpolicy="no-referrer-when-downgrade">'
        f'<a href="{base}{reverse("tracker_hidden")}{query}" rel="nofollow" hidden>more</a></noscript>'
    )


def client_settings(site: Site, base: str) -> list[tuple[str, str]]:
    """What to put where in the clients that people have already."""
    key = site.write_key
    return [
        ("Python", f'analytics.write_key = "{key}"\nanalytics.host = "{base}"'),
        ("Node", f"new Analytics({{ writeKey: '{key}', host: '{base}' }})"),
        ("RudderStack", f"write key {key}, data plane {base}"),
        (
            "curl",
            f"curl {base}/v1/track -u {key}: -H 'Content-Type: application/json' \\\n"
            """  -d '{"userId": "17", "event": "Signed Up", "context": {"traits": {"email": "lee@example.com"}}}'""",
        ),
    ]


@requires(Can.MANAGE_CAPTURE)
@require_safe
def tracking(request: SignedInRequest) -> HttpResponse:
    """Sites with their snippets, whether they have been heard, and what in their traffic wants a look."""
    base = settings.SITE_URL
    rows = [
        {"site": health.site, "health": health}
        | (
            {"clients": client_settings(health.site, base)}
            if health.site.is_server
            else {"snippet": snippet(health.site, base), "unscripted": unscripted(health.site, base)}
        )
        for health in queries.health(now=timezone.now())
    ]
    return render(request, "capture/tracking.html", {"sites": rows, "base": base})


@requires(Can.MANAGE_CAPTURE)
@require_POST
def notes_seen(request: SignedInRequest, pk: int) -> HttpResponse:
    """The notes about a site were read; what still happens is noted again."""
    row = get_object_or_404(Site, pk=pk)
    services.forget_notes(row)
    messages.success(request, f"The notes about {row} are gone. What still happens will be noted again.")
    return redirect("settings_tracking")


@requires(Can.MANAGE_CAPTURE)
@require_safe
def heard(request: SignedInRequest, pk: int) -> HttpResponse:
    """When the tracker of this site was last heard; asked again until it was."""
    site = get_object_or_404(Site, pk=pk)
    return render(request, "capture/tracking.html#heard", {"site": site})


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new site, or one that is changed."""
    row = Site() if pk is None else get_object_or_404(Site, pk=pk)
    form = SiteSettings(posted(request), instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_site(form.save(commit=False))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("settings_tracking")
    context = {"form": form, "title": str(row) if pk else "New site", "back": reverse("settings_tracking")}
    return render(request, "capture/setup.html", context, status=422 if form.errors else 200)
