"""What qualification asks: the criteria and their questions, in Settings."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import fill_in
from core.forms import posted
from leads.models import Criterion
from pipeline.desk_forms import CriterionForm
from pipeline.models import Question
from pipeline.services.desk import field_of, save_criterion
from scoring.queries import active_specs
from users.access import SignedInRequest, requires
from users.roles import Can


@require_safe
@requires(Can.EDIT_DEFINITION)
def index(request: SignedInRequest) -> HttpResponse:
    """All criteria, those that an active definition requires marked; what the one for all says comes first."""
    required: dict[int, str] = {}
    for spec in active_specs():
        required = {one.criterion_id: one.least for one in reversed(spec.all_required)} | required
    counts: dict[int, int] = {}
    for criterion_id in Question.objects.values_list("criterion_id", flat=True):
        counts[criterion_id] = counts.get(criterion_id, 0) + 1
    rows = [
        {
            "name": f"{criterion.label} ({criterion.letter})",
            "sub": criterion.question,
            "notes": [
                {"meets": "must meet", "weak": "weak is enough"}.get(required.get(criterion.pk, ""), "not required"),
                f"{1 + counts.get(criterion.pk, 0)}",
                f"{criterion.valid_days} days",
            ],
            "url": reverse("criterion", args=[criterion.pk]),
        }
        for criterion in Criterion.objects.all()
    ]
    context = {
        "title": "Criteria and questions",
        "rows": rows,
        "heads": ["In the definition", "Ways to ask", "Holds for"],
        "new_url": reverse("criterion_new"),
    }
    return render(request, "crm/settings_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.EDIT_DEFINITION)
def criterion(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new criterion, or another description of one."""
    row = get_object_or_404(Criterion, pk=pk) if pk is not None else None

    def save(given: dict[str, Any]) -> str:
        saved = save_criterion(criterion=row, **given)
        return f"{saved.label} is saved." if row else f"{saved.label} can be asked now; a definition may require it."

    initial: dict[str, Any] = {}
    if row is not None:
        names = ("label", "letter", "question", "hint", "valid_days", "position")
        initial = {name: getattr(row, name) for name in names}
        for question in Question.objects.filter(criterion=row):
            of = field_of(question.persona)
            initial[of] = f"{initial[of]}\n{question.text}" if of in initial else question.text
    form = CriterionForm(posted(request), initial=initial, personas=_personas(row))
    title = f"Criterion {row}" if row else "New criterion"
    return fill_in(request, form, save, back=reverse("settings_criteria"), title=title, button="Save")


def _personas(row: Criterion | None) -> list[str]:
    """Those of the active definitions, and those of which questions are kept."""
    named = [persona.name for spec in active_specs() for persona in spec.personas]
    kept = Question.objects.filter(criterion=row).exclude(persona="") if row else Question.objects.none()
    return list(dict.fromkeys([*named, *kept.order_by("persona").values_list("persona", flat=True)]))
