"""Settings → Stages."""

from typing import Any

import pytest

import pipeline.reference
from activities.models import Activity
from core.errors import Refused
from pipeline import queries, services
from pipeline.models import Opportunity, Pipeline, Stage, StageMove
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows


def names() -> list[str]:
    return [stage.name for stage in Stage.objects.filter(pipeline__name="Sales").order_by("position", "pk")]


START = ["New", "Discovery", "Proposal", "Negotiation", "Won", "Lost"]


def test_every_installation_starts_with_one_pipeline(cast: Cast) -> None:
    pipeline.reference.ensure()
    assert Pipeline.objects.count() == 1
    found = [(stage.name, stage.kind, stage.probability, stage.required_fields) for stage in Stage.objects.all()]
    assert found == [
        ("New", "open", 10, []),
        ("Discovery", "open", 25, []),
        ("Proposal", "open", 50, ["amount"]),
        ("Negotiation", "open", 75, ["amount", "expected_close"]),
        ("Won", "won", 100, []),
        ("Lost", "lost", 0, []),
    ]


def test_ensure_leaves_alone_what_people_have_changed(cast: Cast) -> None:
    Pipeline.objects.update(name="Our way")
    pipeline.reference.ensure()
    assert [row.name for row in Pipeline.objects.all()] == ["Our way"]


def test_a_new_stage_comes_before_won_and_lost(cast: Cast) -> None:
    services.add_stage(pipeline=rows.sales(), name="Legal", probability=90, rots_after_days=5)
    assert names() == [*START[:4], "Legal", "Won", "Lost"]
    services.add_stage(pipeline=rows.sales(), name="Signing", probability=95)
    assert names() == [*START[:4], "Legal", "Signing", "Won", "Lost"]
    with pytest.raises(Refused) as refused:
        services.add_stage(pipeline=rows.sales(), name="Legal", probability=90)
    assert list(refused.value.fields) == ["name"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 61),
        ("probability", 101),
        ("probability", -1),
        ("rots_after_days", 99999),
        ("required_fields", ["soul"]),
    ],
)
def test_wrong_values_are_refused_by_field(cast: Cast, field: str, value: Any) -> None:
    with pytest.raises(Refused) as refused:
        services.change_stage(stage=rows.stage("New"), **{field: value})
    assert list(refused.value.fields) == [field]


def test_won_and_lost_keep_their_probability(cast: Cast) -> None:
    services.change_stage(stage=rows.stage("Won"), name="Signed", probability=5, required_fields=["amount"])
    signed = rows.stage("Signed")
    assert (signed.probability, signed.required_fields) == (100, [])


def test_stages_change_places_among_the_open_ones(cast: Cast) -> None:
    assert services.shift_stage(stage=rows.stage("Proposal"), by=-1)
    assert names() == ["New", "Proposal", "Discovery", "Negotiation", "Won", "Lost"]
    assert not services.shift_stage(stage=rows.stage("New"), by=-1)
    assert not services.shift_stage(stage=rows.stage("Negotiation"), by=1)
    with pytest.raises(Refused):
        services.shift_stage(stage=rows.stage("Won"), by=-1)


def remove(name: str, cast: Cast, **more: Any) -> bool:
    return services.remove_stage(stage=rows.stage(name), now=NOW, actor=cast.mona, **more)


def test_a_stage_that_was_never_used_is_deleted(cast: Cast) -> None:
    assert not remove("Proposal", cast)
    assert "Proposal" not in names()
    for name in ("Won", "Lost"):
        with pytest.raises(Refused, match="always"):
            remove(name, cast)


def test_a_stage_with_history_is_archived_and_its_cards_move_in_their_order(cast: Cast) -> None:
    first = rows.opportunity(cast.rita, at="Discovery", position=10)
    second = rows.opportunity(cast.rita, at="Discovery", position=20)
    there = rows.opportunity(cast.rita, at="New", position=5)
    with pytest.raises(Refused, match="2 opportunities are in Discovery") as refused:
        remove("Discovery", cast)
    assert list(refused.value.fields) == ["move_to"]
    for wrong in ("Discovery", "Won"):
        with pytest.raises(Refused, match="another open stage"):
            remove("Discovery", cast, move_to=rows.stage(wrong))

    assert remove("Discovery", cast, move_to=rows.stage("New"))
    cards = Opportunity.objects.filter(stage=rows.stage("New")).order_by("position")
    assert [card.pk for card in cards] == [there.pk, first.pk, second.pk]
    assert [card.version for card in cards] == [1, 2, 2]
    moves = StageMove.objects.filter(opportunity=first).order_by("-pk")
    assert (moves[0].from_stage, moves[0].to_stage, moves[0].actor) == (
        rows.stage("Discovery"),
        rows.stage("New"),
        cast.mona,
    )
    told = Activity.objects.get(contact=second.contact, kind="stage", actor=cast.mona)
    assert (told.title, told.body) == (f"{second.name}: Discovery → New", "Discovery was archived.")
    assert rows.stage("Discovery").archived_at == NOW

    pipeline = queries.pipelines()[0]
    assert [stage.name for stage in queries.stages_of(pipeline)] == ["New", "Proposal", "Negotiation", "Won", "Lost"]
    with pytest.raises(Refused, match="is archived"):
        services.move(opportunity_id=there.pk, stage_id=rows.stage("Discovery").pk, actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="Bring it back"):
        services.add_stage(pipeline=pipeline, name="Discovery", probability=5)


def test_an_archived_stage_comes_back_before_won(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Discovery")
    remove("Discovery", cast, move_to=rows.stage("New"))
    assert services.bring_back_stage(stage=rows.stage("Discovery"))
    assert not services.bring_back_stage(stage=rows.stage("Discovery"))
    assert names() == ["New", "Proposal", "Negotiation", "Discovery", "Won", "Lost"]


def test_what_was_won_from_an_archived_stage_reopens_in_the_first(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Discovery")
    services.win(opportunity_id=card.pk, amount=5, closed_on=NOW.date(), actor=cast.rita, now=NOW)
    assert remove("Discovery", cast)
    reopened = services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW)
    assert reopened.stage.name == "New"


def test_the_last_open_stage_stays(cast: Cast) -> None:
    for name in START[:3]:
        remove(name, cast)
    with pytest.raises(Refused, match="needs an open stage"):
        remove("Negotiation", cast)


def test_what_was_deleted_meanwhile_is_a_sentence(cast: Cast) -> None:
    gone = rows.stage("Proposal")
    remove("Proposal", cast)
    with pytest.raises(Refused, match="no longer exists"):
        services.change_stage(stage=gone, name="Offer")
    with pytest.raises(Refused, match="no longer exists"):
        services.shift_stage(stage=gone, by=-1)
    assert not services.remove_stage(stage=gone, now=NOW, actor=cast.mona)


def test_the_settings_page(cast: Cast) -> None:
    client = client_of(cast.mona)
    page = client.get("/settings/stages/").content.decode()
    assert [name for name in START if name in page] == START
    sales, new = rows.sales(), rows.stage("New")
    given = {"name": "Legal", "probability": "90", "required_fields": ["amount"]}
    assert client.post(f"/settings/stages/add/{sales.pk}/", given).status_code == 302
    assert rows.stage("Legal").required_fields == ["amount"]
    assert client.post(f"/settings/stages/add/{sales.pk}/", given).status_code == 422
    assert client.post(f"/settings/stages/{new.pk}/", given | {"name": "Fresh"}).status_code == 302
    assert client.post(f"/settings/stages/{new.pk}/", given | {"name": "\0"}).status_code == 422
    assert client.post(f"/settings/stages/{new.pk}/shift/", {"to": "later"}).status_code == 302
    assert names()[:2] == ["Discovery", "Fresh"]
    rows.opportunity(cast.rita, at="Fresh")
    asked = client.get(f"/settings/stages/{new.pk}/delete/").content.decode()
    assert "1 opportunity is in it" in asked
    assert client.post(f"/settings/stages/{new.pk}/delete/").status_code == 422
    target = rows.stage("Proposal")
    assert client.post(f"/settings/stages/{new.pk}/delete/", {"move_to": "9" * 30}).status_code == 422
    assert client.post(f"/settings/stages/{new.pk}/delete/", {"move_to": target.pk}).status_code == 302
    assert "Archived stages" in client.get("/settings/stages/").content.decode()
    assert client.post(f"/settings/stages/{new.pk}/bring-back/").status_code == 302
    assert Stage.objects.get(pk=new.pk).archived_at is None
    assert client.get(f"/settings/stages/{new.pk}/bring-back/").status_code == 405
    legal = rows.stage("Legal")
    assert client.post(f"/settings/stages/{legal.pk}/delete/").status_code == 302
    assert not Stage.objects.filter(pk=legal.pk).exists()


def test_a_second_pipeline_has_the_usual_stages_and_its_own_facts(cast: Cast) -> None:
    client, team = client_of(cast.mona), cast.sven.team
    assert team is not None
    given = {"name": "Renewals", "team": team.pk, "currency": "usd"}
    answer = client.post("/settings/pipelines/new/", given)
    renewals = Pipeline.objects.get(name="Renewals")
    assert answer["Location"] == f"/settings/stages/?pipeline={renewals.pk}"
    assert (renewals.team, renewals.currency, renewals.position) == (team, "USD", 1)
    assert [stage.name for stage in renewals.stages.all()] == START
    page = client.get(answer["Location"]).content.decode()
    assert "for team South" in page
    assert f"/settings/stages/?pipeline={rows.sales().pk}" in page  # the way to the other one

    address = f"/settings/pipelines/{renewals.pk}/"
    assert 'value="Renewals"' in client.get(address).content.decode()
    assert client.post(address, {"name": "Growth", "team": "", "currency": "EUR"}).status_code == 302
    renewals.refresh_from_db()
    assert (renewals.name, renewals.team, renewals.currency) == ("Growth", None, "EUR")
    assert renewals.stages.count() == 6


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Sales"}, "There is a pipeline Sales already."),
        ({"name": "\0"}, ""),
        ({"name": "x" * 81}, ""),
        ({"currency": "€€€"}, "three-letter code"),
        ({"team": "9" * 30}, ""),
    ],
)
def test_a_wrong_pipeline_is_a_field_error(cast: Cast, wrong: dict[str, str], said: str) -> None:
    client = client_of(cast.mona)
    given = {"name": "Growth", "team": "", "currency": "EUR"} | wrong
    answer = client.post("/settings/pipelines/new/", given)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert [row.name for row in Pipeline.objects.all()] == ["Sales"]
    assert Stage.objects.count() == 6
    for who, status in (("rita", 403), ("vera", 403)):
        assert client_of(getattr(cast, who)).post("/settings/pipelines/new/", given).status_code == status


@pytest.mark.parametrize("who", ["rita", "mara", "vera"])
def test_others_may_not_change_stages(cast: Cast, who: str) -> None:
    client, new = client_of(getattr(cast, who)), rows.stage("New")
    assert client.get("/settings/stages/").status_code == 403
    assert client.post(f"/settings/stages/add/{new.pipeline_id}/", {"name": "X"}).status_code == 403
    for what in ("", "shift/", "delete/", "bring-back/"):
        assert client.post(f"/settings/stages/{new.pk}/{what}", {"name": "X", "to": "later"}).status_code == 403
    assert names() == START
