"""Accepting and rejecting in the browser."""

from datetime import UTC, datetime, timedelta

from pipeline import services
from tests.conftest import NOW, Cast, client_of
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
