"""What comes first: kept on the opportunity, changed in many at once, filtered and sorted by, seen where it is unusual."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import Refused
from pipeline import queries, services
from pipeline.models import BoardChange, Opportunity
from pipeline.queries import Filters
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(cast: Cast) -> list[Opportunity]:
    """One of each, as they stand in their column by hand."""
    given = {"Amber": "low", "Birch": "high", "Cedar": "normal"}
    return [rows.opportunity(cast.rita, name=name, priority=priority) for name, priority in given.items()]


def priorities() -> dict[str, str]:
    return dict(Opportunity.objects.values_list("name", "priority"))


def listed(user: User, **filters: Any) -> list[str]:
    wanted = Filters(**filters)
    page = queries.list_page(queries.listed(user, wanted, now=NOW), sort=wanted.sort)
    return [row.name for row in page.rows]


def test_it_is_normal_unless_somebody_says_otherwise(cast: Cast) -> None:
    one = rows.opportunity(cast.rita)
    assert one.priority == "normal"
    changed = services.edit(opportunity_id=one.pk, priority="high", version=1, actor=cast.rita, now=NOW)
    assert (changed.priority, changed.version) == ("high", 2)
    for wrong in ("", "urgent", None, 3, "HIGH", "\0", "😀" * 1000):
        with pytest.raises(Refused) as refused:
            services.edit(opportunity_id=one.pk, priority=wrong, actor=cast.rita, now=NOW)
        assert list(refused.value.fields) == ["priority"]
    with pytest.raises(IntegrityError, match="opportunity_priority_known"), transaction.atomic():
        Opportunity.objects.update(priority="urgent")


def test_filter_and_order(cast: Cast, three: list[Opportunity]) -> None:
    assert listed(cast.rita, priority="high") == ["Birch"]
    assert listed(cast.rita, sort="-priority") == ["Birch", "Cedar", "Amber"]
    assert listed(cast.rita, sort="priority") == ["Amber", "Cedar", "Birch"]
    assert Filters.parse({"priority": "urgent", "sort": "-priority", "lanes": "priority"}) == Filters(
        sort="-priority", lanes="priority", wrong=(("priority", "urgent"),)
    )


def test_the_board_sorts_and_has_bands(cast: Cast, three: list[Opportunity]) -> None:
    first = queries.pipelines()[0]
    made = queries.board(cast.rita, first, Filters(sort="-priority"), now=NOW)
    assert [card.name for card in made.columns[0].cards] == ["Birch", "Cedar", "Amber"]
    made = queries.board(cast.rita, first, Filters(lanes="priority"), now=NOW)
    seen = [(lane.key, lane.label, [card.name for card in lane.cells[0].cards], lane.list_query) for lane in made.lanes]
    assert seen == [
        ("high", "High priority", ["Birch"], f"pipeline={first.pk}&priority=high"),
        ("normal", "Normal priority", ["Cedar"], f"pipeline={first.pk}&priority=normal"),
        ("low", "Low priority", ["Amber"], f"pipeline={first.pk}&priority=low"),
    ]


def test_a_card_says_it_only_where_it_is_unusual(cast: Cast, three: list[Opportunity]) -> None:
    page = client_of(cast.rita).get("/pipeline/").content.decode()
    marks = {row.name: page.split(f'id="card-{row.pk}"')[1].split("</article>")[0] for row in three}
    assert [name for name, card in marks.items() if "High priority" in card] == ["Birch"]
    assert [name for name, card in marks.items() if "Low priority" in card] == ["Amber"]
    assert "priority" not in marks["Cedar"]
    for address in ("/pipeline/list/", "/pipeline/calendar/", "/pipeline/map/", "/pipeline/?lanes=priority"):
        assert 'name="priority"' in client_of(cast.rita).get(address).content.decode()


def test_it_is_changed_on_the_page(cast: Cast, three: list[Opportunity]) -> None:
    cedar, client = three[2], client_of(cast.rita)
    address = f"/opportunities/{cedar.pk}/edit/"
    assert '<option value="normal" selected>Normal' in client.get(address).content.decode()
    given: dict[str, Any] = {"name": "Cedar", "currency": "EUR", "amount": "1000", "owner": cast.rita.pk}
    assert client.post(address, given | {"version": 1, "priority": "high"}).status_code == 302
    assert client.post(address, given | {"version": 2, "priority": "urgent"}).status_code == 422
    assert client.post(address, given | {"version": 2, "name": "Cedar Ltd"}).status_code == 302  # nobody asked for it
    assert priorities() == {"Amber": "low", "Birch": "high", "Cedar Ltd": "high"}
    assert "<dt>Priority</dt><dd>High" in client.get(f"/opportunities/{cedar.pk}/").content.decode()


def test_many_are_changed_and_put_back(cast: Cast, three: list[Opportunity]) -> None:
    client = client_of(cast.rita)
    given = {"ids": [f"{row.pk}.{row.version}" for row in three], "priority": "high"}
    answer = client.post("/pipeline/bulk/", given, headers=HTMX)
    assert "2 opportunities changed." in answer["HX-Trigger"]
    assert set(priorities().values()) == {"high"}
    undo = f"/pipeline/undo/{BoardChange.objects.get().pk}/"
    assert undo in answer["HX-Trigger"]
    assert client.post("/pipeline/bulk/", given | {"priority": "urgent"}, headers=HTMX).status_code == 204
    assert client.post(undo, headers=HTMX).status_code == 204
    assert priorities() == {"Amber": "low", "Birch": "high", "Cedar": "normal"}


def test_what_was_kept_before_there_were_priorities_is_undone_too(cast: Cast, three: list[Opportunity]) -> None:
    amber = three[0]
    chosen: dict[int, int | None] = {amber.pk: amber.version}
    done = services.change_many(chosen=chosen, expected_close=NOW.date(), actor=cast.rita, now=NOW)
    assert done.change is not None
    for was in done.change.what.values():
        del was["priority"]
    done.change.save()
    assert services.undo_change(done.change.pk, actor=cast.rita, now=NOW).changed == 1
    amber.refresh_from_db()
    assert (amber.expected_close, amber.priority) == (None, "low")


def test_it_leaves_with_the_export(cast: Cast, three: list[Opportunity]) -> None:
    table = b"".join(client_of(cast.mona).get("/pipeline/export.csv?priority=low")).decode().splitlines()
    head, row = (line.split(",") for line in table)
    assert row[head.index("Priority")] == "Low"
