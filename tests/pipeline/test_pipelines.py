"""Several ways of selling: from one to the other, and one that is no longer used."""

from datetime import timedelta
from typing import Any

import pytest

from activities.models import Activity
from core.errors import Refused
from leads.models import Evidence
from pipeline import queries, services
from pipeline.models import Opportunity, Pipeline, Stage, StageMove
from pipeline.services.handover import pipeline_for
from reports.services.outlook import read
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows


@pytest.fixture
def renewals(cast: Cast) -> Pipeline:
    return services.save_pipeline(name="Renewals", team=None, currency="EUR")


def stage_of(pipeline: Pipeline, name: str = "New") -> Stage:
    return Stage.objects.get(pipeline=pipeline, name=name)


def go(card: Opportunity, to: Stage, cast: Cast, **more: Any) -> Opportunity:
    return services.move(opportunity_id=card.pk, stage_id=to.pk, across=True, actor=cast.rita, now=NOW, **more)


def test_an_opportunity_goes_to_another_pipeline(cast: Cast, renewals: Pipeline) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", at="Negotiation", expected_close=NOW.date())
    with pytest.raises(Refused, match="another pipeline"):
        services.move(opportunity_id=card.pk, stage_id=stage_of(renewals).pk, actor=cast.rita, now=NOW)
    moved = go(card, stage_of(renewals), cast)
    assert (moved.pipeline, moved.stage, moved.stage_entered_at) == (renewals, stage_of(renewals), NOW)
    kept = StageMove.objects.filter(opportunity=card).latest("pk")
    assert (kept.from_stage, kept.to_stage) == (rows.stage("Negotiation"), stage_of(renewals))
    assert Activity.objects.get(contact=card.contact, kind="stage").title == "Kestrel: Negotiation → Renewals, New"
    # what it did in the other pipeline is no step of this one
    deals = read("EUR", (NOW + timedelta(days=1)).date()).deals
    assert [len(deal.visits) for deal in deals[renewals.pk]] == [1]


def test_nobody_has_two_in_a_pipeline(cast: Cast, renewals: Pipeline) -> None:
    there = rows.opportunity(cast.rita, stage=stage_of(renewals))
    card = rows.opportunity(cast.rita, contact=there.contact)
    with pytest.raises(Refused, match="an open opportunity in Renewals already"):
        go(card, stage_of(renewals), cast)
    assert Opportunity.objects.get(pk=card.pk).pipeline == rows.sales()


def test_the_dialog_asks_what_the_other_stage_needs(cast: Cast, renewals: Pipeline) -> None:
    services.save_gate(stage=stage_of(renewals, "Proposal"), criteria={"need": "weak"})
    card = rows.opportunity(cast.rita, amount=None)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/transfer/"
    page = client.get(address).content.decode()
    assert '<optgroup label="Renewals">' in page and '<optgroup label="Sales">' not in page
    given = {"stage": stage_of(renewals, "Proposal").pk, "version": "1"}
    asked = client.post(address, given)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert "Proposal needs an amount" in page and 'name="criterion-need-quote"' in page
    assert client.post(address, {"stage": rows.stage("Discovery").pk}).status_code == 422
    assert client.post(address, {"stage": "9" * 30}).status_code == 422
    given |= {"amount": "70", "criterion-need": "weak", "criterion-need-quote": "It hurts a little."}
    assert client.post(address, given | {"version": "7"}).status_code == 409
    assert client.post(address, given).status_code == 302
    card.refresh_from_db()
    assert card.pipeline == renewals
    assert card.amount == 70
    assert Evidence.objects.get(contact=card.contact).verdict == "weak"
    # with a single pipeline there is nowhere to go
    assert "transfer" in client.get(f"/opportunities/{card.pk}/").content.decode()


def retire(pipeline: Pipeline, cast: Cast, **more: Any) -> int:
    return services.retire_pipeline(pipeline=pipeline, now=NOW, actor=cast.mona, **more)


def test_a_pipeline_goes_out_of_use_and_what_is_open_moves(cast: Cast, renewals: Pipeline) -> None:
    second = rows.opportunity(cast.rita, stage=stage_of(renewals, "Discovery"))
    first = rows.opportunity(cast.rita, stage=stage_of(renewals))
    lost = rows.opportunity(cast.rita, stage=stage_of(renewals))
    services.lose(opportunity_id=lost.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="2 opportunities are open in Renewals") as refused:
        retire(renewals, cast)
    assert list(refused.value.fields) == ["move_to"]
    for wrong in (stage_of(renewals), stage_of(rows.sales(), "Won")):
        with pytest.raises(Refused, match="open stage of another"):
            retire(renewals, cast, move_to=wrong)
    assert retire(renewals, cast, move_to=rows.stage("Discovery")) == 2
    order = Opportunity.objects.open().filter(stage=rows.stage("Discovery")).order_by("position")
    assert [(row.pk, row.pipeline, row.version) for row in order] == [
        (first.pk, rows.sales(), 2),
        (second.pk, rows.sales(), 2),
    ]
    assert [one.name for one in queries.pipelines()] == ["Sales"]
    assert [one.name for one in queries.pipelines(retired=True)] == ["Sales", "Renewals"]
    assert pipeline_for(None) == rows.sales()
    with pytest.raises(Refused, match="out of use"):
        services.reopen(opportunity_id=lost.pk, actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="out of use"):
        go(first, stage_of(renewals), cast)
    with pytest.raises(Refused, match="only pipeline in use"):
        retire(rows.sales(), cast)
    assert services.bring_back_pipeline(pipeline=renewals) and not services.bring_back_pipeline(pipeline=renewals)
    assert services.reopen(opportunity_id=lost.pk, actor=cast.rita, now=NOW).pipeline == renewals


def test_two_of_one_person_stop_it(cast: Cast, renewals: Pipeline) -> None:
    here = rows.opportunity(cast.rita, name="Here")
    rows.opportunity(cast.rita, name="There", stage=stage_of(renewals), contact=here.contact)
    with pytest.raises(Refused, match="Some have an open opportunity in Sales as well: Here"):
        retire(renewals, cast, move_to=rows.stage("New"))
    assert Pipeline.objects.get(pk=renewals.pk).archived_at is None


def test_the_settings_page_takes_it_out_and_brings_it_back(cast: Cast, renewals: Pipeline) -> None:
    rows.opportunity(cast.rita, stage=stage_of(renewals))
    client = client_of(cast.mona)
    address = f"/settings/pipelines/{renewals.pk}/retire/"
    page = client.get(address).content.decode()
    assert (
        "1 opportunity is open in it, to be moved" in page
        and "Sales: Discovery" in page
        and "Renewals: New" not in page
    )
    assert client.post(address).status_code == 422
    assert client.post(address, {"move_to": rows.stage("Discovery").pk}).status_code == 302
    page = client.get("/settings/stages/").content.decode()
    assert "Pipelines out of use" in page
    assert client.get("/pipeline/").content.decode().count("Renewals") == 0
    assert client.get(f"/pipeline/?pipeline={renewals.pk}").status_code == 200
    assert "Renewals" in client.get("/pipeline/list/?state=all").content.decode()
    assert client.post(f"/settings/pipelines/{renewals.pk}/bring-back/").status_code == 302
    assert Pipeline.objects.get(pk=renewals.pk).archived_at is None
