"""The board sorted, filtered and in bands."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipeline import queries, services
from pipeline.models import BoardChange, Opportunity, Pipeline, Stage
from pipeline.queries import Board, Filters
from pipeline.queries.lanes import CARDS_IN_CELL, MOST_LANES
from pipeline.views.bands import day_in
from tests import factories
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

HTMX = {"HX-Request": "true"}
NEXT = timezone.now().year + 1


def board(user: User, **filters: Any) -> Board:
    return queries.board(user, queries.pipelines()[0], Filters(**filters), now=NOW)


def names(made: Board, stage: str = "New") -> list[str]:
    column = next(column for column in made.columns if column.stage.name == stage)
    return [card.name for card in column.cards]


def bands(made: Board) -> dict[str, dict[str, list[str]]]:
    return {
        lane.label: {cell.stage.name: [card.name for card in cell.cards] for cell in lane.cells if cell.totals.count}
        for lane in made.lanes
    }


# --- order ---


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-changed", ["b", "a", "c"]),  # by hand
        ("-amount", ["c", "a", "b"]),
        ("close", ["a", "b", "c"]),
        ("-age", ["b", "c", "a"]),
        ("step", ["c", "b", "a"]),
    ],
)
def test_columns_in_each_order(cast: Cast, sort: str, expected: list[str]) -> None:
    day = NOW.date()
    rows.opportunity(cast.rita, name="a", amount=5, position=2, expected_close=day, entered=NOW - timedelta(days=1))
    rows.opportunity(
        cast.rita,
        name="b",
        amount=None,
        position=1,
        expected_close=day + timedelta(days=1),
        next_step_on=day + timedelta(days=2),
        entered=NOW - timedelta(days=9),
    )
    rows.opportunity(cast.rita, name="c", amount=9, position=3, next_step_on=day, entered=NOW - timedelta(days=5))
    assert names(board(cast.rita, sort=sort)) == expected


@pytest.mark.parametrize("sort", ["-amount", "close", "-age", "step"])
def test_a_sorted_column_goes_on_where_it_ended(cast: Cast, sort: str) -> None:
    for index in range(50):
        rows.opportunity(
            cast.rita,
            name=f"{index:02}",
            amount=index // 3,
            entered=NOW - timedelta(days=index // 3),
            expected_close=NOW.date() + timedelta(days=index // 3) if index % 2 else None,
        )
    made = board(cast.rita, sort=sort)
    new = made.columns[0]
    cards, after = queries.column_page(cast.rita, new.stage, Filters(sort=sort), after=new.more, now=NOW)
    assert not after
    assert sorted([card.name for card in (*new.cards, *cards)]) == [f"{index:02}" for index in range(50)]


def test_the_board_goes_by_all_the_filters_of_the_list(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="Kestrel", amount=None, entered=NOW, search_text="kestrel")
    rows.opportunity(cast.rita, name="Amber", next_step_on=NOW.date() - timedelta(days=1), entered=NOW)
    rows.opportunity(cast.rita, name="Rotting", entered=NOW - timedelta(days=60))
    assert names(board(cast.rita, q="kestrel")) == ["Kestrel"]
    assert names(board(cast.rita, amount="unknown")) == ["Kestrel"]
    assert names(board(cast.rita, step="late")) == ["Amber"]
    assert names(board(cast.rita, rotting="yes")) == ["Rotting"]
    # where every stage has its column, a stage, a state and how it ended mean nothing
    assert len(names(board(cast.rita, stage=rows.stage("Won").pk, state="won", closed="2020-01"))) == 3


def test_what_is_late_is_seen_on_the_card(cast: Cast) -> None:
    yesterday = NOW.date() - timedelta(days=1)
    late = rows.opportunity(cast.rita, expected_close=yesterday, next_step="Call", next_step_on=yesterday)
    fine = rows.opportunity(cast.rita, expected_close=NOW.date(), next_step="Call", next_step_on=NOW.date())
    cards = {card.pk: card for card in board(cast.rita).columns[0].cards}
    assert (cards[late.pk].is_overdue, cards[late.pk].is_late) == (True, True)
    assert (cards[fine.pk].is_overdue, cards[fine.pk].is_late) == (False, False)
    assert cards[late.pk].says.endswith("its expected day is past, its next step is late")


# --- bands ---


def test_a_band_for_each_owner_the_own_first_and_nobody_last(cast: Cast) -> None:
    rows.opportunity(None, name="free")
    rows.opportunity(cast.ravi, name="his", amount=7)
    rows.opportunity(cast.ravi, name="his too", at="Discovery", amount=None)
    rows.opportunity(cast.rita, name="hers")
    made = board(cast.rita, lanes="owner")
    assert bands(made) == {
        "Rita": {"New": ["hers"]},
        "Ravi": {"New": ["his"], "Discovery": ["his too"]},
        "Nobody": {"New": ["free"]},
    }
    ravi = made.lanes[1]
    assert (ravi.totals.count, ravi.totals.unknown) == (2, 1)
    assert ravi.totals.sums[0].amount == 7
    assert list(bands(board(cast.ravi, lanes="owner"))) == ["Ravi", "Rita", "Nobody"]


def test_bands_of_months_and_of_the_forecast(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="july", expected_close=date(2026, 7, 31))
    rows.opportunity(cast.rita, name="june", expected_close=date(2026, 6, 1), category="commit")
    rows.opportunity(cast.rita, name="no date")
    made = board(cast.rita, lanes="month")
    assert list(bands(made)) == ["June 2026", "July 2026", "No date"]
    assert [lane.key for lane in made.lanes] == ["2026-06", "2026-07", "none"]
    by_category = bands(board(cast.rita, lanes="category"))
    assert list(by_category) == ["Commit", "Pipeline"]
    assert by_category["Commit"] == {"New": ["june"]}


def test_every_number_of_a_band_opens_its_list(cast: Cast) -> None:
    for index in range(CARDS_IN_CELL + 2):
        rows.opportunity(cast.ravi, name=f"{index}", expected_close=date(2026, 7, 1))
    rows.opportunity(cast.rita)
    rows.opportunity(cast.ravi, at="Won", closed_at=NOW)
    for lanes in ("owner", "month", "category"):
        for lane in board(cast.rita, lanes=lanes).lanes:
            for cell in lane.cells:
                query = dict(part.split("=") for part in cell.list_query.split("&"))
                listed = queries.listed(cast.rita, Filters.parse(query), now=NOW)
                assert listed.count() == cell.totals.count
                assert len(cell.cards) + cell.left_out == cell.totals.count


def test_so_many_bands_and_the_rest_is_said(cast: Cast) -> None:
    for step in range(MOST_LANES + 3):
        rows.opportunity(cast.rita, expected_close=date(2026, 6, 1) + timedelta(days=31 * step))
    made = board(cast.rita, lanes="month")
    assert (len(made.lanes), made.lanes_left_out) == (MOST_LANES, 3)
    page = client_of(cast.rita).get("/pipeline/?lanes=month").content.decode()
    assert "3 more bands with fewer opportunities" in page


def test_a_move_draws_the_bands_anew(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    client = client_of(cast.rita)
    page = client.get("/pipeline/?lanes=owner").content.decode()
    since = re.search(r'name="since" value="([^"]+)"', page)
    assert since
    given = {"pipeline": rows.sales().pk, "since": since[1], "query": "lanes=owner"}
    assert client.get("/pipeline/changes/", given, headers=HTMX).status_code == 204
    services.move(opportunity_id=card.pk, stage_id=rows.stage("Discovery").pk, actor=cast.ravi, now=NOW)
    answer = client.get("/pipeline/changes/", given, headers=HTMX).content.decode()
    assert '<div class="bands" id="board-bands"' in answer
    assert 'hx-swap-oob="true"' in answer


def test_bands_cost_the_same_for_few_and_many(cast: Cast) -> None:
    client = client_of(cast.mona)

    def fill(number: int) -> None:
        for index in range(number):
            owner = (cast.rita, cast.ravi, cast.sven, None)[index % 4]
            rows.opportunity(owner, at=("New", "Discovery")[index % 2], amount=index)

    fill(4)
    addresses = [f"/pipeline/?lanes={lanes}&sort=-amount" for lanes in ("owner", "month", "category")]
    few = [page_cost(client, address) for address in addresses]
    fill(60)
    assert [page_cost(client, address) for address in addresses] == few
    assert max(few) <= 11


def test_a_stranger_sees_no_band_of_another_team(cast: Cast) -> None:
    rows.opportunity(cast.rita)
    rows.opportunity(cast.sven)
    assert list(bands(board(cast.sven, lanes="owner"))) == ["Sven"]


def test_a_saved_view_opens_on_the_board_too(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="Kestrel", amount=None)
    rows.opportunity(cast.rita, name="Amber")
    client = client_of(cast.rita)
    current = {"HX-Current-URL": "http://testserver/pipeline/?amount=unknown"}
    given = {"name": "No amount", "query": "amount=unknown&lanes=owner"}
    answer = client.post("/views/pipeline_list/new/", given, headers=HTMX | current)
    assert answer["HX-Redirect"].startswith("/pipeline/?amount=unknown&lanes=owner&saved=")
    page = client.get(answer["HX-Redirect"]).content.decode()
    assert 'data-name="Kestrel"' in page
    assert 'data-name="Amber"' not in page
    assert "No amount" in page
    other = Pipeline.objects.create(name="Other")
    Stage.objects.create(pipeline=other, name="New", probability=5)
    factories.contact()
    assert client.get(answer["HX-Redirect"]).status_code == 200


# --- a card dropped in another band ---


def drop(user: User, card: Opportunity, bands: str, band: str, to: str = "New", **more: Any) -> Any:
    given = {"stage": rows.stage(to).pk, "after": "", "version": card.version, "bands": bands, "band": band}
    return client_of(user).post(f"/opportunities/{card.pk}/move/", given | more, headers=HTMX)


def said(answer: Any) -> dict[str, Any]:
    toast: dict[str, Any] = json.loads(answer["HX-Trigger"])["toast"]
    return toast


def fresh(card: Opportunity) -> Opportunity:
    return Opportunity.objects.get(pk=card.pk)


def test_a_band_of_another_owner_hands_it_over_and_can_be_undone(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    answer = drop(cast.rita, card, "owner", str(cast.ravi.pk), to="Discovery")
    assert answer.status_code == 200
    assert (fresh(card).owner, fresh(card).stage.name) == (cast.ravi, "Discovery")
    assert fresh(card).contact.standing.owner == cast.ravi
    assert said(answer)["text"] == f"Kestrel is in Discovery, with {cast.ravi}."
    client_of(cast.rita).post(said(answer)["undo"], headers=HTMX)
    assert (fresh(card).owner, fresh(card).stage.name) == (cast.rita, "New")
    drop(cast.rita, fresh(card), "owner", "nobody")
    assert fresh(card).owner is None


@pytest.mark.parametrize(
    ("bands", "band", "field", "value", "words"),
    [
        ("priority", "high", "priority", "high", "of high priority"),
        ("category", "commit", "category", "commit", "commit in the forecast"),
        ("category", "pipeline", "category", "", "pipeline in the forecast"),  # as its stage says
        ("month", f"{NEXT}-07", "expected_close", date(NEXT, 7, 31), f"due on 31 July {NEXT}"),
        ("month", f"{NEXT}-09", "expected_close", date(NEXT, 9, 30), f"due on 30 September {NEXT}"),
        ("month", "none", "expected_close", None, "without a date"),
    ],
)
def test_what_a_band_stands_for_is_taken_on_and_given_back(
    cast: Cast, bands: str, band: str, field: str, value: Any, words: str
) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", expected_close=date(NEXT, 12, 31), category="best")
    before = getattr(card, field)
    answer = drop(cast.rita, card, bands, band)
    assert answer.status_code == 200
    assert getattr(fresh(card), field) == value
    assert words in said(answer)["text"]
    client_of(cast.rita).post(said(answer)["undo"], headers=HTMX)
    assert getattr(fresh(card), field) == before


@pytest.mark.parametrize(
    ("month", "before", "day"),
    [
        ("2027-02", None, date(2027, 2, 28)),
        ("2027-02", date(2026, 12, 31), date(2027, 2, 28)),
        ("2027-02", date(2026, 12, 3), date(2027, 2, 3)),
        ("2026-06", date(2026, 12, 3), date(2026, 6, 15)),  # never a day that is over
        ("2026-06", date(2026, 12, 30), date(2026, 6, 30)),
    ],
)
def test_the_day_in_another_month(month: str, before: date | None, day: date) -> None:
    assert day_in(month, before, today=date(2026, 6, 15)) == day


@pytest.mark.parametrize(
    ("bands", "band", "words"),
    [
        ("month", "2020-01", "January 2020 is over"),
        ("month", "soon", "not there"),
        ("owner", "999999999", "Choose a colleague"),
        ("owner", "x", "Choose a colleague"),
        ("priority", "urgent", "not there"),
        ("colour", "red", "not there"),
        ("owner", "1" * 41, "damaged"),
    ],
)
def test_what_is_no_band_moves_nothing(cast: Cast, bands: str, band: str, words: str) -> None:
    card = rows.opportunity(cast.rita)
    answer = drop(cast.rita, card, bands, band, to="Discovery")
    assert answer.status_code in (400, 422)
    assert words in said(answer)["text"]
    assert fresh(card).version == card.version


def test_what_the_stage_asks_for_is_asked_and_the_band_is_kept(cast: Cast) -> None:
    """Nothing is half done while the dialog asks; a date that is given there counts."""
    stage = rows.stage("Discovery")
    stage.required_fields = ["expected_close"]
    stage.save()
    card = rows.opportunity(cast.rita)
    asked = drop(cast.rita, card, "priority", "high", to="Discovery")
    assert asked.status_code == 422
    assert 'name="band" value="high"' in asked.content.decode()
    assert (fresh(card).priority, fresh(card).stage.name) == ("normal", "New")
    done = drop(cast.rita, card, "priority", "high", to="Discovery", expected_close=f"{NEXT}-12-01")
    assert done.status_code == 200
    assert (fresh(card).priority, fresh(card).expected_close) == ("high", date(NEXT, 12, 1))
    drop(cast.rita, fresh(card), "month", "none", to="Discovery", expected_close=f"{NEXT}-12-05")
    assert fresh(card).expected_close == date(NEXT, 12, 5)


def test_a_band_that_it_is_in_already_changes_nothing(cast: Cast) -> None:
    """As when somebody else was quicker to give it to whom it belongs."""
    card = rows.opportunity(cast.rita)
    for bands, band in (
        ("owner", str(cast.rita.pk)),
        ("priority", "normal"),
        ("month", "none"),
        ("category", "pipeline"),
    ):
        answer = drop(cast.rita, card, bands, band)
        assert (answer.status_code, fresh(card).version) == (200, card.version)
        assert "toast" not in json.loads(answer["HX-Trigger"])
    assert not BoardChange.objects.exists()


def test_an_offer_that_a_band_passes_on_offers_no_undo(offered: Cast) -> None:
    row = rows.offer()
    assert row.opportunity is not None
    answer = drop(offered.mona, row.opportunity, "owner", str(offered.ravi.pk))
    assert fresh(row.opportunity).owner == offered.ravi
    assert said(answer)["text"].endswith(f"is in New, with {offered.ravi}.")
    assert "undo" not in said(answer)
    assert not BoardChange.objects.exists()


def test_a_card_that_somebody_has_changed_meanwhile_takes_nothing_on(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.edit(opportunity_id=card.pk, amount="5", actor=cast.ravi, now=NOW)
    assert drop(cast.rita, card, "priority", "high").status_code == 409
    assert fresh(card).priority == "normal"
