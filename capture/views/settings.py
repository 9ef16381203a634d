"""Settings of marketers: tracked sites and forms."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from capture import queries, services
from capture.forms import FormSettings, SiteSettings
from capture.models import Form, Site
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.models import EventKind
from users.access import SignedInRequest, requires
from users.roles import Can


def _base(request: HttpRequest) -> str:
    """Where visitors reach us."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def snippet(site: Site, base: str) -> str:
    """The line that a tracked page carries."""
    consent = ' data-consent="ask"' if site.asks_consent else ""
    return f'<script async src="{base}{reverse("tracker")}" data-site="{site.write_key}"{consent}></script>'


@requires(Can.MANAGE_CAPTURE)
@require_safe
def tracking(request: SignedInRequest) -> HttpResponse:
    """Sites with their snippets, and whether they have been heard."""
    base = _base(request)
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


@requires(Can.MANAGE_CAPTURE)
@require_safe
def forms(request: SignedInRequest) -> HttpResponse:
    """Forms with their public links."""
    base = _base(request)
    labels = dict(EventKind.objects.values_list("key", "label"))
    rows = [
        {
            "form": form,
            "kind": labels.get(form.event_kind, form.event_kind),
            "count": count,
            "link": f"{base}{reverse('form', args=[form.slug])}",
        }
        for form, count in queries.forms_with_counts()
    ]
    return render(request, "capture/forms.html", {"rows": rows})


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new form, or one that is changed."""
    row = Form(fields=["email", "message"], required=["email"]) if pk is None else get_object_or_404(Form, pk=pk)
    form = FormSettings(posted(request), instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_form(form.save(commit=False))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, f"{saved.title} is saved.")
            return redirect("settings_forms")
    context = {"form": form, "title": row.title if pk else "New form", "back": reverse("settings_forms")}
    return render(request, "capture/setup.html", context, status=422 if form.errors else 200)


@requires(Can.MANAGE_CAPTURE)
@require_safe
def submissions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who filled in a form, newest first."""
    row = get_object_or_404(Form, pk=pk)
    after = request.GET.get("after", "")
    events, older = queries.submissions(row, after=int(after) if after.isdecimal() and len(after) < 19 else None)
    older_url = f"{request.path}?after={older}" if older else ""
    rows = [
        {
            "event": event,
            "message": event.properties.get("message", ""),
            "origin": event.properties.get("utm_source") or event.properties.get("referrer") or "",
        }
        for event in events
    ]
    context = {"form": row, "rows": rows, "older_url": older_url, "is_first": not after}
    template = "capture/submissions.html"
    if request.htmx and not request.htmx.history_restore_request:
        template += "#list"
    return render(request, template, context)
