"""What a stage asks for before a card enters, and how many a person should have in it."""

from datetime import timedelta
from typing import Any

import pytest

from activities.services import log_activity
from core.errors import Refused
from leads.models import Criterion, Evidence
from leads.services import record_evidence
from pipeline import queries, services
from pipeline.models import Opportunity, Stage
from pipeline.queries import Filters
from tests.budget import cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

HTMX = {"HX-Request": "true"}


def gate(stage: str = "Discovery", **asked: Any) -> Stage:
    return services.save_gate(stage=rows.stage(stage), **{"criteria": {}} | asked)


def answer(card: Opportunity, key: str, verdict: str, quote: str = "They said so") -> None:
    criterion = Criterion.objects.get(key=key)
    record_evidence(contact=card.contact, criterion=criterion, verdict=verdict, quote=quote, now=NOW)


def move(card: Opportunity, cast: Cast, to: str = "Discovery", **more: Any) -> Opportunity:
    return services.move(opportunity_id=card.pk, stage_id=rows.stage(to).pk, actor=cast.rita, now=NOW, **more)


def test_a_criterion_must_be_answered_well_enough(cast: Cast) -> None:
    gate(criteria={"budget": "weak", "need": "meets"})
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        move(card, cast)
    assert refused.value.fields == {
        "criterion-budget": "Discovery needs an answer for Budget (weak is enough); nobody has asked yet.",
        "criterion-need": "Discovery needs an answer for Need that meets it; nobody has asked yet.",
    }
    answer(card, "budget", "weak")
    answer(card, "need", "weak")
    with pytest.raises(Refused, match="Need that meets it; it is “weak”"):
        move(card, cast)
    answer(card, "need", "meets")
    assert move(card, cast).stage.name == "Discovery"


def test_answers_given_with_the_move_are_kept_only_when_it_goes_through(cast: Cast) -> None:
    gate(criteria={"budget": "meets"})
    services.change_stage(stage=rows.stage("Discovery"), required_fields=["next_step"])
    card = rows.opportunity(cast.rita)
    answers = {"budget": ("meets", "We have 20,000 for it.")}
    with pytest.raises(Refused) as refused:
        move(card, cast, answers=answers)
    assert list(refused.value.fields) == ["next_step"]
    assert not Evidence.objects.filter(contact=card.contact).exists()
    with pytest.raises(Refused) as refused:
        move(card, cast, answers={"budget": ("meets", "")}, next_step="Call")
    assert list(refused.value.fields) == ["criterion-budget-quote"]
    move(card, cast, answers=answers, next_step="Call")
    kept = Evidence.objects.get(contact=card.contact)
    assert (kept.verdict, kept.quote, kept.recorded_by) == ("meets", "We have 20,000 for it.", cast.rita)


def test_a_talk_with_any_of_its_people_within_the_days(cast: Cast) -> None:
    gate(talk="meeting", within_days=14)
    card = rows.opportunity(cast.rita)
    other = rows.opportunity(cast.rita).contact
    log: dict[str, Any] = {"kind": "meeting", "actor": cast.rita, "now": NOW}
    log_activity(contact=card.contact, at=NOW - timedelta(days=15), **log)
    log_activity(contact=card.contact, at=NOW, outcome="no_show", **log)
    with pytest.raises(Refused, match=r"a meeting in the last 14 days\. Log it on the page of") as refused:
        move(card, cast)
    assert list(refused.value.fields) == ["talk"]
    services.add_person(opportunity_id=card.pk, contact=other, now=NOW)
    log_activity(contact=other, at=NOW - timedelta(days=13), **log)
    assert move(card, cast).stage.name == "Discovery"


def test_only_those_of_whom_the_conditions_hold(cast: Cast) -> None:
    gate(conditions={"field": "contact.country", "op": "is", "value": "DE"})
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused, match="only for those of whom this holds: Country is DE"):
        move(card, cast)
    type(card.contact).objects.filter(pk=card.contact_id).update(country="DE")
    assert move(card, cast).stage.name == "Discovery"


def test_winning_asks_as_well_and_losing_never(cast: Cast) -> None:
    gate("Won", criteria={"authority": "meets"})
    card = rows.opportunity(cast.rita)
    won: dict[str, Any] = {"opportunity_id": card.pk, "closed_on": NOW.date(), "actor": cast.rita, "now": NOW}
    with pytest.raises(Refused) as refused:
        services.win(amount="", **won)
    assert list(refused.value.fields) == ["amount", "criterion-authority"]
    services.win(amount=5, answers={"authority": ("meets", "I sign it.")}, **won)
    lost = rows.opportunity(cast.rita)
    services.lose(opportunity_id=lost.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="needs a reason"):
        gate("Lost")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"criteria": {"soul": "meets"}}, "criterion-soul"),
        ({"criteria": {"budget": "great"}}, "criterion-budget"),
        ({"talk": "dream"}, "talk"),
        ({"talk": "call", "within_days": 0}, "within_days"),
        ({"conditions": {"field": "contact.shoe", "op": "is", "value": "9"}}, "conditions"),
        ({"most_each": 0}, "most_each"),
    ],
)
def test_a_gate_that_nobody_can_pass_is_refused(cast: Cast, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        gate(**asked)
    assert list(refused.value.fields) == [field]
    assert rows.stage("Discovery").gate == {}


def test_the_dialog_of_a_move_asks_for_criteria_too(cast: Cast) -> None:
    gate("Proposal", criteria={"budget": "meets"}, talk="call")
    card, stage = rows.opportunity(cast.rita, amount=None), rows.stage("Proposal")
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/move/"
    refused = client.post(address, {"stage": stage.pk, "version": 1}, headers=HTMX)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'name="amount"' in page and 'name="criterion-budget"' in page and 'name="criterion-budget-quote"' in page
    assert "Proposal needs a call in which somebody talked in the last 30 days" in page
    assert 'name="expected_close"' not in page and '<option value="weak"' not in page
    services.save_gate(stage=stage, criteria={"budget": "meets"}, talk="")
    given = {"stage": stage.pk, "version": 1, "amount": "900", "criterion-budget": "meets"}
    without_words = client.post(address, given, headers=HTMX)
    assert without_words.status_code == 422
    assert "a verdict needs something behind it" in without_words.content.decode()
    assert client.post(address, given | {"criterion-budget": "fails"}, headers=HTMX).status_code == 422
    moved = client.post(address, given | {"criterion-budget-quote": "It is signed off."}, headers=HTMX)
    assert moved.status_code == 200
    assert Opportunity.objects.get(pk=card.pk).stage == stage
    assert Evidence.objects.get(contact=card.contact).quote == "It is signed off."


def test_the_dialog_of_a_win_asks_for_what_is_missing(cast: Cast) -> None:
    gate("Won", criteria={"authority": "meets", "need": "weak"})
    card = rows.opportunity(cast.rita)
    answer(card, "need", "weak")
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/win/"
    page = client.get(address).content.decode()
    assert 'name="criterion-authority"' in page and 'name="criterion-need"' not in page
    given = {"amount": "10", "closed_on": Opportunity.objects.get(pk=card.pk).created_at.date(), "version": 1}
    assert client.post(address, given).status_code == 422
    given |= {"criterion-authority": "meets", "criterion-authority-quote": "I sign."}
    assert client.post(address, given).status_code == 302
    assert Opportunity.objects.get(pk=card.pk).stage.kind == "won"


def test_too_many_are_let_through_and_said(cast: Cast) -> None:
    gate(most_each=1)
    rows.opportunity(cast.rita, at="Discovery")
    rows.opportunity(cast.ravi, at="Discovery")
    card = rows.opportunity(cast.rita)
    response = client_of(cast.rita).post(
        f"/opportunities/{card.pk}/move/", {"stage": rows.stage("Discovery").pk, "version": 1}, headers=HTMX
    )
    assert response.status_code == 200
    assert "Rita now has 2 in Discovery, which is meant for 1 each." in response.headers["HX-Trigger"]
    board = queries.board(cast.mona, rows.sales(), Filters(), now=NOW)
    crowd = next(column.crowd for column in board.columns if column.stage.name == "Discovery")
    assert crowd is not None and (crowd.most, crowd.over, crowd.words) == (1, [("Rita", 2)], "Rita 2")
    assert "1 over 1" in client_of(cast.rita).get("/pipeline/").content.decode()
    assert not any(column.crowd for column in board.columns if column.stage.name != "Discovery")


def test_the_board_costs_one_query_more_however_many_are_over(cast: Cast) -> None:
    def read() -> object:
        return queries.board(cast.mona, rows.sales(), Filters(), now=NOW)

    rows.opportunity(cast.rita, at="Discovery")
    before = cost(read)
    gate(most_each=1)
    gate("New", most_each=2)
    for owner in (cast.rita, cast.ravi, cast.sven):
        for _ in range(3):
            rows.opportunity(owner, at="Discovery")
    assert cost(read) == before + 1


def test_settings_say_what_a_stage_asks_for(cast: Cast) -> None:
    client, address = client_of(cast.mona), f"/settings/stages/{rows.stage('Discovery').pk}/gate/"
    assert client.get(address).status_code == 200
    given = {"criterion-budget": "weak", "talk": "meeting", "within_days": "10", "is_for_all": "on", "most_each": "8"}
    wrong = client.post(address, given | {"within_days": "9999"})
    assert wrong.status_code == 422
    assert client.post(address, given).status_code == 302
    stage = rows.stage("Discovery")
    assert stage.gate == {"criteria": {"budget": "weak"}, "talk": "meeting", "within_days": 10}
    assert stage.most_each == 8
    page = client.get("/settings/stages/").content.decode()
    assert "Budget (weak is enough), a meeting in the last 10 days" in page and "meant for 8 each" in page
    again = client.get(address).content.decode()
    assert '<option value="weak" selected>' in again
    assert client.post(address, {"is_for_all": "on"}).status_code == 302
    assert rows.stage("Discovery").gate == {}
    assert client.get(f"/settings/stages/{rows.stage('Lost').pk}/gate/").status_code == 404
