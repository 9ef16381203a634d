"""Tell other programs: what happened is kept with the fact, spread to who listens, and sent until it was taken."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from activities.services import notify
from api import webhooks
from api.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from api.queries import webhooks as queries
from api.sending import DEADLINE, Answer
from core.errors import Refused
from core.locks import locked
from leads import normalise
from users.models import User
from users.roles import Role

AT_ONCE = 200
AT_ONCE_TO_ONE = 4  # a slow receiver keeps no more workers than this
LEASE = timedelta(seconds=2 * DEADLINE)
MOST_ENDPOINTS = 50
GONE = 410


def keep(type_key: str, ids: Iterable[int], *, now: datetime) -> int:
    """Keep that this happened, in the transaction in which it happens; returns how many (0: nobody listens)."""
    if type_key not in queries.listened_to():
        return 0
    rows = [WebhookMessage(key=webhooks.new_key(), type=type_key, about=pk, at=now) for pk in ids]
    return len(WebhookMessage.objects.bulk_create(rows))


@transaction.atomic
def spread(*, now: datetime) -> list[int]:
    """Write what each kept message says and for whom; the ids of the deliveries. Two workers take different ones."""
    waiting = WebhookMessage.objects.filter(spread_at=None).order_by("pk").select_for_update(skip_locked=True)
    messages = list(waiting[:AT_ONCE])
    if not messages:
        return []
    data = queries.data_of(messages)
    endpoints = list(WebhookEndpoint.objects.filter(is_on=True))
    for message in messages:
        message.payload = webhooks.frame(message.type, message.at, data[message.pk])
        message.spread_at = now
    WebhookMessage.objects.bulk_update(messages, ["payload", "spread_at"])
    rows = [
        WebhookDelivery(message=message, endpoint=endpoint, next_at=now)
        for message in messages
        for endpoint in endpoints
        if message.type in endpoint.types
    ]
    return [row.pk for row in WebhookDelivery.objects.bulk_create(rows)]


def deliver(delivery_id: int, *, send: Callable[..., Answer], clock: Callable[[], datetime]) -> bool | None:
    """Send one delivery that is due; whether it was taken, none when it is not ours to send now.

    The network is used between two transactions: a worker that dies there leaves a lease that runs out.
    """
    now = clock()
    delivery = _claim(delivery_id, now=now)
    if delivery is None:
        return None
    endpoint, body = delivery.endpoint, webhooks.body_of(delivery.message.payload)
    signing = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_ends_at and endpoint.former_ends_at > now:
        signing.append(endpoint.former_secret)
    answer = send(endpoint.url, body, webhooks.headers(delivery.message.key, body, signing, now=now))
    _note(delivery, answer, at=now, now=clock())
    return answer.is_taken


@transaction.atomic
def _claim(delivery_id: int, *, now: datetime) -> WebhookDelivery | None:
    found = WebhookDelivery.objects.filter(pk=delivery_id).select_related("endpoint", "message").first()
    if found is None or not found.endpoint.is_on:
        return None
    locked(WebhookEndpoint.objects.filter(pk=found.endpoint_id))  # so that two who count do not both see a free place
    theirs = WebhookDelivery.objects.filter(endpoint=found.endpoint_id, state=DeliveryState.WAITING)
    if theirs.filter(busy_until__gt=now).count() >= AT_ONCE_TO_ONE:
        return None
    free = Q(busy_until=None) | Q(busy_until__lte=now)
    due = theirs.filter(free, pk=delivery_id, next_at__lte=now)
    return found if due.update(busy_until=now + LEASE) else None


@transaction.atomic
def _note(delivery: WebhookDelivery, answer: Answer, *, at: datetime, now: datetime) -> None:
    endpoint = locked(WebhookEndpoint.objects.filter(pk=delivery.endpoint_id))
    if not endpoint:
        return  # it was deleted meanwhile, and the delivery with it
    WebhookAttempt.objects.create(
        delivery=delivery, at=at, took_ms=answer.took_ms, status=answer.status, error=answer.error, answer=answer.text
    )
    attempts = delivery.attempts + 1
    again = None if answer.is_taken else webhooks.next_try(attempts, now=now, jitter=random.random())  # noqa: S311
    state = DeliveryState.DELIVERED if answer.is_taken else DeliveryState.WAITING if again else DeliveryState.FAILED
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=state,
        attempts=attempts,
        next_at=again or now,
        busy_until=None,
        status=answer.status,
        error=answer.error,
        delivered_at=now if answer.is_taken else None,
    )
    if answer.is_taken:
        WebhookEndpoint.objects.filter(pk=endpoint[0].pk).update(failing_since=None)
    elif answer.is_forbidden:
        _turn_off(endpoint[0], answer.error, now=now)
    elif answer.status == GONE:
        _turn_off(endpoint[0], "It answered 410 Gone: nobody listens there any more.", now=now)
    elif endpoint[0].failing_since is None:
        WebhookEndpoint.objects.filter(pk=endpoint[0].pk).update(failing_since=now)
    elif now - endpoint[0].failing_since >= webhooks.GIVES_UP_ON_ENDPOINT:
        _turn_off(endpoint[0], "Nothing was taken there for five days.", now=now)


def _turn_off(endpoint: WebhookEndpoint, because: str, *, now: datetime) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_on=False, off_because=because)
    queries.forget()
    notify(
        user_ids=User.objects.filter(role=Role.ADMIN, is_active=True).values_list("pk", flat=True),
        key=f"webhook-off-{endpoint.pk}-{now:%Y%m%d%H%M}",
        text=f"The webhook “{endpoint}” was turned off. {because}",
        url=reverse("webhook", args=[endpoint.pk]),
        now=now,
    )


# --- what people do ---


def _checked(url: str, note: str, types: Sequence[str]) -> dict[str, object]:
    unknown = [key for key in types if key not in webhooks.TYPES]
    if unknown:
        raise Refused(types=f"“{unknown[0][:40]}” is nothing that is told. Known: {', '.join(webhooks.TYPES)}.")
    if not types:
        raise Refused(types="Choose at least one thing to tell.")
    wanted = [key for key in webhooks.TYPES if key in types]
    url = webhooks.check_url(url, may_go_inside=settings.WEBHOOKS_INSIDE)
    return {"url": url, "note": normalise.line(note)[:120], "types": wanted}


def add_endpoint(*, url: str, note: str, types: Sequence[str], by: User, now: datetime) -> WebhookEndpoint:
    """Another program that is told from now on."""
    given = _checked(url, note, types)
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise Refused(f"There are {MOST_ENDPOINTS} webhooks already. Delete one that nobody needs.")
    endpoint = WebhookEndpoint.objects.create(secret=webhooks.new_secret(), created_by=by, created_at=now, **given)
    transaction.on_commit(queries.forget)
    return endpoint


def change_endpoint(endpoint: WebhookEndpoint, *, url: str, note: str, types: Sequence[str]) -> None:
    """Another address or other things to tell; what waits goes to the new address."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**_checked(url, note, types))
    transaction.on_commit(queries.forget)


def turn(endpoint: WebhookEndpoint, *, on: bool) -> None:
    """Stop telling, or go on; what came meanwhile is not told, what waited goes out."""
    because = "" if on else "Somebody turned it off."
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_on=on, off_because=because, failing_since=None)
    transaction.on_commit(queries.forget)


def delete_endpoint(endpoint: WebhookEndpoint) -> None:
    """Forget it, and its log."""
    endpoint.delete()
    transaction.on_commit(queries.forget)


def change_secret(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """A new secret; the former one signs too for a day, so that the receiver can change without a gap."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        secret=webhooks.new_secret(),
        former_secret=F("secret"),
        former_ends_at=now + webhooks.FORMER_SECRET_LASTS,
    )


@transaction.atomic
def test(endpoint: WebhookEndpoint, *, now: datetime) -> int:
    """A message that says nothing but that telling works; the id of its delivery."""
    payload = webhooks.frame(webhooks.TEST, now, {"text": "This is a test."})
    message = WebhookMessage.objects.create(
        key=webhooks.new_key(), type=webhooks.TEST, about=endpoint.pk, at=now, payload=payload, spread_at=now
    )
    return WebhookDelivery.objects.create(message=message, endpoint=endpoint, next_at=now).pk


def send_again(deliveries: Iterable[WebhookDelivery], *, now: datetime) -> int:
    """Send these once more from the first attempt on, with the same id; how many."""
    ids = [delivery.pk for delivery in deliveries]
    again = WebhookDelivery.objects.filter(pk__in=ids).exclude(state=DeliveryState.WAITING, busy_until__gt=now)
    return again.update(state=DeliveryState.WAITING, attempts=0, next_at=now, busy_until=None)


def forget_old(*, now: datetime) -> int:
    """Messages and their logs are kept for thirty days; how many were deleted."""
    old = WebhookMessage.objects.filter(at__lt=now - webhooks.KEPT).order_by("at").values("pk")[:5_000]
    return WebhookMessage.objects.filter(pk__in=old).delete()[0]
