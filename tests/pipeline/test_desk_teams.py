"""A team's own definition at the desk and on Today: its line and its questions, for its leads alone."""

from typing import Any

import pytest
from django.urls import reverse

from crm.queries.nearly import near_leads
from leads.models import Contact, Standing
from pipeline.models import DeskPlace
from pipeline.services import desk as services
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import desk
from tests.scoring.test_teams import in_force, team_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def leads(cast: Cast) -> dict[str, Contact]:
    """One of each team, and one that nobody owns; all ten points below the line for all."""
    found = {"North": desk.lead(below=10, owner=cast.rita), "South": desk.lead(below=10, owner=cast.sven)}
    return found | {"nobody": desk.lead(below=10)}


def places() -> dict[int, int]:
    return dict(DeskPlace.objects.values_list("pk", "value"))


def test_what_asking_is_worth_is_by_the_line_of_the_team(cast: Cast, leads: dict[str, Contact]) -> None:
    ids = [one.pk for one in leads.values()]
    services.place(ids, now=NOW)
    assert len(set(places().values())) == 1
    in_force(cast, team_of(cast.rita), threshold=42)
    services.place(ids, now=NOW)
    values = places()
    assert values[leads["North"].pk] > values[leads["South"].pk] == values[leads["nobody"].pk]


def test_a_team_that_asks_nothing_gives_its_leads_no_place(cast: Cast, leads: dict[str, Contact]) -> None:
    in_force(cast, team_of(cast.rita), threshold=42, required=(), fresh=(), two_way_days=None)
    services.keep_places(now=NOW)
    assert places().keys() == {leads["South"].pk, leads["nobody"].pk}


def test_the_sweep_looks_from_each_line(cast: Cast, leads: dict[str, Contact]) -> None:
    Standing.objects.update(total=1)  # far below the line for all
    in_force(cast, team_of(cast.rita), threshold=10)
    assert services.keep_places(now=NOW) == 1
    assert places().keys() == {leads["North"].pk}


def test_near_leads_miss_what_their_own_definition_asks(cast: Cast, leads: dict[str, Contact]) -> None:
    factories.bant(leads["South"])

    def missing(**of: Any) -> dict[int, list[str]]:
        return {lead.pk: lead.missing for lead in near_leads(of["user"], now=NOW).found}

    assert missing(user=cast.mona)[leads["South"].pk] == ["a conversation", "10 points"]
    in_force(cast, team_of(cast.rita), threshold=41, required=(("need", "meets"),), fresh=(), two_way_days=None)
    in_force(cast, team_of(cast.sven), threshold=90)
    found = missing(user=cast.mona)
    assert found[leads["North"].pk] == ["need", "1 point"]
    assert leads["South"].pk not in found  # fifty points below its own line
    assert leads["nobody"].pk in found


def test_criteria_that_a_team_requires_are_marked(cast: Cast) -> None:
    in_force(cast, None, required=(("need", "weak"),), fresh=())
    in_force(cast, team_of(cast.rita), required=(("need", "meets"), ("budget", "meets")), fresh=())
    shown = client_of(cast.mara).get(reverse("settings_criteria")).content.decode()
    assert shown.count("must meet") == 1  # the budget; of the need the one for all is said
    assert shown.count("weak is enough") == 1
