"""The explanation as of a past day, and how the score went."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.days import day_of
from scoring.queries import why
from scoring.queries.history import DAYS, history
from tests import factories
from tests.conftest import Cast, client_of
from users.models import Token

pytestmark = pytest.mark.django_db


def test_as_of_a_past_day_only_what_had_happened_counts(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    factories.event(contact, "demo_requested", now=now, days_ago=40)
    factories.event(contact, "email_replied", now=now, days_ago=10)
    client = client_of(cast.rita)
    address = reverse("score_why", args=[contact.pk])
    page = client.get(address, {"as_of": (now - timedelta(days=20)).date().isoformat()}).content.decode()
    assert "Asked for a demo" in page and "Replied to a mail" not in page
    assert "it falls below" not in page
    page = client.get(address).content.decode()
    assert "Asked for a demo" in page and "Replied to a mail" in page


@pytest.mark.parametrize("text", ["yesterday", "2019-12-31", "9999-12-31", "2026-02-30", "x" * 1000, "\0"])
def test_a_day_that_is_none_is_refused(cast: Cast, text: str) -> None:
    contact = factories.contact()
    answer = client_of(cast.rita).get(reverse("score_why", args=[contact.pk]), {"as_of": text})
    assert answer.status_code == 422
    assert "Choose a day from 1 Jan 2020 to today." in answer.content.decode()


def test_the_api_says_it_as_of_a_day(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    factories.event(contact, "demo_requested", now=now, days_ago=40)
    factories.event(contact, "email_replied", now=now, days_ago=10)
    _, secret = Token.issue(user=cast.mara, name="Test")
    client, headers = client_of(None), {"Authorization": f"Bearer {secret}"}
    address = reverse("api_score", args=[contact.pk])
    then = (now - timedelta(days=20)).date().isoformat()
    answer: dict[str, Any] = client.get(address, {"as_of": then}, headers=headers).json()
    assert answer["on"] == then
    assert [line["name"] for line in answer["lines"] if line["category"] == "intent"] == ["Asked for a demo"]
    assert not [line for line in answer["lines"] if line["category"] == "conversation"]
    assert answer["fades_on"] is None
    for wrong in ("soon", "2999-01-01"):
        refused = client.get(address, {"as_of": wrong}, headers=headers)
        assert refused.status_code in {400, 422}
        assert "as_of" in refused.content.decode()


def test_the_history_agrees_with_the_explanation_of_each_day_and_names_what_moved_it() -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    factories.event(contact, "demo_requested", now=now, days_ago=40)
    factories.event(contact, "email_replied", now=now, days_ago=10)
    day = day_of(now)
    found = history(contact.pk, day)
    assert found is not None
    assert len(found.weeks) == DAYS // 7 + 1
    for number, week in enumerate(found.weeks[-8:]):
        explained = why(contact.pk, day - 7 * (7 - number), is_past=True)
        assert explained is not None and week["total"] == explained.total
    assert [(move.by, move.events) for move in found.moves] == [(12, "Replied to a mail"), (25, "Asked for a demo")]


def test_the_history_up_to_a_past_day_on_the_page_and_through_the_api(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    factories.event(contact, "demo_requested", now=now, days_ago=40)
    factories.event(contact, "email_replied", now=now, days_ago=10)
    then = (now - timedelta(days=20)).date()
    page = client_of(cast.rita).get(reverse("score_history", args=[contact.pk]), {"as_of": then.isoformat()})
    assert "Asked for a demo" in page.content.decode() and "Replied to a mail" not in page.content.decode()
    wrong = client_of(cast.rita).get(reverse("score_history", args=[contact.pk]), {"as_of": "soon"})
    assert wrong.status_code == 422
    _, secret = Token.issue(user=cast.mara, name="Test")
    client, headers = client_of(None), {"Authorization": f"Bearer {secret}"}
    address = reverse("api_score_history", args=[contact.pk])
    found: dict[str, Any] = client.get(address, {"as_of": then.isoformat()}, headers=headers).json()
    assert (len(found["totals"]), found["totals"][-1]["on"]) == (DAYS + 1, then.isoformat())
    explained = why(contact.pk, day_of(now) - 20, is_past=True)
    assert explained is not None and found["totals"][-1]["total"] == explained.total
    assert [(move["by"], move["events"]) for move in found["moves"]] == [(25, "Asked for a demo")]
    assert client.get(address, {"as_of": "soon"}, headers=headers).status_code in {400, 422}
    sales = {"Authorization": f"Bearer {Token.issue(user=cast.sven, name='Test')[1]}"}
    assert client.get(reverse("api_score_history", args=[10**18]), headers=sales).status_code == 404


def test_a_rep_of_another_team_sees_no_history(cast: Cast) -> None:
    contact = factories.contact(owner=cast.rita)
    address = reverse("score_history", args=[contact.pk])
    assert client_of(cast.rita).get(address).status_code == 200
    assert client_of(cast.sven).get(address).status_code == 404
    assert client_of(cast.rita).post(address).status_code == 405
