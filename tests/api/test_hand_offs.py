"""Hand-offs through the API: scoped by the token's owner, told once however often it is called."""

from typing import Any

import pytest
from django.utils import timezone

from leads.models import Evidence, Lifecycle, Standing
from leads.services import assign_owner
from pipeline.models import HandOff, Opportunity
from pipeline.services import save_terms
from tests import factories
from tests.api.conftest import errors
from tests.conftest import Cast
from tests.pipeline import rows
from tests.pipeline.rows import offer

pytestmark = pytest.mark.django_db
ALL = "/api/v1/hand-offs"


@pytest.fixture
def offered(cast: Cast) -> HandOff:
    """An offer to Rita, made just now."""
    save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    row = offer(now=timezone.now(), first_name="Elin", last_name="Brandt")
    assert row.rep == cast.rita
    return row


def test_list_and_read(api: Any, cast: Cast, offered: HandOff) -> None:
    mona = api(cast.mona)
    found = mona.get(ALL, {"state": "offered", "rep": cast.rita.email, "contact": offered.contact_id}).json()
    assert [row["id"] for row in found["results"]] == [offered.pk]
    row = found["results"][0]
    assert (row["state"], row["rep"], row["decided_by"], row["reason"]) == (
        "offered",
        {"name": "Rita", "email": cast.rita.email},
        None,
        "",
    )
    assert row["opportunity"] == offered.opportunity_id
    for nothing in ({"state": "accepted"}, {"rep": "none"}, {"contact": 10**9}):
        assert mona.get(ALL, nothing).json()["results"] == []
    one = mona.get(f"{ALL}/{offered.pk}").json()
    assert one["assignment"] == mona.get(f"{ALL}/{offered.pk}/assignment").json()
    chosen = [line["name"] for line in one["assignment"]["candidates"] if line["is_chosen"]]
    assert chosen == ["Rita"] and one["assignment"]["because"].endswith("Rita's turn")
    assert one["snapshot"]["judgement"]["definition"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [({"state": "lost"}, "state"), ({"rep": "x@y.example"}, "rep"), ({"contact": "9" * 30}, "contact")],
)
def test_filters_that_make_no_sense_are_named(api: Any, cast: Cast, query: dict[str, str], field: str) -> None:
    answer = api(cast.mona).get(ALL, query)
    assert answer.status_code == 400 and list(errors(answer)) == [field]


def test_who_may_what(api: Any, cast: Cast, offered: HandOff) -> None:
    for path, body in (("accept", {}), ("reject", {"reason": "no_need"}), ("undo", {})):
        address = f"{ALL}/{offered.pk}/{path}"
        assert api(cast.sven).post(address, body).status_code == 404  # of another team
        assert api(cast.vera).post(address, body).status_code in (401, 403)
        assert api(cast.mara).post(address, body).status_code == 403
        assert api(cast.rita).get(address).status_code == 405
    answer = api(cast.ravi).post(f"{ALL}/{offered.pk}/accept", {})
    assert answer.status_code == 400 and "offered to Rita" in errors(answer)["detail"]
    assert api(cast.sven).get(f"{ALL}/{offered.pk}").status_code == 404
    assert api(cast.sven).get(ALL).json()["results"] == []
    for beyond in (2**63, 10**30):
        assert api(cast.mona).get(f"{ALL}/{beyond}").status_code == 404
    offered.refresh_from_db()
    assert offered.is_open


def test_accepting_twice_is_accepting_once(api: Any, cast: Cast, offered: HandOff) -> None:
    rita = api(cast.rita)
    first = rita.post(f"{ALL}/{offered.pk}/accept", {}).json()
    assert (first["state"], first["decided_by"]["name"]) == ("accepted", "Rita")
    assert rita.post(f"{ALL}/{offered.pk}/accept", {}).json() == first
    late = rita.post(f"{ALL}/{offered.pk}/reject", {"reason": "no_need"})
    assert late.status_code == 409 and "accepted it already" in errors(late)["detail"]


def test_a_rejection_says_why_and_corrects_what_it_contradicts(api: Any, cast: Cast, offered: HandOff) -> None:
    rita, address = api(cast.rita), f"{ALL}/{offered.pk}/reject"
    for body, field in [
        ({}, "reason"),
        ({"reason": "weather"}, "reason"),
        ({"reason": "no_budget", "back_on": "2001-01-01"}, "back_on"),
        ({"reason": "no_budget", "note": "x" * 301}, "note"),
        ({"reason": "no_budget", "why": "none"}, "why"),
    ]:
        answer = rita.post(address, body)
        assert answer.status_code == 400 and list(errors(answer)) == [field], body
    said = rita.post(address, {"reason": "no_budget", "note": "Frozen until autumn.", "by": "visit"}).json()
    assert (said["state"], said["reason"], said["note"], said["opportunity"]) == (
        "rejected",
        "no_budget",
        "Frozen until autumn.",
        None,
    )
    evidence = Evidence.objects.get(contact=offered.contact_id, source="rejection")
    assert (evidence.criterion.key, evidence.verdict) == ("budget", "fails")
    assert rita.post(address, {"reason": "no_budget"}).json() == said


def test_a_contact_is_promoted_once(api: Any, cast: Cast) -> None:
    contact = rows.qualified(now=timezone.now())
    assign_owner([contact.pk], cast.rita)
    rita, address = api(cast.rita), f"/api/v1/contacts/{contact.pk}/promote"
    first = rita.post(address, {})
    assert first.status_code == 201
    again = rita.post(address, {})
    assert (again.status_code, again.json()) == (200, first.json())
    row = HandOff.objects.get(pk=first.json()["hand_off"])
    assert (row.promoted, row.is_override, first.json()["is_joined"]) == ("confirmed", False, False)
    assert Opportunity.objects.count() == 1


def test_an_override_needs_a_reason_and_is_undone(api: Any, cast: Cast) -> None:
    contact = factories.contact(now=timezone.now())
    assign_owner([contact.pk], cast.rita)
    rita, address = api(cast.rita), f"/api/v1/contacts/{contact.pk}/promote"
    answer = rita.post(address, {})
    assert answer.status_code == 400 and "no longer meet" in errors(answer)["detail"]
    assert api(cast.sven).post(address, {}).status_code == 404
    assert api(cast.mara).post(address, {}).status_code == 403
    made = rita.post(address, {"reason": "Their boss called me."}).json()
    row = HandOff.objects.get(pk=made["hand_off"])
    assert (row.is_override, row.snapshot["reason"]) == (True, "Their boss called me.")
    Opportunity.objects.filter(pk=made["opportunity"]).update(next_step="Send the offer")
    undo = f"{ALL}/{row.pk}/undo"
    answer = rita.post(undo, {})
    assert answer.status_code == 400 and "Send the offer" in errors(answer)["is_sure"]
    done = rita.post(undo, {"is_sure": True, "reason": "It was somebody else."}).json()
    assert (done["state"], done["note"]) == ("undone", "It was somebody else.")
    assert rita.post(undo, {}).json() == done
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD
    assert not Opportunity.objects.exists()


def test_the_list_costs_the_same_for_many(api: Any, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        offer(now=timezone.now())
    mona = api(cast.mona)
    mona.get(ALL)
    with django_assert_max_num_queries(6):
        assert len(mona.get(ALL).json()["results"]) == 12
