"""Any two versions in plain English."""

from dataclasses import replace

import pytest
from django.urls import reverse

from scoring.drafting import ExclusionDraft, FitDraft, PersonaDraft
from scoring.models import Definition
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
STAFF = {"field": "contact.own_staff", "op": "is", "value": True}
NEAR = {"field": "contact.country", "op": "is", "value": "DE"}


@pytest.fixture
def versions(cast: Cast) -> tuple[Definition, Definition]:
    """Two drafts that differ from each other and from the active one."""
    rows = []
    for threshold in (45, 60):
        row = definitions.new_draft(by=cast.mara, now=NOW)
        content = content_of(row)
        content = replace(
            content,
            threshold=threshold,
            fresh=(("budget", 2 * threshold),),
            personas=(PersonaDraft("Near", (FitDraft("In Germany", 5, NEAR),)),) if threshold == 60 else (),
            exclusions=(ExclusionDraft("own staff", STAFF),) if threshold == 60 else (),
        )
        rows.append(
            definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)
        )
    return rows[0], rows[1]


def page(cast: Cast, query: str) -> str:
    answer = client_of(cast.vera).get(f"{reverse('definition_compare')}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_any_two_can_be_compared_both_ways(cast: Cast, versions: tuple[Definition, Definition]) -> None:
    html = page(cast, "?from=2&to=3")
    for text in (
        "The line moves from 45 to 60.",
        "Budget: the answer must not be older than 120 days instead of 90.",
        "New persona “Near”: In Germany: +5 when Country is DE.",
        "New exclusion “own staff”: kept out when Works here (has a colleague&#x27;s e-mail domain): yes.",
    ):
        assert text in html
    assert "The line moves from 60 to 45." in (back := page(cast, "?from=3&to=2"))
    assert "Persona “Near” goes" in back and "Exclusion “own staff” goes" in back


def test_by_itself_it_compares_the_active_one(cast: Cast, versions: tuple[Definition, Definition]) -> None:
    assert "The line moves from 50 to 60." in page(cast, "")  # the newest draft
    assert "The line moves from 45 to 50." in page(cast, "?from=2")
    assert "Choose two different versions." in page(cast, "?from=2&to=2")


@pytest.mark.parametrize("query", ["", "?from=1&to=1"])
def test_a_new_installation_has_nothing_to_compare(cast: Cast, query: str) -> None:
    html = page(cast, query)
    assert "There is only one version" in html
    assert "Choose two" not in html


@pytest.mark.parametrize("query", ["?from=99&to=-1", "?from=&to=", "?to=" + "9" * 5000, "?from=%00&to=a"])
def test_versions_that_are_not_there_are_as_if_not_asked(cast: Cast, query: str) -> None:
    assert "Compare versions" in page(cast, query)
