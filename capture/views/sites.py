"""Settings of marketers: tracked sites."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from capture import queries, services
from capture.forms import SiteSettings
from capture.models import Site
from core.errors import Refused
from core.forms import posted, show_refusal
from users.access import SignedInRequest, requires
from users.roles import Can


def snippet(site: Site, base: str) -> str:
    """The line that a tracked page carries."""
    consent = ' data-consent="ask"' if site.asks_consent else ""
    return f'<script async src="{base}{reverse("tracker")}" data-site="{site.write_key}"{consent}></script>'


@requires(Can.MANAGE_CAPTURE)
@require_safe
def tracking(request: SignedInRequest) -> HttpResponse:
    """Sites with their snippets, and whether they have been heard."""
    base = settings.SITE_URL
    sites = [{"site": site, "snippet": snippet(site, base)} for site in queries.sites()]
    return render(request, "capture/tracking.html", {"sites": sites})


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
