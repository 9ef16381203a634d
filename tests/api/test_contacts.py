"""Contacts, evidence, score and opportunities over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from leads.models import Company, Contact, CustomField, Evidence, Lifecycle, LifecycleChange, Standing
from leads.services import enter_lifecycle
from tests import factories
from tests.api.conftest import Caller, errors, send
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast, api: Caller) -> APIClient:
    return api(cast.mara)


ADA = {
    "first_name": "Ada",
    "last_name": "Nowak",
    "email": "ada@acme.example",
    "phone": "+49 30 901820",
    "job_title": "CTO",
    "country": "de",
    "company": "Acme",
    "tags": ["fair", "Berlin"],
    "owner": "rita@winnow.example",
}


def test_a_contact_is_made_with_everything_and_shown_the_same(caller: APIClient) -> None:
    answer = caller.post("/api/v1/contacts", ADA)
    assert answer.status_code == 201
    made = answer.json()
    contact = Contact.objects.get()
    assert answer["Location"] == f"http://testserver/api/v1/contacts/{contact.pk}"
    assert {name: made[name] for name in ("first_name", "email", "country", "lifecycle", "source", "tags")} == {
        "first_name": "Ada",
        "email": "ada@acme.example",
        "country": "DE",
        "lifecycle": "lead",
        "source": "api",
        "tags": ["Berlin", "fair"],
    }
    assert made["company"] == {"id": Company.objects.get().pk, "name": "Acme", "domain": "acme.example"}
    assert made["owner"] == {"name": "Rita", "email": "rita@winnow.example"}
    assert made["score"] is None
    assert caller.get(f"/api/v1/contacts/{contact.pk}").json() == made


def test_an_address_is_somebodys_once(caller: APIClient) -> None:
    caller.post("/api/v1/contacts", ADA)
    answer = caller.post("/api/v1/contacts", {"email": "ADA@acme.example"})
    assert answer.status_code == 400
    assert list(errors(answer)) == ["email"]
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "detail"),
        ({"email": "nobody"}, "email"),
        ({"email": ["a@b.example"]}, "email"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"first_name": "x" * 400_000}, "first_name"),
        ({"first_name": "a\0"}, "first_name"),
        ({"first_name": {"a": 1}}, "first_name"),
        ({"first_name": "\ud800"}, "first_name"),
        ({"first_name": "A", "country": "Atlantis"}, "country"),
        ({"first_name": "A", "country": "7X"}, "country"),
        ({"first_name": "A", "owner": "nobody@winnow.example"}, "owner"),
        ({"first_name": "A", "owner": "vera@winnow.example"}, "owner"),
        ({"first_name": "A", "tags": "fair"}, "tags"),
        ({"first_name": "A", "tags": ["x" * 41]}, "tags.0"),
        ({"first_name": "A", "custom": {"nope": 1}}, "custom"),
        ({"first_name": "A", "custom": "x"}, "custom"),
        ({"first_name": "A", "source": "space"}, "source"),
        ({"first_name": "A", "lifecycle": "customer"}, "lifecycle"),
        ({"first_name": "A", "company": "x" * 201}, "company"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(caller: APIClient, wrong: dict[str, Any], field: str) -> None:
    answer = send(caller, "/api/v1/contacts", wrong)
    assert answer.status_code == 400
    assert list(errors(answer)) == [field]
    assert not Contact.objects.exists()
    assert not Company.objects.exists()


@pytest.mark.parametrize(
    ("custom", "field"),
    [
        ({"fleet": {"deep": [1]}}, "custom.fleet"),
        ({"fleet": 10**400}, "custom.fleet"),
        ({"fleet": True}, "custom.fleet"),
        ({"since": "soon\0"}, "custom.since"),
        ({"tier": "\ud800"}, "custom.tier"),
        ({"erp": ["SAP"]}, "custom.erp"),
        ({"erp": "x" * 1001}, "custom.erp"),
        ({"lost\0": 1}, "custom"),
    ],
)
def test_a_custom_value_of_another_type_is_named(caller: APIClient, custom: dict[str, Any], field: str) -> None:
    for number, (key, type_) in enumerate(
        {"fleet": "number", "since": "date", "tier": "choice", "erp": "text"}.items()
    ):
        CustomField.objects.create(key=key, label=key, type=type_, options=["A", "B"], position=number)
    answer = send(caller, "/api/v1/contacts", {"first_name": "A", "custom": custom})
    assert answer.status_code == 400
    assert list(errors(answer)) == [field]
    assert not Contact.objects.exists()


def test_a_custom_number_beyond_all_numbers_and_text_that_needs_cleaning(caller: APIClient) -> None:
    CustomField.objects.create(key="fleet", label="Fleet", type="number")
    CustomField.objects.create(key="erp", label="ERP", position=1)
    body = '{"first_name": "A", "custom": {"fleet": 1e400}}'
    answer = caller.generic("POST", "/api/v1/contacts", body, content_type="application/json")
    assert (answer.status_code, list(errors(answer))) == (400, ["custom.fleet"])
    answer = send(caller, "/api/v1/contacts", {"first_name": "A", "custom": {"erp": " S\0A\ud800P ", "fleet": 1.5}})
    assert answer.status_code == 201
    assert answer.json()["custom"] == {"erp": "SAP", "fleet": 1.5}


def test_names_of_all_sorts(caller: APIClient) -> None:
    answer = caller.post("/api/v1/contacts", {"first_name": "😀", "last_name": "שלום"})
    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("😀", "שלום")


def test_a_change_leaves_the_rest(caller: APIClient) -> None:
    CustomField.objects.create(key="size", label="Size")
    pk = caller.post("/api/v1/contacts", ADA).json()["id"]
    changed = caller.patch(
        f"/api/v1/contacts/{pk}", {"job_title": "CEO", "owner": None, "tags": ["fair", "hot"], "custom": {"size": "L"}}
    )
    assert changed.status_code == 200
    now = changed.json()
    assert (now["first_name"], now["job_title"], now["owner"], now["tags"]) == ("Ada", "CEO", None, ["fair", "hot"])
    assert now["custom"] == {"size": "L"}
    assert now["company"]["name"] == "Acme"


def test_a_wrong_change_changes_nothing(caller: APIClient) -> None:
    pk = caller.post("/api/v1/contacts", ADA).json()["id"]
    for wrong, field in (
        ({"email": "x", "job_title": "CEO"}, "email"),
        ({"job_title": "CEO", "owner": "x@y.example"}, "owner"),
    ):
        answer = caller.patch(f"/api/v1/contacts/{pk}", wrong)
        assert answer.status_code == 400
        assert list(errors(answer)) == [field]
    assert Contact.objects.get().job_title == "CTO"


def test_delete_disqualifies_and_keeps_what_happened(caller: APIClient) -> None:
    pk = caller.post("/api/v1/contacts", ADA).json()["id"]
    for _ in range(2):
        answer = caller.delete(f"/api/v1/contacts/{pk}")
        assert (answer.status_code, answer.json()["lifecycle"]) == (200, "disqualified")
    assert [change.to_stage for change in LifecycleChange.objects.all()] == ["lead", "disqualified"]


@pytest.mark.parametrize(("stage", "word"), [("prospect", "Lose it with a reason first"), ("customer", "A customer")])
def test_whoever_is_sold_to_or_has_bought_is_not_deleted(caller: APIClient, stage: str, word: str) -> None:
    pk = caller.post("/api/v1/contacts", ADA).json()["id"]
    enter_lifecycle(pk, Lifecycle(stage), now=timezone.now())
    answer = caller.delete(f"/api/v1/contacts/{pk}")
    assert (answer.status_code, word in answer.content.decode()) == (400, True)
    assert Standing.objects.get(pk=pk).lifecycle == stage


def test_each_role_sees_its_own(cast: Cast, api: Caller) -> None:
    norths, souths, nobodys = (factories.contact(owner=owner) for owner in (cast.ravi, cast.sven, None))

    def seen(user: Any) -> set[int]:
        return {row["id"] for row in api(user).get("/api/v1/contacts").json()["results"]}

    assert seen(cast.rita) == {norths.pk, nobodys.pk}
    assert seen(cast.sven) == {souths.pk, nobodys.pk}
    assert seen(cast.mara) == seen(cast.vera) == seen(cast.mona) == {norths.pk, souths.pk, nobodys.pk}
    rita = api(cast.rita)
    for answer in (
        rita.get(f"/api/v1/contacts/{souths.pk}"),
        rita.patch(f"/api/v1/contacts/{souths.pk}", {"first_name": "X"}),
        rita.delete(f"/api/v1/contacts/{souths.pk}"),
        rita.get(f"/api/v1/contacts/{souths.pk}/score"),
        rita.get(f"/api/v1/contacts/{souths.pk}/evidence"),
        rita.post(f"/api/v1/contacts/{souths.pk}/evidence", {"criterion": "budget"}),
    ):
        assert answer.status_code == 404
        errors(answer)


def test_pages_follow_each_other_and_new_rows_shift_nothing(caller: APIClient) -> None:
    made = [factories.contact().pk for _ in range(5)]
    first = caller.get("/api/v1/contacts?limit=2").json()
    factories.contact()
    second = caller.get(first["next"]).json()
    third = caller.get(second["next"]).json()
    pks = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert pks == made[::-1]
    assert third["next"] is None


def test_the_list_costs_the_same_for_few_and_for_many(caller: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(20):
        caller.post("/api/v1/contacts", {"first_name": f"P{number}", "tags": ["fair"], "company": f"C{number}"})
    caller.get("/api/v1/contacts")
    for limit in (2, 20):
        with django_assert_num_queries(3):  # the token, the rows, the names of the tags
            assert len(caller.get(f"/api/v1/contacts?limit={limit}").json()["results"]) == limit


def test_filters_find_what_they_say(cast: Cast, caller: APIClient) -> None:
    ada = factories.contact(email="ada@acme.example", owner=cast.rita)
    bo = factories.contact(email="bo@acme.example")
    Contact.objects.filter(pk=bo.pk).update(updated_at=timezone.now() - timedelta(days=3))
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()

    def found(**query: str) -> list[int]:
        return [row["id"] for row in caller.get("/api/v1/contacts", query).json()["results"]]

    assert found(email="ADA+news@ACME.example") == [ada.pk]
    assert found(owner="rita@winnow.example") == [ada.pk]
    assert found(owner="none") == [bo.pk]
    assert found(updated_since=yesterday) == [ada.pk]
    assert found(lifecycle="lead") == [bo.pk, ada.pk]
    assert found(lifecycle="customer") == []


@pytest.mark.parametrize(
    "query",
    [
        {"email": "x"},
        {"email": "\0"},
        {"lifecycle": "x"},
        {"owner": "x\0"},
        {"updated_since": "x"},
        {"updated_since": "2026-99-01T00:00:00Z"},
        {"cursor": "x"},
        {"cursor": "W10"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "9" * 100},
        {"limit": "²"},
    ],
)
def test_wrong_questions_are_answered_by_name(caller: APIClient, query: dict[str, str]) -> None:
    answer = caller.get("/api/v1/contacts", query)
    assert answer.status_code == 400
    assert list(errors(answer)) == list(query)


def test_evidence_is_recorded_and_listed(cast: Cast, caller: APIClient) -> None:
    contact = factories.contact()
    answer = caller.post(
        f"/api/v1/contacts/{contact.pk}/evidence",
        {
            "criterion": "budget",
            "verdict": "meets",
            "amount": "20000.00",
            "quote": "20k are set aside",
            "confidence": 80,
        },
    )
    assert answer.status_code == 201
    row = Evidence.objects.get()
    assert (row.contact_id, row.recorded_by_id, row.source, row.confidence) == (contact.pk, cast.mara.pk, "api", 80)
    assert answer.json()["amount"] == "20000.00"
    assert caller.get(f"/api/v1/contacts/{contact.pk}/evidence").json() == [answer.json()]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"criterion": "mood"}, "criterion"),
        ({"verdict": "perhaps"}, "verdict"),
        ({"quote": ""}, "quote"),
        ({"quote": "x" * 5001}, "quote"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"on_date": "soon"}, "on_date"),
        ({"confidence": 101}, "confidence"),
        ({"observed_at": "2999-01-01T00:00:00Z"}, "observed_at"),
    ],
)
def test_wrong_evidence_is_named_and_not_stored(caller: APIClient, wrong: dict[str, Any], field: str) -> None:
    contact = factories.contact()
    answer = caller.post(
        f"/api/v1/contacts/{contact.pk}/evidence", {"criterion": "budget", "verdict": "meets", "quote": "yes"} | wrong
    )
    assert answer.status_code == 400
    assert list(errors(answer)) == [field]
    assert not Evidence.objects.exists()


def test_the_score_is_explained_by_lines_that_add_up(caller: APIClient) -> None:
    contact = factories.contact(now=timezone.now())
    factories.event(contact, "page_view", now=timezone.now(), path="/pricing")
    answer = caller.get(f"/api/v1/contacts/{contact.pk}/score").json()
    assert answer["contact"] == contact.pk
    assert answer["total"] == answer["fit"] + sum(answer["categories"].values())
    assert answer["lines"]


def test_opportunities_can_be_read_by_who_may_see_them(cast: Cast, api: Caller) -> None:
    from pipeline.models import Opportunity, Pipeline, Stage

    stage = Stage.objects.order_by("pk").first()
    assert stage is not None
    rows = [
        Opportunity.objects.create(
            pipeline=Pipeline.objects.get(pk=stage.pipeline_id),
            stage=stage,
            name=f"Deal of {owner}",
            contact=factories.contact(owner=owner),
            owner=owner,
            amount="100.50",
            stage_entered_at=timezone.now(),
            created_at=timezone.now(),
        )
        for owner in (cast.rita, cast.sven)
    ]
    rita = api(cast.rita)
    found = rita.get("/api/v1/opportunities?state=open").json()["results"]
    assert [(row["id"], row["amount"], row["owner"]["name"]) for row in found] == [(rows[0].pk, "100.50", "Rita")]
    assert rita.get(f"/api/v1/opportunities/{rows[0].pk}").json() == found[0]
    assert rita.get(f"/api/v1/opportunities/{rows[1].pk}").status_code == 404
    assert rita.get("/api/v1/opportunities?state=open&limit=x").status_code == 400
    assert rita.get("/api/v1/opportunities?state=x").status_code == 400
    assert len(api(cast.mona).get("/api/v1/opportunities").json()["results"]) == 2


def test_a_rep_gives_contacts_only_to_the_own_team(cast: Cast, api: Caller) -> None:
    contact = factories.contact(owner=cast.rita)
    rita, mona = api(cast.rita), api(cast.mona)
    address = f"/api/v1/contacts/{contact.pk}"
    answer = rita.patch(address, {"owner": cast.sven.email})
    assert (answer.status_code, list(errors(answer))) == (400, ["owner"])
    assert rita.post("/api/v1/contacts", {"first_name": "A", "owner": cast.sven.email}).status_code == 400
    assert Standing.objects.get().owner == cast.rita
    assert rita.patch(address, {"owner": cast.ravi.email}).json()["owner"]["email"] == cast.ravi.email
    assert mona.patch(address, {"owner": cast.sven.email}).json()["owner"]["email"] == cast.sven.email


def test_whose_address_it_is_hears_only_who_may_see_them(cast: Cast, api: Caller) -> None:
    theirs = factories.contact(email="ada@acme.example", owner=cast.sven)
    mine = factories.contact(owner=cast.rita)
    for user, told in ((cast.rita, False), (cast.mona, True)):
        client = api(user)
        for answer in (
            client.post("/api/v1/contacts", {"email": "ada@acme.example", "company": "Orphan"}),
            client.patch(f"/api/v1/contacts/{mine.pk}", {"email": "ada@acme.example", "company": "Orphan"}),
        ):
            assert answer.status_code == 400
            assert list(errors(answer)) == ["email"]
            assert (str(theirs.pk) in errors(answer)["email"]) is told
    assert not Company.objects.exists()
