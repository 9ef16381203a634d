"""A team's own definition on pages: who is judged by which, its progress, its end, and the lists behind numbers."""

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from leads.days import day_of
from leads.models import Standing
from scoring.models import Definition, DefinitionStatus, RuleReport
from scoring.queries import active_specs
from scoring.queries.drafts import content_of
from scoring.services import definitions, refresh_all
from scoring.services.accountability import count_rules, is_due
from tests import factories
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_teams import draft_for, in_force, team_of, warm
from users.models import Team

pytestmark = pytest.mark.django_db


def page(cast: Cast, who: str, address: str) -> str:
    response = client_of(getattr(cast, who)).get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_page_shows_the_persons_own_and_says_whom_each_judges(cast: Cast) -> None:
    warm(cast.rita), warm(cast.sven), warm(None)
    address = reverse("definition")
    alone = page(cast, "rita", address)
    assert "Whose definition" not in alone and "<th>For</th>" not in alone
    in_force(cast, team_of(cast.rita), threshold=23)
    refresh_all(now=NOW)
    mine, others = page(cast, "rita", address), page(cast, "sven", address)
    assert "A lead of team <b>North</b> becomes a prospect" in mine
    assert "judges all who have no definition of their own" in others
    assert "A lead of team" in page(cast, "sven", f"{address}?team={team_of(cast.rita).pk}")
    for wrong in ("999999", "x", "-1"):
        assert "judges all who have no definition" in page(cast, "rita", f"{address}?team={wrong}")
    assert '<td data-label="For">North</td>' in others


def test_its_numbers_are_of_those_it_judges_and_open_their_list(cast: Cast) -> None:
    north, south = warm(cast.rita), warm(cast.sven)
    own = in_force(cast, team_of(cast.rita), threshold=23)
    refresh_all(now=NOW)
    Standing.objects.update(total=60)
    address = f"{reverse('leads')}?lifecycle=lead&min=23&definition={own.version}"
    shown = page(cast, "mona", f"{reverse('definition')}?team={team_of(cast.rita).pk}")
    assert address.replace("&", "&amp;") in shown
    listed = page(cast, "mona", address)
    assert north.name in listed and south.name not in listed
    assert "Judged by" in listed


def test_progress_is_of_one_definition(cast: Cast) -> None:
    warm(cast.rita)
    refresh_all(now=NOW)
    in_force(cast, team_of(cast.rita), threshold=23)
    address = reverse("definition_progress")
    assert "Everybody is judged by it" in page(cast, "rita", address)
    refresh_all(now=NOW)
    assert "What team North owns is judged by it" in page(cast, "rita", f"{address}?team={team_of(cast.rita).pk}")


def test_a_draft_is_given_to_a_team_in_the_editor(cast: Cast) -> None:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    edit = reverse("definition_edit", args=[row.pk])
    client = client_of(cast.mara)
    assert "those of team North" in client.get(edit).content.decode()
    fields = _fields(row)
    definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=row.revision, now=NOW)
    for wrong in ("999999", "x", "9" * 30, "\x00", "🎈", "-1"):
        response = client.post(edit, {**fields, "team": wrong})
        assert response.status_code == 422
        assert "Choose one of the teams, or everybody." in response.content.decode()
    north = team_of(cast.rita)
    assert client.post(edit, {**fields, "team": str(north.pk)}).status_code == 302
    row.refresh_from_db()
    assert (row.team, row.status, row.marketing_signed_at) == (north, DefinitionStatus.DRAFT, None)  # signed no more
    said = page(cast, "mona", reverse("definition_version", args=[row.pk]))
    assert "It judges the leads of team North instead of everybody." in said
    assert "A lead of team North becomes a prospect" in said


def _fields(row: Definition) -> dict[str, Any]:
    """What the editor sends for a draft with one rule."""
    content = replace(content_of(row), engagement=(), personas=(), exclusions=())
    content = replace(content, fit=content.fit[:1], required=(), fresh=(), two_way_days=None, threshold=5)
    return {
        "do": "save",
        "seen": str(row.revision),
        "name": "For them",
        "threshold": "5",
        "grade_a_fit": "2",
        "grade_b_fit": "1",
        "grade_1_engagement": "2",
        "grade_2_engagement": "1",
        "e": ["0"],
        "e0-name": "Asked",
        "e0-kind": "demo_requested",
        "e0-points": "20",
        "e0-window": "90",
    }


def test_it_ends_on_its_page_and_the_one_for_all_does_not(cast: Cast) -> None:
    warm(cast.rita)
    own = in_force(cast, team_of(cast.rita), threshold=23)
    client = client_of(cast.mara)
    common = Definition.objects.get(version=1)
    assert "End it for the team" not in client.get(reverse("definition_version", args=[common.pk])).content.decode()
    client.post(reverse("definition_end", args=[common.pk]))
    common.refresh_from_db()
    assert common.status == DefinitionStatus.ACTIVE
    assert "End it for the team" in client.get(reverse("definition_version", args=[own.pk])).content.decode()
    response = client.post(reverse("definition_end", args=[own.pk]), follow=True)
    assert "The leads of team North are being judged by version 1." in response.content.decode()
    own.refresh_from_db()
    assert own.status == DefinitionStatus.RETIRED
    assert client.get(reverse("definition_end", args=[own.pk])).status_code == 405
    assert client.post(reverse("definition_end", args=[2**31])).status_code == 404


def test_half_of_a_teams_leads_is_said_before_it_is_activated(cast: Cast) -> None:
    for _ in range(20):
        factories.contact(owner=cast.rita, country="DE")
    for _ in range(60):
        factories.contact()  # of all leads it would be few
    row = draft_for(cast, team_of(cast.rita), threshold=1, two_way_days=None, required=(), fresh=())
    definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=row.revision, now=NOW)
    definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=row.revision, now=NOW)
    client = client_of(cast.mona)
    said = client.post(reverse("definition_activate", args=[row.pk]), {"seen": row.revision}, follow=True)
    assert "100 % of leads of team North would qualify at once (20 of 20" in said.content.decode()
    assert "Half of the team’s leads, and it is meant so" in said.content.decode()
    client.post(reverse("definition_activate", args=[row.pk]), {"seen": row.revision, "is_sure": "on"})
    row.refresh_from_db()
    assert row.status == DefinitionStatus.ACTIVE


def test_the_explanation_names_the_team(cast: Cast) -> None:
    north, south = warm(cast.rita), warm(cast.sven)
    own = in_force(cast, team_of(cast.rita), threshold=23)
    assert f"definition v{own.version}</a> of team North" in page(cast, "mona", reverse("score_why", args=[north.pk]))
    assert "definition v1</a>;" in page(cast, "mona", reverse("score_why", args=[south.pk]))
    Team.objects.filter(name="North").update(name="Nord")
    assert "of team Nord" in page(cast, "mona", reverse("score_why", args=[north.pk]))


def test_each_definition_has_a_report_of_its_own_leads(cast: Cast) -> None:
    north, south, _ = warm(cast.rita), warm(cast.sven), warm(None)
    own = in_force(cast, team_of(cast.rita), threshold=23)
    assert is_due(now=NOW)
    count_rules(now=NOW)
    assert not is_due(now=NOW)
    people = dict(RuleReport.objects.values_list("definition", "content__contacts"))
    assert people == {own.pk: 1, Definition.objects.get(version=1).pk: 2}
    spec = active_specs().teams[team_of(cast.rita).pk]
    report = page(cast, "mona", f"{reverse('rule_report')}?team={spec.team_id}")
    assert f"By definition v{own.version} of team North" in report
    demo = next(line for line in spec.engagement if line.name == "Asked for a demo")
    listed = page(cast, "mona", reverse("rule_contacts", args=[f"e{demo.id}", "fires"]))
    assert north.name in listed and south.name not in listed


def test_pages_cost_no_more_where_nobody_has_a_definition_of_their_own(cast: Cast) -> None:
    contact = warm(cast.rita)
    refresh_all(now=NOW)
    client = client_of(cast.mona)
    addresses = [reverse("contact", args=[contact.pk]), reverse("leads"), f"{reverse('leads')}?view=hot"]
    before = [page_cost(client, address) for address in addresses]
    in_force(cast, team_of(cast.rita), threshold=50)
    refresh_all(now=NOW)
    assert [page_cost(client, address) for address in addresses] == before
    assert before[0] <= 10
    assert day_of(NOW) == Standing.objects.get(pk=contact.pk).day
