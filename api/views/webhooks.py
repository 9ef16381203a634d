"""Settings → Webhooks: other programs that are told what happens, and how telling went."""

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.forms import EndpointForm
from api.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from api.queries import webhooks as queries
from api.services import webhooks as services
from api.tasks import deliver
from api.webhooks import TEST, TYPES
from core.answers import done, fill_in, wants_part
from core.forms import posted
from core.tasks import enqueue
from users.access import SignedInRequest, requires
from users.roles import Can

MOST_AGAIN = 500


@requires(Can.MANAGE_WEBHOOKS)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """All addresses, and whether they take what they are told."""
    return render(request, "api/webhooks.html", {"endpoints": queries.endpoints()})


@requires(Can.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """One more."""

    def save(given: dict[str, Any]) -> str:
        services.add_endpoint(**given, by=request.user, now=timezone.now())
        return "It is told from now on. Open it to copy the secret and to send a test."

    words: dict[str, Any] = {"title": "New webhook", "button": "Add", "back": reverse("settings_webhooks")}
    return fill_in(request, EndpointForm(posted(request)), save, **words)


@requires(Can.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another address, or other things to tell."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)

    def save(given: dict[str, Any]) -> str:
        services.change_endpoint(endpoint, **given)
        return "Saved."

    initial = {"url": endpoint.url, "note": endpoint.note, "types": endpoint.types}
    words: dict[str, Any] = {"title": "Change the webhook", "button": "Save", "back": reverse("webhook", args=[pk])}
    return fill_in(request, EndpointForm(posted(request), initial=initial), save, **words)


@never_cache
@requires(Can.MANAGE_WEBHOOKS)
@require_safe
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Its secret, what it is told, and the log."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    here, state = reverse("webhook", args=[pk]), request.GET.get("state", "")
    page = queries.log_of(
        endpoint, state=state, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    shown = state if state in DeliveryState.values else ""
    kept = f"state={shown}&" if shown else ""
    context = {
        "endpoint": endpoint,
        "types": [TYPES[key].label for key in endpoint.types if key in TYPES],
        "rows": [(row, _label(row.message.type)) for row in page.rows],
        "newer": f"{here}?{kept}before={page.before}" if page.before else "",
        "older": f"{here}?{kept}after={page.after}" if page.after else "",
        "tabs": [
            {
                "label": label,
                "url": f"{here}?state={value}" if value else here,
                "active": value == shown,
            }
            for value, label in [("", "All"), *DeliveryState.choices]
        ],
        "has_former": bool(endpoint.former_ends_at and endpoint.former_ends_at > timezone.now()),
    }
    return render(request, f"api/webhook.html{'#log' if wants_part(request) else ''}", context)


def _label(type_key: str) -> str:
    return "Test" if type_key == TEST else TYPES[type_key].label if type_key in TYPES else type_key


@requires(Can.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "POST"])
def delivery(request: SignedInRequest, pk: int, delivery: int) -> HttpResponse:
    """What was sent and each attempt; POST sends it again."""
    rows = WebhookDelivery.objects.select_related("message", "endpoint")
    found = get_object_or_404(rows, pk=delivery, endpoint=pk)
    if request.method == "POST":
        _send_again([found])
        text = "It is sent again." if found.endpoint.is_on else "It is sent once this webhook is turned on again."
        return done(request, url=reverse("webhook", args=[pk]), text=text, event="webhook-sent")
    context = {
        "delivery": found,
        "label": _label(found.message.type),
        "attempts": found.tries.order_by("-pk")[:50],
        "payload": json.dumps(found.message.payload, indent=2, ensure_ascii=False),
        "dialog": wants_part(request),
    }
    return render(request, f"api/delivery.html{'#dialog' if wants_part(request) else ''}", context)


@requires(Can.MANAGE_WEBHOOKS)
@require_POST
def again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send again what was given up."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    count = _send_again(list(endpoint.deliveries.filter(state=DeliveryState.FAILED).order_by("-pk")[:MOST_AGAIN]))
    text = f"{count} sent again." if count else "Nothing was given up."
    return done(request, url=reverse("webhook", args=[pk]), text=text, event="webhook-sent")


def _send_again(found: list[WebhookDelivery]) -> int:
    count = services.send_again(found, now=timezone.now())
    for row in found:
        enqueue(deliver, delivery_id=row.pk)
    return count


@requires(Can.MANAGE_WEBHOOKS)
@require_POST
def turn(request: SignedInRequest, pk: int) -> HttpResponse:
    """On or off."""
    endpoint, on = get_object_or_404(WebhookEndpoint, pk=pk), request.POST.get("on") == "1"
    services.turn(endpoint, on=on)
    return done(request, url=reverse("webhook", args=[pk]), text="It is told again." if on else "It is told no more.")


@requires(Can.MANAGE_WEBHOOKS)
@require_POST
def secret(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new secret."""
    services.change_secret(get_object_or_404(WebhookEndpoint, pk=pk), now=timezone.now())
    text = "Here is a new secret. The former one signs too for a day."
    return done(request, url=reverse("webhook", args=[pk]), text=text)


@requires(Can.MANAGE_WEBHOOKS)
@require_POST
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a message that says only that it works."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    if not endpoint.is_on:
        return done(request, url=reverse("webhook", args=[pk]), text="Turn it on first.", tone="error")
    enqueue(deliver, delivery_id=services.test(endpoint, now=timezone.now()))
    return done(
        request, url=reverse("webhook", args=[pk]), text="A test is on its way: see the log.", event="webhook-sent"
    )


@requires(Can.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget it."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)

    def save(given: dict[str, Any]) -> str:
        services.delete_endpoint(endpoint)
        return f"“{endpoint}” is deleted."

    text = f"{endpoint.url} will be told nothing more, and the log of what it was told goes too."
    words: dict[str, Any] = {"title": "Delete the webhook", "button": "Delete", "tone": "btn-danger", "text": text}
    return fill_in(request, forms.Form(posted(request)), save, back=reverse("settings_webhooks"), **words)
