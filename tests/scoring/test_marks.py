"""Who suits which persona and who is excluded, in lists: shown, filtered, exported, changed together."""

from typing import Any

import pytest
from django.urls import reverse

from leads.filters import LeadFilter
from leads.models import Contact, Standing
from leads.queries import people
from scoring import queries
from scoring.models import Definition
from scoring.services import refresh_all
from tests import factories
from tests.api.conftest import Caller, api
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_language import LARGE, MIDDLE, RIVAL, Activate, activate, person

__all__ = ["activate", "api"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(activate: Activate) -> dict[str, Contact]:
    """One of each persona, one of none, one whom the definition keeps out."""
    found = {
        "Middle": person(100, last_name="Middle"),
        "Large": person(5000, last_name="Large"),
        "Nobody": person(None, last_name="Nobody"),
        "Rival": person(100, last_name="Rival", email="a@rival.example"),
    }
    activate(personas=(MIDDLE, LARGE), exclusions=(RIVAL,))
    return found


def names(cast: Cast, **asked: str) -> set[str]:
    wanted = LeadFilter.parse(asked)
    rows = people(cast.mara, wanted, now=NOW, marks=queries.marks())
    return set(rows.values_list("contact__last_name", flat=True))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"persona": "Mid-market"}, {"Middle", "Rival"}),
        ({"persona": "Enterprise"}, {"Large"}),
        ({"persona": "-"}, {"Nobody"}),
        ({"persona": "Nobody ever"}, set()),
        ({"persona": "Mid-market", "excluded": "no"}, {"Middle"}),
        ({"excluded": "yes"}, {"Rival"}),
        ({"excluded": "no"}, {"Middle", "Large", "Nobody"}),
        ({"excluded": "perhaps"}, set()),
    ],
)
def test_lists_are_filtered_by_persona_and_by_who_is_excluded(
    cast: Cast, crowd: dict[str, Contact], asked: dict[str, str], found: set[str]
) -> None:
    assert names(cast, **asked) == found


def test_the_api_names_the_persona(cast: Cast, crowd: dict[str, Contact], api: Caller) -> None:
    caller = api(cast.mara)
    caller.get("/api/v1/contacts")
    rows = caller.get("/api/v1/contacts").json()["results"]
    named = {row["last_name"]: row["persona"] for row in rows}
    assert named == {"Middle": "Mid-market", "Large": "Enterprise", "Nobody": None, "Rival": "Mid-market"}
    assert caller.get(f"/api/v1/contacts/{crowd['Large'].pk}").json()["persona"] == "Enterprise"
    Definition.objects.filter(status="active").update(status="retired")
    assert caller.get(f"/api/v1/contacts/{crowd['Large'].pk}").json()["persona"] is None


def test_marks_of_a_definition_that_retired_are_nobody_s(
    cast: Cast, crowd: dict[str, Contact], activate: Activate
) -> None:
    activate(personas=(), exclusions=())
    assert Standing.objects.filter(persona_id__isnull=False).count() == 3  # out of date, and nobody looks at it
    assert names(cast, persona="Mid-market") == set()
    assert names(cast, persona="-") == names(cast, excluded="no") == {"Middle", "Large", "Nobody", "Rival"}
    activate(personas=(LARGE,))
    assert names(cast, persona="Enterprise") == {"Large"}
    assert names(cast, persona="-") == {"Middle", "Nobody", "Rival"}


def test_the_list_shows_and_offers_them(cast: Cast, crowd: dict[str, Contact]) -> None:
    client = client_of(cast.mara)
    html = client.get(reverse("leads"), {"columns": "persona.lifecycle"}).content.decode()
    assert "Excluded: competitor" in html
    assert '<option value="Enterprise">' in html and 'name="excluded"' in html
    html = client.get(reverse("leads"), {"persona": "Enterprise"}).content.decode()
    assert "Large" in html and "Middle" not in html
    assert client.get(reverse("leads_count"), {"persona": "Mid-market"}).content.decode().startswith("2 ")
    answer: Any = client.get("/leads/export.csv", {"persona": "Mid-market"})
    body = b"".join(answer.streaming_content).decode()
    assert "Rival" in body and "Large" not in body


def test_all_of_a_persona_are_changed_together(cast: Cast, crowd: dict[str, Contact]) -> None:
    sent: dict[str, Any] = {"all": "on", "query": "persona=Enterprise", "do": "tag", "tag": "Big ones"}
    client_of(cast.mara).post(reverse("leads_bulk"), sent)
    tagged = Standing.objects.exclude(tag_ids=[]).values_list("contact__last_name", flat=True)
    assert list(tagged) == ["Large"]


def test_without_personas_there_is_nothing_to_offer(cast: Cast) -> None:
    factories.contact()
    refresh_all(now=NOW)
    assert Definition.objects.get(status="active").personas.count() == 0
    html = client_of(cast.mara).get(reverse("leads")).content.decode()
    assert 'name="persona"' not in html and 'name="excluded"' not in html


@pytest.mark.parametrize("value", ["x" * 100_000, "\0", "💥\u202e", "1 OR 1=1", "--"])
def test_whatever_is_asked_for_is_found_or_not(cast: Cast, crowd: dict[str, Contact], value: str) -> None:
    assert client_of(cast.mara).get(reverse("leads"), {"persona": value, "excluded": value}).status_code == 200
