"""Opportunities opened, changed, moved, won and lost through the API: the rules are those of the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from activities.models import Notification
from leads.models import Evidence, Lifecycle, Standing
from leads.services import assign_owner
from pipeline import services
from pipeline.models import HandOff, Opportunity, StageMove, Turn
from tests import factories
from tests.api.conftest import errors, send
from tests.conftest import Cast
from tests.pipeline import rows

pytestmark = pytest.mark.django_db
ALL = "/api/v1/opportunities"


@pytest.fixture
def deal(cast: Cast) -> Opportunity:
    """One of Rita's, opened three weeks ago."""
    return rows.opportunity(cast.rita, name="Kestrel", opened=timezone.now() - timedelta(days=21))


def at(deal: Opportunity, what: str = "") -> str:
    return f"{ALL}/{deal.pk}{what and f'/{what}'}"


# --- open ---


def test_one_is_opened_with_all_that_is_known_and_only_once(api: Any, cast: Cast) -> None:
    services.save_competitor(name="Sandpiper")
    contact = factories.contact(now=timezone.now(), first_name="Elin", last_name="Brandt")
    assign_owner([contact.pk], cast.rita)
    given = {
        "contact": contact.pk,
        "pipeline": "sales",
        "reason": "Their boss called me.",
        "name": "Brandt & Sons",
        "amount": "1200.5",
        "expected_close": f"{timezone.now().date() + timedelta(days=30)}",
        "category": "commit",
        "priority": "high",
        "next_step": "Send the offer",
        "owner": cast.ravi.email,
        "tags": ["b", "a"],
        "competitors": ["sandpiper"],
        "co_owners": [cast.rita.email],
    }
    rita = api(cast.rita)
    first = rita.post(ALL, given, format="json")
    assert first.status_code == 201
    row = first.json()
    assert first["Location"].endswith(f"{ALL}/{row['id']}")
    assert (row["name"], row["amount"], row["category"], row["priority"]) == (
        "Brandt & Sons",
        "1200.50",
        "commit",
        "high",
    )
    assert (row["pipeline"], row["stage"], row["owner"]["email"]) == ("Sales", "New", cast.ravi.email)
    assert (row["tags"], row["competitors"], row["co_owners"][0]["name"]) == (["a", "b"], ["Sandpiper"], "Rita")
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.PROSPECT
    again = rita.post(ALL, given | {"name": "Another"}, format="json")
    assert (again.status_code, again.json()) == (200, row)
    assert Opportunity.objects.count() == 1


def test_it_goes_to_whoever_is_named_and_past_nobody_else(api: Any, cast: Cast) -> None:
    """Neither the contact's owner nor whose turn it is hears of it; nobody's turn is taken."""
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    for owner, reason in [(cast.rita, "They called."), (None, "")]:
        contact = rows.qualified(now=timezone.now())
        assign_owner([contact.pk], owner)
        given = {"contact": contact.pk, "owner": cast.ravi.email, "reason": reason, "priority": "high"}
        answer = api(cast.mona).post(ALL, given, format="json")
        assert answer.status_code == 201, answer.content
        assert (answer.json()["owner"]["email"], answer.json()["priority"]) == (cast.ravi.email, "high")
        hand_off = HandOff.objects.get(contact=contact)
        assert (hand_off.rep, hand_off.state) == (cast.ravi, "offered")
        assert hand_off.routing["because"] == "Mona gave it to Ravi"
        assert Standing.objects.get(pk=contact.pk).owner == cast.ravi
    assert not Turn.objects.exists()
    assert set(Notification.objects.values_list("user", flat=True)) == {cast.ravi.pk}


def test_a_lead_that_is_not_qualified_needs_a_reason(api: Any, cast: Cast) -> None:
    contact = factories.contact(now=timezone.now())
    answer = api(cast.rita).post(ALL, {"contact": contact.pk}, format="json")
    assert answer.status_code == 400 and "no longer meet" in errors(answer)["detail"]
    assert not Opportunity.objects.exists()
    qualified = rows.qualified(now=timezone.now())
    assert api(cast.rita).post(ALL, {"contact": qualified.pk}, format="json").status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"contact": None}, "contact"),
        ({"contact": 10**9}, "contact"),
        ({"contact": 10**30}, "contact"),
        ({"pipeline": "Nowhere"}, "pipeline"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "many"}, "amount"),
        ({"currency": "E1R"}, "currency"),
        ({"expected_close": "2150-01-01"}, "expected_close"),
        ({"priority": "urgent"}, "priority"),
        ({"category": "sure"}, "category"),
        ({"owner": "nobody@winnow.example"}, "owner"),
        ({"owner": "vera@winnow.example"}, "owner"),
        ({"tags": ["a, b"]}, "tags.0"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"competitors": ["Nobody"]}, "competitors"),
        ({"co_owners": ["nobody@winnow.example"]}, "co_owners"),
        ({"custom": {"colour": "red"}}, "custom"),
        ({"name": ""}, "name"),
        ({"name": "\0"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"stage": "Won"}, "stage"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_opened(api: Any, cast: Cast, wrong: dict[str, Any], field: str) -> None:
    contact = factories.contact(now=timezone.now())
    answer = send(api(cast.rita), ALL, {"contact": contact.pk, "reason": "They called.", "name": "A"} | wrong)
    assert answer.status_code == 400 and list(errors(answer)) == [field], answer.content
    assert not Opportunity.objects.exists()
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD


def test_whom_the_caller_does_not_see_is_nobody(api: Any, cast: Cast, deal: Opportunity) -> None:
    answer = api(cast.sven).post(ALL, {"contact": deal.contact_id, "reason": "Mine now."}, format="json")
    assert answer.status_code == 400 and list(errors(answer)) == ["contact"]
    # the contact is seen, what is sold to them is not
    assign_owner([deal.contact_id], cast.sven)
    answer = api(cast.sven).post(ALL, {"contact": deal.contact_id, "reason": "Mine now."}, format="json")
    assert answer.status_code == 400 and "do not see is selling" in errors(answer)["contact"]


# --- change ---


def test_only_what_is_sent_changes(api: Any, cast: Cast, deal: Opportunity) -> None:
    services.set_details(opportunity_id=deal.pk, tags="old", actor=cast.rita, now=timezone.now())
    rita = api(cast.rita)
    version = rita.get(at(deal)).json()["version"]
    row = rita.patch(at(deal), {"priority": "low", "next_step": "Call", "version": version}, format="json").json()
    assert (row["priority"], row["next_step"], row["tags"], row["amount"]) == ("low", "Call", ["old"], "1000.00")
    assert row["version"] == version + 1
    row = rita.patch(at(deal), {"amount": None, "tags": [], "version": version + 1}, format="json").json()
    assert (row["amount"], row["tags"], row["next_step"]) == (None, [], "Call")
    assert rita.patch(at(deal), {}, format="json").json() == row
    given_away = rita.patch(at(deal), {"owner": None}, format="json").json()
    assert given_away["owner"] is None
    assert Standing.objects.get(pk=deal.contact_id).owner is None


def test_who_comes_late_is_told_and_changes_nothing(api: Any, cast: Cast, deal: Opportunity) -> None:
    services.edit(opportunity_id=deal.pk, next_step="Call", actor=cast.ravi, now=timezone.now())
    rita = api(cast.rita)
    today = f"{timezone.now().date()}"
    late = {
        "": {"name": "Late"},
        "move": {"stage": "Discovery"},
        "win": {"amount": "5", "closed_on": today},
        "lose": {"reason": "price"},
    }
    before = rita.get(at(deal)).json()
    for what, body in late.items():
        call = rita.post if what else rita.patch
        answer = call(at(deal, what), body | {"version": 1}, format="json")
        assert answer.status_code == 409 and "changed this opportunity meanwhile" in errors(answer)["detail"], what
    answer = rita.patch(at(deal), {"tags": ["a"], "version": 1}, format="json")
    assert answer.status_code == 409
    assert rita.get(at(deal)).json() == before


def test_the_facts_of_a_closed_one_stay_and_its_tags_may_change(api: Any, cast: Cast, deal: Opportunity) -> None:
    rita = api(cast.rita)
    rita.post(at(deal, "lose"), {"reason": "price"}, format="json")
    answer = rita.patch(at(deal), {"name": "Other", "tags": ["a"]}, format="json")
    assert answer.status_code == 400 and "closed" in errors(answer)["detail"]
    row = rita.patch(at(deal), {"tags": ["a"]}, format="json").json()
    assert (row["name"], row["tags"]) == ("Kestrel", ["a"])


def test_the_amount_of_one_with_products_follows_them(api: Any, cast: Cast, deal: Opportunity) -> None:
    lines = [{"name": "Setup", "quantity": "1", "price": "70"}]
    services.set_items(opportunity_id=deal.pk, lines=lines, now=timezone.now())
    answer = api(cast.rita).patch(at(deal), {"amount": "5"}, format="json")
    assert answer.status_code == 400 and "follows the products" in errors(answer)["amount"]


# --- stages ---


def test_a_stage_asks_for_all_it_needs_and_takes_it_along(api: Any, cast: Cast, deal: Opportunity) -> None:
    services.save_gate(stage=rows.stage("Proposal"), criteria={"budget": "meets", "need": "weak"})
    services.edit(opportunity_id=deal.pk, amount=None, actor=cast.rita, now=timezone.now())
    rita, move = api(cast.rita), at(deal, "move")
    answer = rita.post(move, {"stage": "Proposal"}, format="json")
    assert answer.status_code == 400
    assert set(errors(answer)) == {"amount", "answers.budget", "answers.need"}
    answers = {"budget": {"verdict": "meets", "quote": "It is in the plan."}, "need": {"verdict": "weak", "quote": "?"}}
    wrong = rita.post(move, {"stage": "Proposal", "answers": {"colour": answers["need"]}}, format="json")
    assert list(errors(wrong)) == ["answers.colour"]
    wrong = rita.post(move, {"stage": "Proposal", "answers": {"need": {"verdict": "perhaps"}}}, format="json")
    assert set(errors(wrong)) == {"answers.need.verdict", "answers.need.quote"}
    assert not Evidence.objects.filter(contact=deal.contact_id).exists()
    row = rita.post(move, {"stage": "proposal", "amount": "500", "answers": answers}, format="json").json()
    assert (row["stage"], row["amount"]) == ("Proposal", "500.00")
    assert Evidence.objects.filter(contact=deal.contact_id).count() == 2
    # sent again it is no error, and nothing happens
    assert rita.post(move, {"stage": "Proposal", "version": 1}, format="json").json() == row
    assert StageMove.objects.filter(opportunity=deal).count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "stage"),
        ({"stage": "Nowhere"}, "stage"),
        ({"stage": "Won"}, "stage"),
        ({"stage": "Discovery", "pipeline": "Nowhere"}, "pipeline"),
        ({"stage": "Discovery", "amount": "-5"}, "amount"),
        ({"stage": "Discovery", "owner": "x"}, "owner"),
        ({"stage": "Discovery", "answers": {"\0": {"verdict": "meets", "quote": "x"}}}, "answers."),
        ({"stage": "Discovery", "answers": []}, "answers"),
    ],
)
def test_moves_that_cannot_be(api: Any, cast: Cast, deal: Opportunity, body: dict[str, Any], field: str) -> None:
    answer = send(api(cast.rita), at(deal, "move"), body)
    assert answer.status_code == 400 and list(errors(answer)) == [field], answer.content
    deal.refresh_from_db()
    assert deal.stage.name == "New"


def test_another_pipeline_has_to_be_named(api: Any, cast: Cast, deal: Opportunity) -> None:
    other = services.save_pipeline(name="Renewals", team=None, currency="EUR")
    services.add_stage(pipeline=other, name="First", probability=10)
    rita, move = api(cast.rita), at(deal, "move")
    assert list(errors(rita.post(move, {"stage": "First"}, format="json"))) == ["stage"]
    row = rita.post(move, {"stage": "First", "pipeline": "Renewals"}, format="json").json()
    assert (row["pipeline"], row["stage"]) == ("Renewals", "First")


def test_won_and_opened_again(api: Any, cast: Cast, deal: Opportunity) -> None:
    rita, win = api(cast.rita), at(deal, "win")
    tomorrow = f"{timezone.now().date() + timedelta(days=2)}"
    for body, field in [({}, "amount"), ({"amount": "5", "closed_on": tomorrow}, "closed_on")]:
        answer = rita.post(win, body, format="json")
        assert answer.status_code == 400 and list(errors(answer)) == [field]
    row = rita.post(win, {"amount": "900"}, format="json").json()
    assert (row["kind"], row["amount"]) == ("won", "900.00")
    assert rita.post(win, {"amount": "1"}, format="json").json() == row
    assert Standing.objects.get(pk=deal.contact_id).lifecycle == Lifecycle.CUSTOMER
    lost = rita.post(at(deal, "lose"), {"reason": "price"}, format="json")
    assert lost.status_code == 400 and "closed already" in errors(lost)["detail"]
    row = rita.post(at(deal, "reopen"), {}, format="json").json()
    assert (row["kind"], row["stage"], row["closed_at"]) == ("open", "New", None)
    assert rita.post(at(deal, "reopen"), {}, format="json").json() == row


def test_lost_for_a_reason_to_somebody(api: Any, cast: Cast, deal: Opportunity) -> None:
    services.save_competitor(name="Sandpiper")
    rita, lose = api(cast.rita), at(deal, "lose")
    for body, field in [
        ({}, "reason"),
        ({"reason": "weather"}, "reason"),
        ({"reason": "other"}, "note"),
        ({"reason": "price", "competitor": "Nobody"}, "competitor"),
        ({"reason": "price", "closed_on": "2001-01-01"}, "closed_on"),
    ]:
        answer = rita.post(lose, body, format="json")
        assert answer.status_code == 400 and list(errors(answer)) == [field], body
    row = rita.post(lose, {"reason": "competitor", "competitor": "sandpiper"}, format="json").json()
    assert (row["kind"], row["lost_reason"], row["lost_to"]) == ("lost", "competitor", "Sandpiper")
    assert rita.post(lose, {"reason": "price"}, format="json").json() == row


@pytest.mark.parametrize("with_version", [False, True])
@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("move", {"stage": "Discovery", "next_step": "Call"}),
        ("win", {"amount": "900"}),
        ("lose", {"reason": "price"}),
        ("reopen", {}),
    ],
)
def test_sent_twice_at_once_the_second_finds_it_done(
    api: Any, cast: Cast, deal: Opportunity, monkeypatch: Any, what: str, body: dict[str, Any], with_version: bool
) -> None:
    rita = api(cast.rita)
    if what == "reopen":
        rita.post(at(deal, "lose"), {"reason": "price"}, format="json")
    verb, done = getattr(services, what), []

    def meanwhile(**given: Any) -> Opportunity:  # the first call does it after the second has read the row
        verb(**given)
        done.append(rita.get(at(deal)).json())
        row: Opportunity = verb(**given)
        return row

    monkeypatch.setattr(services, what, meanwhile)
    version = {"version": rita.get(at(deal)).json()["version"]} if with_version else {}
    answer = rita.post(at(deal, what), body | version, format="json")
    assert (answer.status_code, [answer.json()]) == (200, done)


@pytest.mark.parametrize("with_version", [False, True])
def test_whoever_wanted_something_else_at_once_is_refused(
    api: Any, cast: Cast, deal: Opportunity, monkeypatch: Any, with_version: bool
) -> None:
    rita, lose = api(cast.rita), services.lose

    def meanwhile(**given: Any) -> Opportunity:
        services.win(
            opportunity_id=deal.pk, amount="5", closed_on=given["now"].date(), actor=cast.ravi, now=given["now"]
        )
        return lose(**given)

    monkeypatch.setattr(services, "lose", meanwhile)
    body = {"reason": "price"} | ({"version": 1} if with_version else {})
    assert rita.post(at(deal, "lose"), body, format="json").status_code == (409 if with_version else 400)
    assert rita.get(at(deal)).json()["kind"] == "won"


# --- who ---


def test_who_may_what(api: Any, cast: Cast, deal: Opportunity) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "move": {"stage": "Discovery"},
        "win": {"amount": "5"},
        "lose": {"reason": "price"},
        "reopen": {},
    }
    for what, body in bodies.items():
        address = at(deal, what)
        assert api(cast.sven).post(address, body, format="json").status_code == 404  # of another team
        assert api(cast.mara).post(address, body, format="json").status_code == 403
        assert api(cast.vera).post(address, body, format="json").status_code in (401, 403)
        assert api(cast.rita).get(address).status_code == 405
        assert api(cast.rita).post(f"{ALL}/{10**30}/{what}", body, format="json").status_code == 404
    assert api(cast.sven).patch(at(deal), {"name": "x"}, format="json").status_code == 404
    assert api(cast.mara).patch(at(deal), {"name": "x"}, format="json").status_code == 403
    assert api(cast.mara).post(ALL, {"contact": deal.contact_id}, format="json").status_code == 403
    assert api(cast.rita).delete(at(deal)).status_code == 405
    deal.refresh_from_db()
    assert (deal.version, deal.name) == (1, "Kestrel")
    # a team-mate may
    assert api(cast.ravi).post(at(deal, "move"), bodies["move"], format="json").json()["stage"] == "Discovery"


def test_the_list_is_filtered_by_priority(api: Any, cast: Cast, deal: Opportunity) -> None:
    rows.opportunity(cast.rita, name="Amber", priority="high")
    rita = api(cast.rita)
    found = rita.get(ALL, {"priority": "high"}).json()["results"]
    assert [row["name"] for row in found] == ["Amber"]
    assert list(errors(rita.get(ALL, {"priority": "urgent"}))) == ["priority"]
