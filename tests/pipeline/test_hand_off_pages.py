"""Accepting and rejecting in the browser."""

import re
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.services import assign_owner
from pipeline import services
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.pipeline.rows import offer


def test_a_rep_accepts_on_today_with_one_click(offered: Cast) -> None:
    row = offer(now=datetime.now(UTC), first_name="Elin", last_name="Brandt")
    client = client_of(offered.rita)
    page = client.get("/").content.decode()
    assert "Hand-offs waiting" in page
    assert f'action="/hand-offs/{row.pk}/accept/"' in page
    answer = client.post(f"/hand-offs/{row.pk}/accept/", {"stay": "yes"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "hand-offs-changed" in answer["HX-Trigger"]
    part = re.findall(r'hx-get="(/hand-offs/waiting/[^"]*)"', page)[0]  # where nothing waits, Today says nothing
    assert "Nothing waits" not in client.get(part, headers={"HX-Request": "true"}).content.decode()
    assert 'class="stack" hidden' in client.get(part, headers={"HX-Request": "true"}).content.decode()
    assert "Nothing waits for you" in client.get("/hand-offs/waiting/").content.decode()
    assert "Hand-offs waiting" not in client.get("/").content.decode()
    assert "Hand-offs waiting" not in client_of(offered.ravi).get("/").content.decode()


def test_a_rep_rejects_with_a_reason(offered: Cast) -> None:
    row = offer()
    client, url = client_of(offered.rita), f"/hand-offs/{row.pk}/reject/"
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    assert "Choose why" in refused.content.decode()
    assert client.post(url, {"reason": "no_need", "note": "\0x"}).status_code == 422
    assert client.post(url, {"reason": "no_need"})["Location"] == "/"
    assert client.post(url, {"reason": "no_need"}).status_code == 302  # a double click
    assert client_of(offered.ravi).post(f"/hand-offs/{row.pk}/accept/").status_code == 302
    assert client_of(offered.sven).get(f"/hand-offs/{row.pk}/").status_code == 404
    row.refresh_from_db()
    assert row.state == "rejected"


def test_too_late_is_said(offered: Cast) -> None:
    row = offer()
    services.expire(hand_off_id=row.pk, now=NOW + timedelta(days=2))
    answer = client_of(offered.rita).post(f"/hand-offs/{row.pk}/accept/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "ran out and was offered to Ravi" in answer["HX-Trigger"]


def test_what_waits_costs_the_same_for_many(offered: Cast) -> None:
    client = client_of(offered.rita)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/hand-offs/waiting/", headers={"HX-Request": "true"}).status_code == 200
        return len(captured)

    def fill(much: int) -> None:
        for _ in range(much):
            contact = rows.qualified()
            assign_owner([contact.pk], offered.rita)
            services.promote(contact_id=contact.pk, now=NOW)

    fill(2)
    few = count()
    fill(6)
    assert count() == few


def test_the_contact_s_panel_tells_the_story(offered: Cast) -> None:
    row = offer()
    url = f"/leads/{row.contact_id}/hand-offs/"
    page = client_of(offered.rita).get(url).content.decode()
    assert "A hand-off for you" in page
    assert 'id="contact-story" hx-swap-oob="true"' in page
    assert "Offered to Rita" in client_of(offered.ravi).get(url).content.decode()
    assert "Accept" not in client_of(offered.vera).get(url).content.decode()
    services.reject(hand_off_id=row.pk, actor=offered.rita, now=NOW, reason="unreachable", note="Three calls.")
    page = client_of(offered.rita).get(url).content.decode()
    assert "Three calls." in page
    assert "rests until they come back to the site" in page
    assert "Look again now" in page
