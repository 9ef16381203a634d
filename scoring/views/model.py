"""The learned probability of purchase: on a contact, and the card that says how far to believe it."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.answers import done, wants_part
from core.errors import Refused
from core.tasks import enqueue
from leads.days import date_of
from leads.models import Contact, Lifecycle
from leads.queries import known_as
from scoring import purchase, tasks
from scoring.models import Likelihood, ModelState, PurchaseModel
from scoring.proportions import Share
from scoring.services import learning
from users.access import SignedInRequest, requires
from users.roles import Can

VERSIONS = 20


@require_safe
def purchase_model(request: SignedInRequest) -> HttpResponse:
    """The model card; while a version is being trained, htmx asks for the notice alone."""
    versions = list(
        PurchaseModel.objects.select_related("asked_by").defer("content", "asked_by__password").order_by("-version")
    )[:VERSIONS]
    active = next((model for model in versions if model.state == ModelState.ACTIVE), None) or (
        PurchaseModel.objects.defer("content").filter(state=ModelState.ACTIVE).first()
    )
    waiting = next((model for model in versions if model.state == ModelState.ASKED), None)
    context: dict[str, Any] = {
        "model": active,
        "versions": versions,
        "waiting": waiting,
        "may_train": request.user.can(Can.EDIT_DEFINITION),
        **(_card(active) if active else {}),
    }
    if wants_part(request) and request.GET.get("part") == "waiting":
        answer = render(request, "scoring/model.html#waiting", context)
        if waiting is None:
            answer["HX-Refresh"] = "true"
        return answer
    return render(request, "scoring/model.html", context)


def _card(model: PurchaseModel) -> dict[str, Any]:
    card = model.card
    tested = int(card.get("tested", 0))
    return {
        "card": card,
        "verdict": purchase.verdict(card, is_useful=model.is_useful),
        "is_small": 0 < card.get("tested_won", 0) < purchase.FEW_WON,
        "few_won": purchase.FEW_WON,
        **{
            name: date.fromisoformat(card[key]) if card.get(key) else None
            for name, key in (("since", "from"), ("until", "until"), ("cut", "cut"))
        },
        "moments": purchase.MOMENTS,
        "plot": purchase.plot(card.get("calibration", [])),
        "lifts": [
            {
                "label": f"Tenth {number}",
                "value": lift,
                "text": f"{lift:.1f} ×",
                "note": "" if number > 1 else "the most likely",
            }
            for number, lift in enumerate(card.get("lifts", []), 1)
        ],
        "left_out": [(purchase.label(name), why) for name, why in card.get("left_out", [])],
        "features": [(purchase.label(name), round(1000 * lost, 1)) for name, lost in card.get("features", [])],
        "base": Share(card.get("people_won", 0), card.get("people", 0)),
        "has_figures": bool(tested),
        "customers_url": f"{reverse('leads')}?lifecycle=customer",
    }


@require_POST
@requires(Can.EDIT_DEFINITION)
def purchase_model_train(request: SignedInRequest) -> HttpResponse:
    """Have a new version trained."""
    url = reverse("purchase_model")
    try:
        model = learning.ask_for_model(now=timezone.now(), actor=request.user)
    except Refused as refused:
        return done(request, url=url, text=str(refused), tone="error")
    enqueue(tasks.train_model, model_id=model.pk)
    return done(request, url=url, text=f"Version {model.version} is being trained.")


@require_safe
def contact_likelihood(request: SignedInRequest, pk: int) -> HttpResponse:
    """How likely somebody becomes a customer, with the strongest reasons; a panel that the contact's page asks for."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user).select_related("standing"), pk))
    model = PurchaseModel.objects.defer("content").filter(state=ModelState.ACTIVE).first()
    said = Likelihood.objects.filter(pk=contact.pk, version=model.version).first() if model else None
    is_asked = contact.standing.lifecycle in {Lifecycle.LEAD, Lifecycle.PROSPECT}
    context = {
        "contact": contact,
        "model": model,
        "card": model.card if model else {},
        "is_asked": is_asked,
        "said": said,
        "percent": purchase.percent(said.permille / 1000) if said else "",
        "base": purchase.percent(model.card["base_rate"]) if model else "",
        "times": said.permille / 1000 / model.card["base_rate"] if said and model else None,
        "reasons": purchase.reasons(said.reasons) if said else [],
        "on": date_of(said.day) if said else None,
        "verdict": purchase.verdict(model.card, is_useful=model.is_useful) if model else "",
        "horizon": purchase.HORIZON_DAYS,
    }
    part = "#panel" if wants_part(request) else ""
    return render(request, f"scoring/likelihood.html{part}", context)
