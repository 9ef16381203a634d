"""What stands around every page: places, bell, ribbon, demo logins."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from activities.services import notify
from crm.demo import build
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db


def test_the_places_are_those_of_the_role(cast: Cast) -> None:
    labels = [item["label"] for item in client_of(cast.rita).get("/").context["nav"]]
    assert labels == ["Today", "Leads", "Qualify", "Pipeline", "Companies", "Forecast", "Definition", "Settings"]
    assert "Funnel" in [item["label"] for item in client_of(cast.mara).get("/").context["nav"]]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("today", "Today"),
        ("leads", "Leads"),
        ("pipeline", "Pipeline"),
        ("pipeline_list", "Pipeline"),
        ("forecast", "Forecast"),
        ("funnel", "Funnel"),
        ("definition", "Definition"),
        ("settings", "Settings"),
        ("settings_stages", "Settings"),
        ("settings_tokens", "Settings"),
        ("imports", "Settings"),
    ],
)
def test_one_place_is_lit(cast: Cast, name: str, label: str) -> None:
    nav = client_of(cast.adam).get(reverse(name)).context["nav"]
    assert [item["label"] for item in nav if item["active"]] == [label]


def test_the_bell_counts_what_is_unread(cast: Cast) -> None:
    now = timezone.now()
    for key in ("a", "b"):
        notify(user_ids=[cast.rita.pk], key=key, text="New", url="/", now=now)
    assert client_of(cast.rita).get(reverse("settings")).context["unread_notifications"] == 2
    assert client_of(cast.ravi).get(reverse("settings")).context["unread_notifications"] == 0


def test_the_shell_costs_one_query(cast: Cast) -> None:
    client = client_of(cast.rita)
    client.get(reverse("settings"))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("settings"))
    assert len(captured) == 3  # session, person, bell


def test_strangers_cost_no_query() -> None:
    client = Client()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse("account_reset_password")).status_code == 200
    assert len(captured) == 0


def test_the_login_page_offers_demo_people_only_in_a_demo() -> None:
    client = Client()
    page = client.get(reverse("account_login"))
    assert not page.context["is_demo"]
    assert "demo.example" not in page.content.decode()
    build.make_colleagues()
    page = client.get(reverse("account_login"))
    assert page.context["is_demo"]
    for who in ("rep", "marketer", "manager", "admin", "viewer"):
        assert f"{who}@demo.example" in page.content.decode()
    signed_in = client_of(User.objects.get(email="rep@demo.example")).get(reverse("settings"))
    assert "Demo data" in signed_in.content.decode()


def test_the_ribbon_is_not_for_real_people(cast: Cast) -> None:
    assert "Demo data" not in client_of(cast.rita).get(reverse("settings")).content.decode()


def test_a_part_is_kept_apart_from_the_page_of_its_address(cast: Cast) -> None:
    client = client_of(cast.rita)
    for headers in ({}, {"HX-Request": "true"}):
        assert "HX-Request" in client.get(reverse("leads"), headers=headers)["Vary"]
