"""Cards go from column to column."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from activities.models import Activity
from core.errors import Refused, Stale
from pipeline import places, services
from pipeline.models import Opportunity, Pipeline, Stage, StageMove
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.pipeline.test_promote import at_once

HTMX = {"HX-Request": "true"}


def order(stage: str) -> list[str]:
    found = Opportunity.objects.open().filter(stage__name=stage).order_by("position", "pk")
    return list(found.values_list("name", flat=True))


def test_a_card_moves_and_its_move_is_kept(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", amount=500)
    moved = services.move(
        opportunity_id=card.pk, stage_id=rows.stage("Discovery").pk, version=1, actor=cast.rita, now=NOW
    )
    assert (moved.stage.name, moved.stage_entered_at, moved.version, moved.changed_at) == ("Discovery", NOW, 2, NOW)
    move: Any = StageMove.objects.filter(opportunity=card).latest("pk")
    assert (move.from_stage.name, move.to_stage.name, move.actor, move.amount) == ("New", "Discovery", cast.rita, 500)
    assert Activity.objects.get(kind="stage").title == "Kestrel: New → Discovery"


def test_up_and_down_in_a_column_is_no_stage_move(cast: Cast) -> None:
    one, two, three = (rows.opportunity(cast.rita, name=name) for name in ("one", "two", "three"))
    stage = rows.stage("New").pk
    services.move(opportunity_id=one.pk, stage_id=stage, after_id=two.pk, actor=cast.rita, now=NOW)
    assert order("New") == ["two", "one", "three"]
    services.move(opportunity_id=three.pk, stage_id=stage, after_id=None, actor=cast.rita, now=NOW)
    assert order("New") == ["three", "two", "one"]
    services.move(opportunity_id=two.pk, stage_id=stage, after_id=one.pk, actor=cast.rita, now=NOW)
    assert order("New") == ["three", "one", "two"]
    one.refresh_from_db()
    assert one.stage_entered_at == NOW - timedelta(days=20)
    assert StageMove.objects.count() == 3  # how each came into being
    assert not Activity.objects.filter(kind="stage").exists()


def test_a_column_without_room_is_spaced_anew(cast: Cast) -> None:
    cards = [rows.opportunity(cast.rita, name=str(number), position=1.0) for number in range(4)]
    moving = rows.opportunity(cast.rita, name="new one")
    services.move(
        opportunity_id=moving.pk, stage_id=rows.stage("New").pk, after_id=cards[1].pk, actor=cast.rita, now=NOW
    )
    assert order("New") == ["0", "1", "new one", "2", "3"]
    assert {card.version for card in Opportunity.objects.filter(position__gt=1).exclude(pk=moving.pk)} == {1}


def test_below_a_card_that_has_gone_elsewhere_means_on_top(cast: Cast) -> None:
    elsewhere = rows.opportunity(cast.rita, at="Discovery")
    rows.opportunity(cast.rita, name="one")
    card = rows.opportunity(cast.rita, name="two")
    services.move(
        opportunity_id=card.pk, stage_id=rows.stage("New").pk, after_id=elsewhere.pk, actor=cast.rita, now=NOW
    )
    assert order("New") == ["two", "one"]


def test_a_hundred_moves_into_the_same_gap_keep_the_order(cast: Cast) -> None:
    top = rows.opportunity(cast.rita, name="top")
    cards = [rows.opportunity(cast.rita, name=str(number)) for number in range(5)]
    expected = ["top", *(card.name for card in cards)]
    for number in range(100):
        card = cards[number % 5]
        services.move(opportunity_id=card.pk, stage_id=rows.stage("New").pk, after_id=top.pk, actor=cast.rita, now=NOW)
        expected.remove(card.name)
        expected.insert(1, card.name)
    assert order("New") == expected


def test_places_never_meet() -> None:
    assert places.first(None) == 1024
    assert places.first(10.0) < 10
    assert places.between(1.0, None) == 1025
    assert places.between(1.0, 2.0) == 1.5
    assert places.between(1.0, 1.0) is None
    assert places.between(1.0, 1.0000000001) is None


def test_a_stale_move_is_refused(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    discovery = rows.stage("Discovery")
    services.edit(opportunity_id=card.pk, actor=cast.ravi, now=NOW, next_step="Call")
    with pytest.raises(Stale):
        services.move(opportunity_id=card.pk, stage_id=discovery.pk, version=1, actor=cast.rita, now=NOW)
    card.refresh_from_db()
    assert (card.stage.name, card.version) == ("New", 2)


def test_a_stage_names_what_it_needs(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    negotiation = rows.stage("Negotiation")
    with pytest.raises(Refused) as refused:
        services.move(opportunity_id=card.pk, stage_id=negotiation.pk, actor=cast.rita, now=NOW)
    assert refused.value.fields == {
        "amount": "Negotiation needs an amount.",
        "expected_close": "Negotiation needs an expected close date.",
    }
    card.refresh_from_db()
    assert (card.stage.name, card.version) == ("New", 1)
    moved = services.move(
        opportunity_id=card.pk,
        stage_id=negotiation.pk,
        actor=cast.rita,
        now=NOW,
        amount=Decimal("120.50"),
        expected_close=NOW.date(),
    )
    moved.refresh_from_db()
    assert (moved.stage.name, moved.amount, moved.expected_close) == ("Negotiation", Decimal("120.50"), NOW.date())


def test_zero_is_an_amount(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=0)
    moved = services.move(opportunity_id=card.pk, stage_id=rows.stage("Proposal").pk, actor=cast.rita, now=NOW)
    assert moved.stage.name == "Proposal"


@pytest.mark.parametrize("name", ["Won", "Lost"])
def test_won_and_lost_are_no_moves(cast: Cast, name: str) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused, match="use Win or Lose"):
        services.move(opportunity_id=card.pk, stage_id=rows.stage(name).pk, actor=cast.rita, now=NOW)


def test_a_closed_card_and_another_pipeline_are_refused(cast: Cast) -> None:
    other = Pipeline.objects.create(name="Partners")
    theirs = Stage.objects.create(pipeline=other, name="New", probability=5)
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused, match="another pipeline"):
        services.move(opportunity_id=card.pk, stage_id=theirs.pk, actor=cast.rita, now=NOW)
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="closed"):
        services.move(opportunity_id=card.pk, stage_id=rows.stage("New").pk, actor=cast.rita, now=NOW)
    with pytest.raises(services.Gone):
        services.move(opportunity_id=10**9, stage_id=theirs.pk, actor=cast.rita, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_moves_of_one_card_at_once(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)

    def to(name: str) -> Any:
        stage = rows.stage(name).pk
        return lambda: services.move(opportunity_id=card.pk, stage_id=stage, version=1, actor=cast.rita, now=NOW)

    answers = at_once(to("Discovery"), to("Proposal"))
    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["Opportunity", "Stale"]
    card.refresh_from_db()
    assert card.version == 2
    assert StageMove.objects.filter(opportunity=card).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_cards_dropped_on_one_place_get_different_ones(cast: Cast) -> None:
    above, below = (rows.opportunity(cast.rita, at="Discovery", name=name) for name in ("above", "below"))
    cards = [rows.opportunity(cast.rita, name=f"card {number}") for number in range(2)]
    stage = rows.stage("Discovery").pk
    at_once(
        *[
            lambda pk=card.pk: services.move(
                opportunity_id=pk, stage_id=stage, after_id=above.pk, version=1, actor=cast.rita, now=NOW
            )
            for card in cards
        ]
    )
    assert order("Discovery")[0] == "above"
    assert order("Discovery")[-1] == below.name
    positions = list(Opportunity.objects.filter(stage=stage).values_list("position", flat=True))
    assert len(set(positions)) == 4


@pytest.mark.django_db(transaction=True)
def test_two_people_who_move_cards_in_opposite_directions_never_block_each_other(cast: Cast) -> None:
    stages = [rows.stage("New").pk, rows.stage("Discovery").pk]
    cards = [rows.opportunity(cast.rita, at="New"), rows.opportunity(cast.ravi, at="Discovery")]
    together = threading.Barrier(2)

    def there_and_back(card: Opportunity, first: int) -> int:
        for turn in range(30):
            together.wait(timeout=20)  # both at the same moment, each into the column that the other one leaves
            services.move(opportunity_id=card.pk, stage_id=stages[(first + turn) % 2], actor=cast.rita, now=NOW)
        return 30

    answers = at_once(lambda: there_and_back(cards[0], 1), lambda: there_and_back(cards[1], 0))
    assert answers == [30, 30]
    assert [StageMove.objects.filter(opportunity=card).count() for card in cards] == [31, 31]
    assert [Opportunity.objects.get(pk=card.pk).stage.name for card in cards] == ["New", "Discovery"]


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_both_space_their_column_anew_never_block_each_other(cast: Cast) -> None:
    """Each takes a card out of the column that the other one spaces."""
    new, discovery = rows.stage("New"), rows.stage("Discovery")
    # many cards on one place: below the first of them there is no room
    left = [rows.opportunity(cast.rita, at="New", position=1.0) for _ in range(12)]
    right = [rows.opportunity(cast.ravi, at="Discovery", position=1.0) for _ in range(12)]
    together = threading.Barrier(2)

    def cross(card: Opportunity, stage: Stage, above: Opportunity) -> int:
        together.wait(timeout=20)
        moved = services.move(opportunity_id=card.pk, stage_id=stage.pk, after_id=above.pk, actor=cast.rita, now=NOW)
        return moved.stage_id

    for turn in range(6):
        Opportunity.objects.update(position=1.0)
        above_left, above_right = left[0], right[0]
        one, other = left[11 - turn], right[11 - turn]
        answers = at_once(lambda: cross(one, discovery, above_right), lambda: cross(other, new, above_left))  # noqa: B023
        assert answers == [discovery.pk, new.pk]
    assert Opportunity.objects.filter(stage=new).count() == 12


# --- the page ---


def post(user: Any, card: Opportunity, **given: Any) -> Any:
    given = {"version": card.version, "after": ""} | given
    return client_of(user).post(f"/opportunities/{card.pk}/move/", given, headers=HTMX)


def test_a_move_answers_with_the_changed_columns(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    answer = post(cast.rita, card, stage=rows.stage("Discovery").pk)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'hx-swap-oob="innerHTML:#cards-{rows.stage("Discovery").pk}"' in page
    assert f'data-card="{card.pk}" data-version="2"' in page
    card.refresh_from_db()
    assert card.stage.name == "Discovery"


def test_a_stale_move_answers_with_fresh_columns(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.move(opportunity_id=card.pk, stage_id=rows.stage("Discovery").pk, actor=cast.ravi, now=NOW)
    answer = post(cast.rita, card, stage=rows.stage("Proposal").pk)
    assert answer.status_code == 409
    page = answer.content.decode()
    for name in ("New", "Discovery", "Proposal"):
        assert f"#cards-{rows.stage(name).pk}" in page
    card.refresh_from_db()
    assert card.stage.name == "Discovery"


def test_a_move_that_lacks_something_asks_in_the_dialog(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    stage = rows.stage("Negotiation")
    answer = post(cast.rita, card, stage=stage.pk)
    assert answer.status_code == 422
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#dialog", "innerHTML")
    page = answer.content.decode()
    assert "Negotiation needs an amount." in page
    assert 'name="amount"' in page
    assert 'name="expected_close"' in page
    assert 'name="next_step"' not in page
    again = post(cast.rita, card, stage=stage.pk, amount="500", expected_close="2026-09-01")
    assert again.status_code == 200
    assert "close-dialog" in again["HX-Trigger"]
    card.refresh_from_db()
    assert card.stage.name == "Negotiation"
    assert card.amount == 500


@pytest.mark.parametrize(
    ("who", "status", "moved"),
    [("ravi", 200, True), ("mona", 200, True), ("sven", 404, False), ("mara", 403, False), ("vera", 403, False)],
)
def test_who_may_move(cast: Cast, who: str, status: int, moved: bool) -> None:
    card = rows.opportunity(cast.rita)
    answer = post(getattr(cast, who), card, stage=rows.stage("Discovery").pk)
    assert answer.status_code == status
    card.refresh_from_db()
    assert (card.stage.name == "Discovery") is moved


def test_only_post_moves(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    assert client_of(cast.rita).get(f"/opportunities/{card.pk}/move/").status_code == 405


@pytest.mark.parametrize(
    "given",
    [
        {"stage": ""},
        {"stage": "x"},
        {"stage": "9" * 30},
        {"stage": "\0"},
        {"stage": "1", "version": "x"},
        {"stage": "1", "after": "'; drop table"},
    ],
)
def test_damaged_moves_are_a_clear_400(cast: Cast, given: dict[str, str]) -> None:
    card = rows.opportunity(cast.rita)
    answer = post(cast.rita, card, **given)
    assert answer.status_code == 400
    assert "damaged" in answer["HX-Trigger"]


@pytest.mark.parametrize(("field", "value"), [("amount", "-1"), ("amount", "NaN"), ("expected_close", "3026-01-01")])
def test_what_is_filled_in_wrongly_is_a_field_error(cast: Cast, field: str, value: str) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    given = {"stage": rows.stage("Negotiation").pk, "amount": "5", "expected_close": "2026-09-01", field: value}
    answer = post(cast.rita, card, **given)
    assert answer.status_code == 422
    card.refresh_from_db()
    assert card.stage.name == "New"


def test_without_javascript_a_move_goes_back_to_the_board(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    stage = rows.stage("Discovery").pk
    answer = client_of(cast.rita).post(f"/opportunities/{card.pk}/move/", {"stage": stage, "version": 1})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/pipeline/")
