"""Several opportunities changed at once, one moved, and both undone."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.errors import Refused
from leads.models import Standing
from leads.services import assign_owner
from pipeline import services
from pipeline.models import BoardChange, Opportunity, StageMove
from pipeline.tasks import forget_board_changes
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

FACTS = ("stage", "stage_entered_at", "position", "owner", "amount", "expected_close", "next_step", "next_step_on")
HTMX = {"HX-Request": "true"}


def facts(opportunity: Opportunity) -> dict[str, Any]:
    return dict(Opportunity.objects.values(*FACTS).get(pk=opportunity.pk))


def versions(*opportunities: Opportunity) -> dict[int, int | None]:
    return dict(Opportunity.objects.filter(pk__in=[one.pk for one in opportunities]).values_list("pk", "version"))


def test_owner_day_and_stage_are_changed_and_put_back_exactly(cast: Cast) -> None:
    entered = NOW - timedelta(days=3, microseconds=123_457)
    one = rows.opportunity(cast.rita, amount="12.34", entered=entered, position=-1024.015625)
    two = rows.opportunity(cast.ravi, at="Discovery", expected_close=date(2026, 7, 1))
    before = [facts(one), facts(two)]
    done = services.change_many(
        chosen=versions(one, two),
        owner=cast.ravi,
        expected_close=date(2026, 8, 1),
        stage_id=rows.stage("Discovery").pk,
        actor=cast.rita,
        now=NOW,
    )
    assert (done.changed, done.left) == (2, [])
    assert [(facts(row)["owner"], facts(row)["expected_close"]) for row in (one, two)] == [
        (cast.ravi.pk, date(2026, 8, 1))
    ] * 2
    assert {facts(row)["stage"] for row in (one, two)} == {rows.stage("Discovery").pk}
    assert facts(two)["position"] == before[1]["position"]  # it stood there already
    assert done.change is not None
    undone = services.undo_change(done.change.pk, actor=cast.rita, now=NOW + timedelta(minutes=1))
    assert (undone.changed, undone.left) == (2, [])
    assert [facts(one), facts(two)] == before
    assert Standing.objects.get(pk=one.contact_id).owner == cast.rita
    # what happened stays in the record: there and back
    moves = StageMove.objects.filter(opportunity=one).order_by("pk").values_list("from_stage__name", "to_stage__name")
    assert list(moves)[-2:] == [("New", "Discovery"), ("Discovery", "New")]
    assert not BoardChange.objects.exists()


def test_what_somebody_changed_meanwhile_is_left_and_named(cast: Cast) -> None:
    one, two = rows.opportunity(cast.rita, name="Kestrel"), rows.opportunity(cast.rita, name="Amber")
    seen = versions(one, two)
    services.edit(opportunity_id=one.pk, next_step="Call", actor=cast.ravi, now=NOW)
    done = services.change_many(chosen=seen, expected_close=date(2026, 9, 1), actor=cast.rita, now=NOW)
    assert (done.changed, done.left) == (1, [("Kestrel", "somebody has changed it meanwhile")])
    assert facts(one)["expected_close"] is None
    assert facts(two)["expected_close"] == date(2026, 9, 1)


def test_one_that_is_refused_is_left_whole(cast: Cast) -> None:
    """Proposal asks for an amount: its owner stays too."""
    bare = rows.opportunity(cast.rita, name="Bare", amount=None)
    whole = rows.opportunity(cast.rita, name="Whole", amount=5)
    done = services.change_many(
        chosen=versions(bare, whole), owner=cast.ravi, stage_id=rows.stage("Proposal").pk, actor=cast.rita, now=NOW
    )
    assert (done.changed, done.left) == (1, [("Bare", "Proposal needs an amount.")])
    assert (facts(bare)["owner"], facts(bare)["stage"]) == (cast.rita.pk, rows.stage("New").pk)
    assert Standing.objects.get(pk=bare.contact_id).owner == cast.rita


def test_what_was_changed_since_is_not_put_back(cast: Cast) -> None:
    one, two = rows.opportunity(cast.rita, name="Kestrel"), rows.opportunity(cast.rita, name="Amber")
    day = date(2026, 9, 1)
    done = services.change_many(chosen=versions(one, two), expected_close=day, actor=cast.rita, now=NOW)
    services.edit(opportunity_id=one.pk, amount=Decimal(7), actor=cast.ravi, now=NOW)
    assert done.change is not None
    undone = services.undo_change(done.change.pk, actor=cast.rita, now=NOW)
    assert (undone.changed, undone.left) == (1, [("Kestrel", "it has been changed since")])
    assert (facts(one)["expected_close"], facts(two)["expected_close"]) == (day, None)


def test_undo_is_once_within_the_hour_and_only_for_whoever_did_it(cast: Cast) -> None:
    one = rows.opportunity(cast.rita)
    done = services.change_many(chosen=versions(one), expected_close=date(2026, 9, 1), actor=cast.rita, now=NOW)
    assert done.change is not None
    with pytest.raises(Refused, match="Only whoever did this"):
        services.undo_change(done.change.pk, actor=cast.mona, now=NOW)
    with pytest.raises(Refused, match="no longer be undone"):
        services.undo_change(done.change.pk, actor=cast.rita, now=NOW + timedelta(hours=1))
    services.undo_change(done.change.pk, actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="no longer be undone"):
        services.undo_change(done.change.pk, actor=cast.rita, now=NOW)


def test_an_owner_whom_somebody_else_gave_since_stays(cast: Cast) -> None:
    one = rows.opportunity(cast.rita, name="One")
    done = services.change_many(chosen=versions(one), owner=cast.ravi, actor=cast.mona, now=NOW)
    assert done.change is not None
    assign_owner([one.contact_id], cast.sven, now=NOW, actor=cast.mara)
    undone = services.undo_change(done.change.pk, actor=cast.mona, now=NOW)
    assert (undone.changed, undone.left) == (0, [("One", "its person has been given to somebody else since")])
    assert Standing.objects.get(pk=one.contact_id).owner == cast.sven


def test_nothing_changed_keeps_nothing(cast: Cast) -> None:
    one = rows.opportunity(cast.rita)
    done = services.change_many(chosen=versions(one), owner=cast.rita, actor=cast.rita, now=NOW)
    assert (done.changed, done.left, done.change) == (0, [], None)


def test_a_closed_one_and_another_pipeline_are_named(cast: Cast) -> None:
    won = rows.opportunity(cast.rita, at="Won", closed_at=NOW, name="Won one")
    done = services.change_many(chosen=versions(won), stage_id=rows.stage("New").pk, actor=cast.rita, now=NOW)
    assert done.left == [("Won one", "This opportunity is closed. Reopen it before you move it.")]


# --- one card ---


def test_a_move_can_be_undone_and_a_place_in_the_same_column_needs_none(cast: Cast) -> None:
    one, two = rows.opportunity(cast.rita, position=1.0), rows.opportunity(cast.rita, position=2.0)
    before = facts(one)
    _, change = services.move_card(
        opportunity_id=one.pk, stage_id=rows.stage("New").pk, after_id=two.pk, actor=cast.rita, now=NOW
    )
    assert change is None
    before = facts(one)
    _, change = services.move_card(
        opportunity_id=one.pk, stage_id=rows.stage("Proposal").pk, amount="99", actor=cast.rita, now=NOW
    )
    assert facts(one)["amount"] == 99
    assert change is not None
    services.undo_change(change.pk, actor=cast.rita, now=NOW)
    assert facts(one) == before


def test_a_card_put_where_it_was_stays_the_version_that_it_is(cast: Cast) -> None:
    one, two = rows.opportunity(cast.rita, position=1.0), rows.opportunity(cast.rita, position=2.0)
    gone = rows.opportunity(cast.rita, at="Discovery")
    stage = rows.stage("New").pk
    for card, after in ((one, None), (one, gone.pk), (two, one.pk)):
        moved, change = services.move_card(
            opportunity_id=card.pk, stage_id=stage, after_id=after, version=1, actor=cast.rita, now=NOW
        )
        assert (moved.version, change) == (1, None)
    moved, _ = services.move_card(opportunity_id=two.pk, stage_id=stage, version=1, actor=cast.rita, now=NOW)
    assert moved.version == 2
    assert facts(one)["position"] == 1.0


def test_a_stage_that_was_archived_meanwhile_takes_nothing_back(cast: Cast) -> None:
    one = rows.opportunity(cast.rita, name="Kestrel")
    stage = rows.stage("Discovery")
    _, change = services.move_card(opportunity_id=one.pk, stage_id=stage.pk, actor=cast.rita, now=NOW)
    new = rows.stage("New")
    new.archived_at = NOW
    new.save()
    assert change is not None
    undone = services.undo_change(change.pk, actor=cast.rita, now=NOW)
    assert undone.left == [("Kestrel", "its stage is no longer on the board")]
    assert facts(one)["stage"] == stage.pk


# --- the page ---


def post(client: Client, **given: Any) -> Any:
    return client.post("/pipeline/bulk/", given, headers=HTMX)


def test_the_page_says_what_was_done_and_how_to_undo_it(cast: Cast) -> None:
    one, two = rows.opportunity(cast.rita, name="Kestrel"), rows.opportunity(cast.rita, name="Amber")
    client = client_of(cast.rita)
    answer = post(client, ids=[f"{one.pk}.{one.version}", f"{two.pk}.99"], expected_close="2026-09-01")
    assert answer.status_code == 204
    news = answer["HX-Trigger"]
    assert "1 opportunity changed. Left as they were: Amber (somebody has changed it meanwhile)." in news
    assert '"board-changed": true' in news
    undo = f"/pipeline/undo/{BoardChange.objects.get().pk}/"
    assert undo in news
    assert client_of(cast.ravi).post(undo, headers=HTMX).status_code == 422
    assert "Undone." in client.post(undo, headers=HTMX)["HX-Trigger"]
    assert facts(one)["expected_close"] is None


def test_strangers_are_not_changed_whoever_asks(cast: Cast) -> None:
    hers = rows.opportunity(cast.rita)
    answer = post(client_of(cast.sven), ids=[f"{hers.pk}.{hers.version}"], owner=cast.sven.pk)
    assert answer.status_code == 422
    assert facts(hers)["owner"] == cast.rita.pk
    assert post(client_of(cast.vera), ids=[f"{hers.pk}.1"], owner=cast.vera.pk).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"owner": "x"},
        {"owner": "99999999999999999999"},
        {"stage": "0"},
        {"stage": "x"},
        {"stage": "99999999999999999999"},
        {"expected_close": "2026-13-77"},
        {"expected_close": "\0"},
        {"expected_close": "9999-12-31"},
        {"owner": "😀" * 1000},
    ],
)
def test_bad_input_changes_nothing(cast: Cast, given: dict[str, str]) -> None:
    one = rows.opportunity(cast.rita)
    before = facts(one)
    client = client_of(cast.rita)
    assert post(client, ids=[f"{one.pk}.{one.version}"], **given).status_code in (204, 422)
    assert post(client, ids=["x", "1.2.3", "99999999999999999999.1", "\0"], **given).status_code == 422
    assert facts(one) == before
    assert not BoardChange.objects.exists()


def test_at_most_so_many_at_once(cast: Cast) -> None:
    one = rows.opportunity(cast.rita)
    chosen = dict.fromkeys(range(services.MOST_AT_ONCE + 1)) | versions(one)
    with pytest.raises(Refused, match="At most 200 opportunities"):
        services.change_many(chosen=chosen, owner=None, actor=cast.rita, now=NOW)


def test_a_plain_form_works_too(cast: Cast) -> None:
    one = rows.opportunity(cast.rita)
    answer = client_of(cast.rita).post("/pipeline/bulk/", {"ids": f"{one.pk}.1", "owner": "nobody"})
    assert (answer.status_code, answer["Location"]) == (302, "/pipeline/list/")
    assert facts(one)["owner"] is None


def test_a_move_on_the_board_offers_undo(cast: Cast) -> None:
    one = rows.opportunity(cast.rita, name="Kestrel")
    given = {"stage": rows.stage("Discovery").pk, "version": one.version}
    answer = client_of(cast.rita).post(f"/opportunities/{one.pk}/move/", given, headers=HTMX)
    assert "Kestrel is in Discovery." in answer["HX-Trigger"]
    assert f"/pipeline/undo/{BoardChange.objects.get().pk}/" in answer["HX-Trigger"]


def test_what_can_no_longer_be_undone_is_forgotten(cast: Cast) -> None:
    BoardChange.objects.create(by=cast.rita, at=datetime.now(NOW.tzinfo) - timedelta(hours=3), what={})
    kept = BoardChange.objects.create(by=cast.rita, at=datetime.now(NOW.tzinfo), what={})
    forget_board_changes()
    assert list(BoardChange.objects.all()) == [kept]


# --- two at once ---


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_same_cards_at_once_do_not_block_each_other(cast: Cast) -> None:
    """Both name what they saw: each card is changed by one of them, and the other is told its name."""
    cards = [rows.opportunity(cast.rita, name=f"{number}") for number in range(6)]
    seen, outcomes = versions(*cards), []

    def change(actor: User, chosen: dict[int, int | None], **what: Any) -> None:
        try:
            outcomes.append(services.change_many(chosen=chosen, actor=actor, now=NOW, **what))
        finally:
            connection.close()

    stage = rows.stage("Discovery").pk
    backwards = dict(reversed(seen.items()))
    threads = [
        Thread(target=change, args=(cast.rita, seen), kwargs={"stage_id": stage, "owner": cast.ravi}),
        Thread(target=change, args=(cast.ravi, backwards), kwargs={"expected_close": date(2026, 9, 1)}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(one.changed for one in outcomes) == [0, 6]
    assert sorted(len(one.left) for one in outcomes) == [0, 6]


@pytest.mark.django_db(transaction=True)
def test_undone_twice_at_once_is_undone_once(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    done = services.change_many(chosen=versions(card), expected_close=date(2026, 9, 1), actor=cast.rita, now=NOW)
    assert done.change is not None
    pk = done.change.pk
    said: list[object] = []

    def undo() -> None:
        try:
            said.append(services.undo_change(pk, actor=cast.rita, now=NOW).changed)
        except Refused as refused:
            said.append(str(refused))
        finally:
            connection.close()

    threads = [Thread(target=undo) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(str, said)) == ["1", "This can no longer be undone."]
    assert facts(card)["expected_close"] is None
