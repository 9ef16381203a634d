"""Who listens to what, what a message says, and how telling went."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from api import webhooks
from api.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from core import keyset
from leads.models import Contact
from pipeline.models import HandOff, Opportunity

_REMEMBER_SECONDS = 10.0
_types: frozenset[str] = frozenset()
_read_at = -_REMEMBER_SECONDS


def listened_to() -> frozenset[str]:
    """The types that an endpoint wants to hear; each process remembers them for some seconds."""
    global _types, _read_at
    if time.monotonic() - _read_at > _REMEMBER_SECONDS:
        lists = WebhookEndpoint.objects.filter(is_on=True).values_list("types", flat=True)
        _types, _read_at = frozenset(key for types in lists for key in types), time.monotonic()
    return _types


def forget() -> None:
    """Ask again at the next use."""
    global _read_at
    _read_at = -_REMEMBER_SECONDS


def data_of(messages: Sequence[WebhookMessage]) -> dict[int, dict[str, Any]]:
    """What each message says, as of now: numbers, states, and where the rest is to be read. A query a sort."""
    asked: dict[str, list[int]] = {about: [] for about in _READERS}
    for message in messages:
        asked[webhooks.TYPES[message.type].about].append(message.about)
    known = {about: _READERS[about](ids) if ids else {} for about, ids in asked.items()}
    found = {}
    for message in messages:
        about = webhooks.TYPES[message.type].about
        found[message.pk] = known[about].get(message.about, {about: {"id": message.about, "url": None}})
    return found


def _contacts(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    rows = Contact.objects.filter(pk__in=list(ids)).select_related("standing")
    return {
        contact.pk: {
            "contact": {"id": contact.pk, "url": _url("api_contact", contact.pk)}
            | {"lifecycle": contact.standing.lifecycle, "owner_id": contact.standing.owner_id},
            "score": {
                "total": contact.standing.total,
                "grade": contact.standing.grade or None,
                "definition_version": contact.standing.definition_version,
            },
        }
        for contact in rows
    }


def _opportunities(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    rows = Opportunity.objects.filter(pk__in=list(ids)).select_related("stage")
    return {
        deal.pk: {
            "opportunity": {
                "id": deal.pk,
                "url": _url("api_opportunity", deal.pk),
                "stage": deal.stage.name,
                "state": deal.stage.kind,
                "amount": None if deal.amount is None else str(deal.amount),
                "currency": deal.currency,
                "expected_close": deal.expected_close.isoformat() if deal.expected_close else None,
                "owner_id": deal.owner_id,
                "lost_reason": deal.lost_reason or None,
            },
            "contact": {"id": deal.contact_id, "url": _url("api_contact", deal.contact_id)},
        }
        for deal in rows
    }


def _hand_offs(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    return {
        offer.pk: {
            "hand_off": {
                "id": offer.pk,
                "state": offer.state,
                "reason": offer.reason or None,
                "rep_id": offer.rep_id,
                "due_at": offer.due_at.isoformat() if offer.due_at else None,
                "definition_version": offer.definition_version,
                "opportunity_id": offer.opportunity_id,
            },
            "contact": {"id": offer.contact_id, "url": _url("api_contact", offer.contact_id)},
        }
        for offer in HandOff.objects.filter(pk__in=list(ids)).defer("snapshot", "routing")
    }


_READERS = {webhooks.CONTACT: _contacts, webhooks.OPPORTUNITY: _opportunities, webhooks.HAND_OFF: _hand_offs}


def _url(name: str, pk: int) -> str:
    return str(settings.SITE_URL) + reverse(name, args=[pk])


def endpoints() -> "QuerySet[WebhookEndpoint]":
    """All of them, with what waits and what was given up."""
    return WebhookEndpoint.objects.annotate(
        waiting=Count("deliveries", Q(deliveries__state=DeliveryState.WAITING)),
        given_up=Count("deliveries", Q(deliveries__state=DeliveryState.FAILED)),
    ).order_by("pk")


def log_of(
    endpoint: WebhookEndpoint, *, state: str = "", after: str = "", before: str = ""
) -> "keyset.Page[WebhookDelivery]":
    """Its deliveries, newest first, with how often each was sent in all."""
    tries = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
    sent = Coalesce(Subquery(tries.values(n=Count("pk"))), 0)
    rows = endpoint.deliveries.select_related("message").annotate(sent=sent)
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    return keyset.page(rows, by=[("pk", int)], after=after, before=before, size=50)


def due(*, now: datetime, most: int) -> list[int]:
    """Deliveries that should have been sent, the longest waiting first."""
    free = Q(busy_until=None) | Q(busy_until__lte=now)
    rows = WebhookDelivery.objects.filter(free, state=DeliveryState.WAITING, next_at__lte=now, endpoint__is_on=True)
    return list(rows.order_by(F("next_at").asc(), "pk").values_list("pk", flat=True)[:most])
