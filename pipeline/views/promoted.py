"""Whom a version of the definition promoted: what to look at after it was withdrawn."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from leads.vocabulary import UNDONE_WITHIN
from pipeline.queries.promoted import MOST, promoted_by
from pipeline.views.hand_offs import is_undoable
from scoring.models import Definition
from scoring.queries import active_specs
from users.access import SignedInRequest, requires
from users.roles import Can

BIGGEST = 2**31 - 1


@require_safe
@requires(Can.SEE_FUNNEL, Can.WORK_PIPELINE)
def promoted(request: SignedInRequest, pk: int) -> HttpResponse:
    """Its promotions that can still be undone: who would not be a prospect by the version in force, and who would."""
    if pk > BIGGEST:
        raise Http404
    definition = get_object_or_404(Definition.objects.select_related("team"), pk=pk)
    now = timezone.now()
    spec = active_specs().of_team(definition.team_id)
    other = spec if spec and spec.id != definition.pk else None
    found = promoted_by(definition.version, by=other, user=request.user, since=now - UNDONE_WITHIN)
    rows = [{"is_undoable": is_undoable(one.hand_off, request.user), "promotion": one} for one in found]
    context = {
        "definition": definition,
        "other": other,
        "days": UNDONE_WITHIN.days,
        "most": MOST if len(found) == MOST else None,
        "would_not": [row for row, one in zip(rows, found, strict=True) if one.why_not],
        "would": [row for row, one in zip(rows, found, strict=True) if not one.why_not],
        "count": len(found),
        "may_undo": request.user.can(Can.WORK_PIPELINE),
    }
    wanted = request.GET.get("part", "list")
    part = f"#{wanted}" if wants_part(request) and wanted in {"list", "notice"} else ""
    return render(request, f"pipeline/promoted.html{part}", context)
