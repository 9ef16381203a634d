"""Wins and losses that cannot be: wrong days, absurd amounts, and what somebody else has just closed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from pipeline import services
from pipeline.models import Opportunity, StageMove
from tests.conftest import Cast, client_of
from tests.pipeline import rows

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "-1"},
        {"amount": "-0.01"},
        {"amount": "1e30"},
        {"amount": "9" * 200},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "lots\0"},
        {"amount": ""},
        {"closed_on": "9999-12-31"},
        {"closed_on": "0001-01-01"},
        {"closed_on": "2026-02-30"},
        {"closed_on": "yesterday"},
        {"version": "99999999999999999999"},
    ],
)
def test_a_win_that_cannot_be_changes_nothing(cast: Cast, wrong: dict[str, str]) -> None:
    now = timezone.now()
    card = rows.opportunity(cast.rita, opened=now - timedelta(days=9))
    given = {"amount": "10", "closed_on": f"{now:%Y-%m-%d}", "version": "1"} | wrong
    response = client_of(cast.rita).post(f"/opportunities/{card.pk}/win/", given)
    assert response.status_code == 422
    kept = Opportunity.objects.get(pk=card.pk)
    assert (kept.is_open, kept.version, kept.amount, kept.stage.name) == (True, 1, Decimal(1000), "New")
    assert StageMove.objects.filter(opportunity=card).count() == 1


def test_a_win_may_be_backdated_to_the_day_it_was_opened_and_no_further(cast: Cast) -> None:
    now = timezone.now()
    opened = now - timedelta(days=9)
    card = rows.opportunity(cast.rita, opened=opened)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/win/"
    before = client.post(address, {"amount": "1", "closed_on": f"{opened - timedelta(days=1):%Y-%m-%d}"})
    assert (before.status_code, "it cannot be closed before" in before.content.decode()) == (422, True)
    assert client.post(address, {"amount": "1", "closed_on": f"{opened:%Y-%m-%d}"}).status_code == 302
    assert Opportunity.objects.get(pk=card.pk).closed_on == opened.date()


@pytest.mark.parametrize("version", ["1", ""])
def test_what_somebody_else_has_just_closed_is_not_moved(cast: Cast, version: str) -> None:
    now = timezone.now()
    card = rows.opportunity(cast.rita, opened=now - timedelta(days=9))
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.ravi, now=now)
    given = {"stage": rows.stage("Discovery").pk, "version": version}
    response = client_of(cast.rita).post(f"/opportunities/{card.pk}/move/", given, headers=HTMX)
    assert response.status_code == (409 if version else 422)
    if not version:
        assert "This opportunity is closed. Reopen it before you move it." in response.headers["HX-Trigger"]
    kept = Opportunity.objects.get(pk=card.pk)
    assert (kept.stage.kind, kept.lost_reason) == ("lost", "price")


@pytest.mark.parametrize("what", ["win", "lose"])
def test_what_somebody_else_has_just_closed_is_not_closed_again(cast: Cast, what: str) -> None:
    now = timezone.now()
    card = rows.opportunity(cast.rita, opened=now - timedelta(days=9))
    services.win(opportunity_id=card.pk, amount=70, closed_on=now.date(), actor=cast.ravi, now=now)
    given: dict[str, Any] = {"amount": "5", "closed_on": f"{now:%Y-%m-%d}", "reason": "price"}
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/{what}/"
    assert client.post(address, given | {"version": "1"}).status_code == 409
    again = client.post(address, given)
    assert (again.status_code, "closed already" in again.content.decode()) == (422, True)
    assert Opportunity.objects.get(pk=card.pk).amount == 70
