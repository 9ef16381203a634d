"""The board: true sums, first cards, what others changed."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pipeline import queries, services
from pipeline.models import Opportunity, Pipeline, Stage
from pipeline.queries import Board, Filters, Money
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

HTMX = {"HX-Request": "true"}


def board(user: User, now: datetime = NOW, **filters: Any) -> Board:
    return queries.board(user, queries.pipelines()[0], Filters(**filters), now=now)


def column(made: Board, name: str) -> queries.Column:
    return next(column for column in made.columns if column.stage.name == name)


def names(made: Board, stage: str) -> list[str]:
    return [card.name for card in column(made, stage).cards]


def test_columns_have_true_counts_values_and_weighted_values(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Discovery", amount="1000.50")
    rows.opportunity(cast.sven, at="Discovery", amount=2000)
    rows.opportunity(None, at="Discovery", amount=None)
    made = board(cast.mona)
    assert [column.stage.name for column in made.columns] == [
        "New",
        "Discovery",
        "Proposal",
        "Negotiation",
        "Won",
        "Lost",
    ]
    totals = column(made, "Discovery").totals
    assert (totals.count, totals.unknown, totals.known) == (3, 1, 2)
    assert totals.sums == (Money("EUR", Decimal("3000.50"), Decimal("750.125")),)
    assert column(made, "New").totals.sums == ()


def test_currencies_are_never_added_up(cast: Cast) -> None:
    rows.opportunity(cast.rita, amount=100, currency="EUR")
    rows.opportunity(cast.rita, amount=50, currency="USD")
    sums = column(board(cast.mona), "New").totals.sums
    assert sums == (Money("EUR", Decimal(100), Decimal(10)), Money("USD", Decimal(50), Decimal(5)))
    page = client_of(cast.mona).get("/pipeline/").content.decode()
    assert "€100" in page
    assert "$50" in page


def test_a_rep_sees_the_teams_cards_and_nobodys(cast: Cast) -> None:
    for owner in (cast.rita, cast.ravi, cast.sven, None):
        rows.opportunity(owner, name=f"of {owner}", amount=10)
    assert names(board(cast.rita), "New") == ["of Rita", "of Ravi", "of None"]
    assert column(board(cast.rita), "New").totals.sums == (Money("EUR", Decimal(30), Decimal(3)),)
    assert names(board(cast.sven), "New") == ["of Sven", "of None"]
    assert len(names(board(cast.vera), "New")) == 4


def test_filters_by_owner_and_team(cast: Cast) -> None:
    for owner in (cast.rita, cast.ravi, cast.sven, None):
        rows.opportunity(owner, name=f"of {owner}")
    assert names(board(cast.mona, owner=str(cast.sven.pk)), "New") == ["of Sven"]
    assert names(board(cast.mona, owner="nobody"), "New") == ["of None"]
    assert cast.rita.team is not None
    assert names(board(cast.mona, team=cast.rita.team.pk), "New") == ["of Rita", "of Ravi"]


def test_won_and_lost_show_the_current_utc_month(cast: Cast) -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)
    rows.opportunity(cast.rita, at="Won", name="first second of June", closed_at=first)
    rows.opportunity(cast.rita, at="Won", name="last of May", closed_at=first - timedelta(microseconds=1))
    rows.opportunity(cast.rita, at="Won", name="later", closed_at=NOW)
    made = board(cast.rita)
    assert names(made, "Won") == ["later", "first second of June"]
    assert column(made, "Won").totals.count == 2


def test_a_card_that_stays_too_long_rots(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="fresh", entered=NOW - timedelta(days=6, hours=23))
    rows.opportunity(cast.rita, name="rotting", entered=NOW - timedelta(days=7))
    cards = {card.name: card for card in column(board(cast.rita), "New").cards}
    assert (cards["fresh"].days, cards["fresh"].is_rotting) == (6, False)
    assert (cards["rotting"].days, cards["rotting"].is_rotting) == (7, True)
    Stage.objects.update(rots_after_days=None)
    assert not any(card.is_rotting for card in column(board(cast.rita), "New").cards)


def test_cards_carry_the_chips_of_their_contact(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    factories.evidence(card.contact, "budget", now=NOW - timedelta(days=1))
    chips = column(board(cast.rita), "New").cards[0].chips
    assert [(chip.letter, chip.state) for chip in chips] == [
        ("B", "meets"),
        ("A", "unknown"),
        ("N", "unknown"),
        ("T", "unknown"),
    ]


def many(user: User, number: int) -> None:
    contact = factories.contact()
    other = Pipeline.objects.create(name="Other")
    place = Stage.objects.create(pipeline=other, name="New", probability=5)
    rows.opportunity(user, contact=contact, stage=place)
    for index in range(number):
        rows.opportunity(user, name=f"{index:03}", amount=1, position=float(index))


def test_a_long_column_shows_the_first_cards_and_the_sum_of_all(cast: Cast) -> None:
    many(cast.rita, 120)
    made = board(cast.rita)
    new = column(made, "New")
    assert new.totals.count == 120
    assert new.totals.sums[0].amount == 120
    seen, after = [card.name for card in new.cards], new.more
    assert len(seen) == 20
    while after:
        cards, after = queries.column_page(cast.rita, new.stage, Filters(), after=after, now=NOW)
        seen += [card.name for card in cards]
    assert seen == [f"{index:03}" for index in range(120)]


def test_further_pages_of_won_go_on_where_the_first_ended(cast: Cast) -> None:
    for index in range(60):
        rows.opportunity(cast.rita, at="Won", name=f"{index:02}", closed_at=NOW - timedelta(minutes=index // 2))
    won = column(board(cast.rita), "Won")
    rest, after = queries.column_page(cast.rita, won.stage, Filters(), after=won.more, now=NOW)
    assert not after
    seen = [card.name for card in (*won.cards, *rest)]
    assert sorted(seen) == [f"{index:02}" for index in range(60)]
    assert len(rest) == 40


def test_what_was_loaded_by_scrolling_stays_when_the_column_is_refreshed(cast: Cast) -> None:
    many(cast.rita, 120)
    pipeline = queries.pipelines()[0]
    shown = {rows.stage("New").pk: 100}
    _, changed = queries.columns_changed_since(cast.rita, pipeline, Filters(), "", now=NOW, shown=shown)
    new = next(column for column in changed if column.stage.name == "New")
    assert len(new.cards) == 100
    assert new.more


# --- what others changed ---


def changed_since(user: User, before: Board, **filters: Any) -> list[str]:
    pipeline = queries.pipelines()[0]
    _, changed = queries.columns_changed_since(user, pipeline, Filters(**filters), before.cursor, now=NOW)
    return [column.stage.name for column in changed]


def test_nothing_changed(cast: Cast) -> None:
    rows.opportunity(cast.rita)
    assert changed_since(cast.rita, board(cast.rita)) == []


def test_every_kind_of_change_is_seen(cast: Cast) -> None:
    card, other, third = (rows.opportunity(cast.rita) for _ in range(3))
    new, discovery = rows.stage("New"), rows.stage("Discovery")
    before = board(cast.ravi)
    services.move(opportunity_id=card.pk, stage_id=discovery.pk, actor=cast.rita, now=NOW)
    assert changed_since(cast.ravi, before) == ["New", "Discovery"]
    before = board(cast.ravi)
    services.edit(opportunity_id=card.pk, next_step="Call", actor=cast.rita, now=NOW)
    assert changed_since(cast.ravi, before) == ["Discovery"]
    before = board(cast.ravi)
    services.move(opportunity_id=other.pk, stage_id=new.pk, after_id=third.pk, actor=cast.rita, now=NOW)
    assert changed_since(cast.ravi, before) == ["New"]
    before = board(cast.ravi)
    services.win(opportunity_id=card.pk, amount=5, closed_on=NOW.date(), actor=cast.rita, now=NOW)
    assert changed_since(cast.ravi, before) == ["Discovery", "Won"]
    before = board(cast.ravi)
    services.promote(contact_id=rows.qualified().pk, now=NOW)
    assert changed_since(cast.ravi, before) == ["New"]
    before = board(cast.ravi)
    services.change_stage(stage=new, probability=11)
    assert changed_since(cast.ravi, before) == ["New"]


def test_a_card_handed_to_another_team_disappears_from_this_ones_board(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    before, theirs = board(cast.ravi), board(cast.sven)
    services.edit(opportunity_id=card.pk, owner=cast.sven, actor=cast.mona, now=NOW)
    assert changed_since(cast.ravi, before) == ["New"]
    assert names(board(cast.ravi), "New") == []
    assert changed_since(cast.sven, theirs) == ["New"]


def test_two_cards_that_change_places_between_columns_are_seen(cast: Cast) -> None:
    """Count and sum stay the same; the mark does not."""
    one, two = rows.opportunity(cast.rita, at="New"), rows.opportunity(cast.rita, at="Discovery")
    before = board(cast.ravi)
    services.move(opportunity_id=one.pk, stage_id=rows.stage("Discovery").pk, actor=cast.rita, now=NOW)
    services.move(opportunity_id=two.pk, stage_id=rows.stage("New").pk, actor=cast.rita, now=NOW)
    assert changed_since(cast.ravi, before) == ["New", "Discovery"]


# --- the page ---


def since(page: str) -> str:
    found = re.search(r'name="since" value="([^"]+)"', page)
    assert found
    return found[1]


def poll(client: Client, page: str, **more: Any) -> Any:
    given: dict[str, Any] = {"pipeline": rows.sales().pk, "since": since(page)} | more
    return client.get("/pipeline/changes/", given, headers=HTMX)


def test_others_changes_arrive_by_polling(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    client = client_of(cast.ravi)
    page = client.get("/pipeline/").content.decode()
    assert poll(client, page).status_code == 204
    services.move(opportunity_id=card.pk, stage_id=rows.stage("Discovery").pk, actor=cast.rita, now=NOW)
    answer = poll(client, page)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert f'hx-swap-oob="innerHTML:#cards-{rows.stage("Discovery").pk}"' in text
    assert f"#cards-{rows.stage('Proposal').pk}" not in text
    assert "Kestrel" in text
    assert poll(client, text).status_code == 204


def test_a_board_whose_stages_changed_is_loaded_anew(cast: Cast) -> None:
    client = client_of(cast.rita)
    page = client.get("/pipeline/").content.decode()
    services.add_stage(pipeline=rows.sales(), name="Legal", probability=90)
    answer = poll(client, page)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_the_filter_of_the_address_is_kept(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="hers")
    rows.opportunity(cast.ravi, name="his")
    client = client_of(cast.rita)
    page = client.get("/pipeline/", {"owner": cast.ravi.pk}).content.decode()
    assert "his" in page
    assert ">hers<" not in page
    query = f"pipeline={rows.sales().pk}&owner={cast.ravi.pk}"
    assert f'<input type="hidden" name="query" value="{query.replace("&", "&amp;")}">' in page
    assert poll(client, page, query=query).status_code == 204
    part = client.get("/pipeline/", {"owner": cast.ravi.pk}, headers=HTMX).content.decode()
    assert part.lstrip().startswith('<div id="board-frame">')
    restored = client.get("/pipeline/", headers=HTMX | {"HX-History-Restore-Request": "true"}).content.decode()
    assert "<!doctype html>" in restored


def test_several_pipelines_can_be_switched(cast: Cast) -> None:
    other = Pipeline.objects.create(name="Partners", position=1)
    place = Stage.objects.create(pipeline=other, name="Talks", probability=5)
    rows.opportunity(cast.rita, stage=place, name="with a partner")
    client = client_of(cast.rita)
    assert "with a partner" not in client.get("/pipeline/").content.decode()
    assert "with a partner" in client.get("/pipeline/", {"pipeline": other.pk}).content.decode()


@pytest.mark.parametrize(("who", "readonly"), [("rita", False), ("mona", False), ("mara", True), ("vera", True)])
def test_marketers_and_viewers_only_look(cast: Cast, who: str, readonly: bool) -> None:
    rows.opportunity(None)
    page = client_of(getattr(cast, who)).get("/pipeline/").content.decode()
    assert ("data-readonly" in page) is readonly
    assert page.count('class="deal') > 0


def test_scrolling_down_a_column(cast: Cast) -> None:
    many(cast.rita, 60)
    client = client_of(cast.rita)
    page = client.get("/pipeline/").content.decode()
    found = re.search(r'hx-get="(/pipeline/stages/\d+/more/\?after=[^"]+)"', page)
    assert found
    rest = client.get(found[1].replace("&amp;", "&"), headers=HTMX).content.decode()
    assert rest.count("data-card=") == 40
    assert "hx-get" not in rest.split("</article>")[-1]
    assert client.get(found[1]).status_code == 302  # as a plain link: the list


@pytest.mark.parametrize(
    "query",
    [
        "owner=x",
        "owner=99999999999999999999",
        "team=%00",
        "pipeline=99999999999999999999&owner=-1",
        "owner=%F0%9F%98%80",
        "team=" + "9" * 5000,
    ],
)
def test_of_malformed_filters_there_is_nothing(cast: Cast, query: str) -> None:
    rows.opportunity(cast.rita)
    client = client_of(cast.rita)
    assert client.get(f"/pipeline/?{query}").status_code == 200
    assert client.get(f"/pipeline/list/?{query}").status_code == 200
    assert client.get(f"/forecast/?{query}").status_code == 404
    stage = rows.stage("New").pk
    assert client.get(f"/pipeline/stages/{stage}/more/?{query}&after=%00", headers=HTMX).status_code == 200


@pytest.mark.parametrize("given", ["since=", "since=%00", "since=x&shown=a-b", "since=" + "9-" * 2000])
def test_a_malformed_cursor_gives_everything_or_a_reload(cast: Cast, given: str) -> None:
    client = client_of(cast.rita)
    assert client.get(f"/pipeline/changes/?pipeline={rows.sales().pk}&{given}").status_code in (200, 204)
    assert client.get(f"/pipeline/changes/?pipeline=x&{given}").status_code == 404


def test_without_any_pipeline_the_page_explains(cast: Cast) -> None:
    Pipeline.objects.all().delete()
    assert "No pipeline yet" in client_of(cast.rita).get("/pipeline/").content.decode()


def test_the_board_costs_the_same_with_200_cards(cast: Cast) -> None:
    client = client_of(cast.rita)

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code in (200, 204)
        return len(captured)

    def fill(number: int) -> None:
        for index in range(number):
            rows.opportunity(cast.rita, at=("New", "Discovery", "Proposal")[index % 3])

    fill(20)
    rows.opportunity(cast.rita, at="Won", closed_at=datetime.now(UTC))
    cost("/pipeline/")
    few = {url: cost(url) for url in ("/pipeline/", "/pipeline/list/")}
    fill(180)
    assert {url: cost(url) for url in few} == few
    # sign-in (2), team, stages, owners, totals, cards, chips, saved views; and the bell
    assert few["/pipeline/"] <= 10
    with CaptureQueriesContext(connection) as captured:
        queries.board(cast.rita, queries.pipelines()[0], Filters(), now=NOW)
    assert len(captured) <= 5
    assert Opportunity.objects.open().count() == 200
