"""Who may call, and how refusals look."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests import factories
from tests.api.conftest import Caller, errors
from tests.conftest import Cast, client_of
from users.models import Token

pytestmark = pytest.mark.django_db

PAGES = ["/api/v1/contacts", "/api/v1/opportunities"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wnw_wrong", "Basic d25wOng=", "wnw_x", "Bearer \xff"]
)
def test_without_a_known_token_nothing_is_told(cast: Cast, client: Client, header: str) -> None:
    for address in [*PAGES, "/api/v1/contacts/1"]:
        answer = client.get(address, headers={"authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert list(errors(answer)) == ["detail"]


def test_a_session_is_no_token(cast: Cast) -> None:
    assert client_of(cast.adam).get("/api/v1/contacts").status_code == 401


def test_a_revoked_token_and_one_of_somebody_who_left(cast: Cast, api: Caller) -> None:
    caller = api(cast.rita)
    assert caller.get("/api/v1/contacts").status_code == 200
    Token.objects.update(revoked_at=timezone.now())
    assert caller.get("/api/v1/contacts").status_code == 401
    Token.objects.update(revoked_at=None)
    cast.rita.is_active = False
    cast.rita.save()
    assert caller.get("/api/v1/contacts").status_code == 401


def test_the_last_use_is_noted_once_a_minute(cast: Cast, api: Caller) -> None:
    caller = api(cast.rita)
    caller.get("/api/v1/contacts")
    first = Token.objects.get().last_used_at
    caller.get("/api/v1/contacts")
    assert first is not None
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=2))
    caller.get("/api/v1/contacts")
    used = Token.objects.get().last_used_at
    assert used is not None
    assert used >= first


def test_a_viewer_reads_and_does_not_write(cast: Cast, api: Caller) -> None:
    contact = factories.contact()
    viewer = api(cast.vera)
    assert viewer.get("/api/v1/contacts").status_code == 200
    assert viewer.get(f"/api/v1/contacts/{contact.pk}").status_code == 200
    for answer in (
        viewer.post("/api/v1/contacts", {"email": "a@b.example"}),
        viewer.patch(f"/api/v1/contacts/{contact.pk}", {"first_name": "X"}),
        viewer.delete(f"/api/v1/contacts/{contact.pk}"),
        viewer.post(f"/api/v1/contacts/{contact.pk}/evidence", {}),
        viewer.post("/api/v1/events", {}),
    ):
        assert answer.status_code == 403
        assert list(errors(answer)) == ["detail"]


def test_wrong_methods_addresses_and_bodies_have_the_same_shape(cast: Cast, api: Caller) -> None:
    caller = api(cast.adam)
    assert caller.put("/api/v1/contacts", {}).status_code == 405
    assert caller.get("/api/v1/events").status_code == 405
    for address in ("/api/v1/nothing", "/api/v1/contacts/0", "/api/v1/contacts/99999999999999999999999"):
        answer = caller.get(address)
        assert answer.status_code == 404
        errors(answer)
    for body in (b"{", b"\xff", b'{"email": NaN}', b"[" * 100_000, b'{"a":' * 50_000):
        answer = caller.generic(
            "POST",
            "/api/v1/contacts",
            body,  # type: ignore[arg-type]
            content_type="application/json",
        )
        assert answer.status_code == 400, body[:20]
        errors(answer)
    answer = caller.generic("POST", "/api/v1/contacts", "a=b", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    errors(answer)
    for body in (b'"text"', b"7", b"null", b"[]"):
        answer = caller.generic(
            "POST",
            "/api/v1/contacts",
            body,  # type: ignore[arg-type]
            content_type="application/json",
        )
        assert answer.status_code == 400
        errors(answer)


def test_a_body_of_more_than_500_kb_is_refused(cast: Cast, api: Caller) -> None:
    answer = api(cast.adam).post("/api/v1/contacts", {"first_name": "x" * 600_000})
    assert answer.status_code == 413
    errors(answer)


def test_a_token_has_its_own_allowance(cast: Cast, api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.REQUESTS_A_MINUTE", 2)
    rita, ravi = api(cast.rita), api(cast.ravi)
    assert [rita.get("/api/v1/contacts").status_code for _ in range(3)] == [200, 200, 429]
    answer = rita.get("/api/v1/contacts")
    assert answer["Retry-After"] == "60"
    errors(answer)
    assert ravi.get("/api/v1/contacts").status_code == 200


def test_guessing_tokens_is_slowed_down(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.WRONG_KEYS_A_MINUTE", 2)
    guesser = APIClient()
    guesser.credentials(HTTP_AUTHORIZATION="Bearer wnw_guess")
    assert [guesser.get("/api/v1/contacts").status_code for _ in range(3)] == [401, 401, 429]


def test_the_description_is_for_people_who_are_signed_in(cast: Cast, client: Client, api: Caller) -> None:
    assert client.get("/api/docs/").status_code == 302
    assert client.get("/api/schema/").status_code in {401, 403}
    assert api(cast.rita).get("/api/schema/").status_code == 200
    signed_in = client_of(cast.vera)
    page = signed_in.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in text
    assert text.count("<script src=") == text.count("<script")
    script = signed_in.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    schema = signed_in.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    assert {"/api/v1/events", "/api/v1/contacts", "/api/v1/contacts/{id}/score"} <= set(schema["paths"])


def test_the_description_is_made_without_warnings(cast: Cast) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache) == ({}, {})
    validate_schema(schema)  # type: ignore[no-untyped-call]
    operations = {one["operationId"] for path in schema["paths"].values() for one in path.values()}
    assert operations == {
        "record_events",
        "list_contacts",
        "create_contact",
        "get_contact",
        "change_contact",
        "disqualify_contact",
        "list_evidence",
        "record_evidence",
        "explain_score",
        "score_history",
        "get_forecast",
        "get_forecast_accuracy",
        "get_forecast_changes",
        "get_forecast_from_leads",
        "get_funnel",
        "get_funnel_cohorts",
        "get_funnel_comparison",
        "get_funnel_costs",
        "list_opportunities",
        "get_opportunity",
        "open_opportunity",
        "change_opportunity",
        "move_opportunity",
        "win_opportunity",
        "lose_opportunity",
        "reopen_opportunity",
        "merge_contact",
        "unmerge_contact",
        "list_duplicates",
        "decide_duplicate",
        "promote_contact",
        "list_hand_offs",
        "get_hand_off",
        "explain_assignment",
        "accept_hand_off",
        "reject_hand_off",
        "undo_promotion",
    }
