"""Settings of marketers: forms."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from capture import queries, services
from capture.forms import FormSettings
from capture.models import Form
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.models import EventKind
from users.access import SignedInRequest, requires
from users.roles import Can


@requires(Can.MANAGE_CAPTURE)
@require_safe
def forms(request: SignedInRequest) -> HttpResponse:
    """Forms with their public links."""
    base = settings.SITE_URL
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
