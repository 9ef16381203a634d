"""What a draft would do now (preview) and would have done (back-test)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core import keyset
from core.answers import wants_part
from core.errors import Refused
from core.forms import posted
from leads.models import Standing
from scoring.forms import BackTestForm
from scoring.models import BackTest, Definition, Preview
from scoring.queries import trials
from scoring.services import back_tests, previews
from scoring.views.studio import READERS, found
from users.access import SignedInRequest, requires

PAGE = 50


@requires(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest preview of a version; POST makes one, of a sample or (`whole`) of everybody."""
    definition = found(pk)
    if request.method == "POST":
        whole = bool(request.POST.get("whole"))
        try:
            previews.start_preview(definition_id=pk, whole=whole, by=request.user, now=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("definition_preview", pk)
    newest = definition.previews.select_related("against", "definition").first()
    part = "#load" if wants_part(request) and request.GET.get("part") == "load" else ""
    return render(request, f"scoring/preview.html{part}", {"definition": definition} | _figures(newest))


def _figures(preview: Preview | None) -> dict[str, Any]:
    if preview is None or preview.done_at is None:
        return {"preview": preview}
    figures = preview.figures
    reps = trials.reps_of(preview.definition.team_id).count()
    measured = BackTest.objects.select_related("against").filter(preview=preview).first()
    share = figures["leads_in"] / figures["leads"] if figures["leads"] else None
    return {
        "preview": preview,
        "figures": figures,
        "chart": trials.distribution(preview),
        "grades": trials.grades(preview),
        "grade_names": trials.GRADES,
        "reps": reps,
        "load": trials.load(measured, reps) if measured and measured.done_at else None,
        "measuring": measured if measured and not measured.done_at else None,
        "each": round(figures["handed_over"] / reps, 1) if reps else None,
        "is_too_much": share is not None and share >= 0.5,
        "share": round(100 * share) if share is not None else None,
    }


@requires(*READERS)
@require_safe
def preview_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far a preview of everybody is; the page is loaded anew when it is done."""
    definition = found(pk)
    newest = definition.previews.select_related("definition").first()
    response = render(request, "scoring/preview.html#progress", {"definition": definition, "preview": newest})
    if newest is None or newest.done_at:
        response["HX-Refresh"] = "true"
    return response


@requires(*READERS)
@require_safe
def preview_changes(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    """Who would come in (`enter`) or drop out (`leave`), the highest scores first."""
    definition = found(pk)
    newest = get_object_or_404(definition.previews.all()[:1])
    rows = newest.changes.filter(
        enters=way == "enter", contact__standing__in=Standing.objects.visible_to(request.user)
    ).select_related("contact__company", "contact__standing__owner")
    found_page = keyset.page(
        rows,
        by=[("total", int), ("contact_id", int)],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE,
    )
    address = reverse("definition_changes", args=[pk, way])
    context = {
        "definition": definition,
        "preview": newest,
        "way": way,
        "rows": found_page.rows,
        "newer": f"{address}?before={found_page.before}" if found_page.before else "",
        "older": f"{address}?after={found_page.after}" if found_page.after else "",
        "seen": keyset.capped_count(rows),
        "whole": newest.figures.get("enters" if way == "enter" else "leaves", 0),
    }
    part = "#list" if wants_part(request) else ""
    return render(request, f"scoring/changes.html{part}", context)


@requires(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def back_test(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest back-test of a version; POST begins one."""
    definition = found(pk)
    form = BackTestForm(posted(request))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            weeks = form.cleaned_data["weeks"]
            back_tests.start_back_test(definition_id=pk, weeks=weeks, by=request.user, now=timezone.now())
            return redirect("definition_back_test", pk)
        status = 422
    newest = definition.back_tests.filter(preview=None).select_related("against", "definition").first()
    context: dict[str, Any] = {"definition": definition, "test": newest, "form": form}
    if newest is not None and newest.done_at:
        sides = trials.sides(newest)
        context |= {"sides": sides, "chart": trials.promotions(sides), "base": newest.figures["base"]}
    return render(request, "scoring/back_test.html", context, status=status)


@requires(*READERS)
@require_safe
def back_test_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far a back-test is; the page is loaded anew when it is done."""
    definition: Definition = found(pk)
    newest = definition.back_tests.filter(preview=None).first()
    response = render(request, "scoring/back_test.html#progress", {"definition": definition, "test": newest})
    if newest is None or newest.done_at:
        response["HX-Refresh"] = "true"
    return response
