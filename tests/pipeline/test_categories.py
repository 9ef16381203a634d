"""Categories of the forecast: by the stage, or by hand."""

from typing import Any

import pytest

from core.errors import Refused
from pipeline import queries, services
from pipeline.models import Opportunity, Stage
from pipeline.queries import Filters
from reports import queries as reports
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User


def listed(cast: Cast, **filters: Any) -> set[int]:
    return set(queries.listed(cast.mona, Filters(**filters), now=NOW).values_list("pk", flat=True))


def test_the_stages_that_every_installation_starts_with(cast: Cast) -> None:
    found = list(Stage.objects.filter(kind="open").values_list("name", "category"))
    assert found == [("New", "pipeline"), ("Discovery", "pipeline"), ("Proposal", "best"), ("Negotiation", "commit")]


def test_by_the_stage_or_by_hand(cast: Cast) -> None:
    by_stage = rows.opportunity(cast.rita, at="Negotiation")
    by_hand = rows.opportunity(cast.rita, at="New", category="commit")
    less = rows.opportunity(cast.rita, at="Negotiation", category="best")
    out = rows.opportunity(cast.rita, at="Negotiation", category="omitted")
    assert listed(cast, category="commit") == {by_stage.pk, by_hand.pk}
    assert listed(cast, category="best") == {less.pk}
    assert listed(cast, category="omitted") == {out.pk}
    assert listed(cast, category="counted") == {by_stage.pk, by_hand.pk, less.pk}
    assert Filters.parse({"category": "sure"}).category == ""


def test_what_is_omitted_is_counted_apart(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=NOW.date())
    rows.opportunity(cast.rita, at="Negotiation", amount=500, expected_close=NOW.date(), category="omitted")
    rows.opportunity(cast.rita, at="Negotiation", amount=7, category="omitted")
    made: Any = reports.forecast(cast.mona, Filters(), now=NOW, people=User.objects.all())
    assert (made.current.open.amount, made.current.commit.amount) == (1000, 1000)
    assert (made.omitted.count, made.omitted.amount, made.undated.count) == (2, 507, 0)
    assert [name for name, _, _ in made.rests] == ["Overdue", "Later", "No date", "Omitted"]
    parts = [month.open for month in made.months] + [figure for _, _, figure in made.rests]
    assert sum(part.count for part in parts) == made.all.count == 3


def test_on_the_page_of_an_opportunity(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Proposal")
    client = client_of(cast.rita)
    form = client.get(f"/opportunities/{card.pk}/edit/").content.decode()
    assert "As its stage says: Best case" in form
    given = {"name": card.name, "amount": "10", "currency": "EUR", "owner": str(cast.rita.pk), "version": "1"}
    assert client.post(f"/opportunities/{card.pk}/edit/", given | {"category": "commit"}).status_code == 302
    card.refresh_from_db()
    assert (card.category, card.version) == ("commit", 2)
    assert "by hand" in client.get(f"/opportunities/{card.pk}/").content.decode()
    assert client.post(f"/opportunities/{card.pk}/edit/", given | {"category": "sure"}).status_code == 422
    assert Opportunity.objects.get(pk=card.pk).category == "commit"


def test_a_stage_has_one(cast: Cast) -> None:
    stage = rows.stage("New")
    services.change_stage(stage=stage, category="omitted")
    assert rows.stage("New").category == "omitted"
    with pytest.raises(Refused) as refused:
        services.change_stage(stage=stage, category="sure")
    assert set(refused.value.fields) == {"category"}
    client = client_of(cast.mona)
    assert "Forecast category" in client.get(f"/settings/stages/{stage.pk}/").content.decode()
    # a program that does not know of categories changes none
    client.post(f"/settings/stages/{stage.pk}/", {"name": "New", "probability": "11"})
    assert (rows.stage("New").category, rows.stage("New").probability) == ("omitted", 11)


@pytest.mark.parametrize("value", ["sure", "COMMIT", "\0", "x" * 10_000])
def test_nonsense_is_refused(cast: Cast, value: str) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused):
        services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, category=value)
    assert Opportunity.objects.get(pk=card.pk).category == ""
