"""The editor's controls for personas, exclusions, once-only rules, fresh answers and new patterns."""

from typing import Any

import pytest
from django.urls import reverse

from leads.models import Facet, FacetRun
from scoring.models import Definition
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_studio import controls, post

pytestmark = pytest.mark.django_db
PERSONA = {
    "p": [0],
    "p0-name": "Mid-market",
    "p0f": [0, 4],
    "p0f0-name": "50 to 500",
    "p0f0-points": "10",
    "p0f0-c": [0],
    "p0f0-c0-field": "company.employees",
    "p0f0-c0-op": "between",
    "p0f0-c0-value": "50\r\n500",
    "p0f4-name": "Abroad",
    "p0f4-points": "−4",
    "p0f4-c": [0],
    "p0f4-c0-field": "contact.country",
    "p0f4-c0-op": "is",
    "p0f4-c0-value": "FR",
}
RIVAL = {
    "x": [3],
    "x3-name": "competitor",
    "x3-c": [0],
    "x3-c0-field": "contact.email_domain",
    "x3-c0-op": "in",
    "x3-c0-value": "rival.example\r\nother.example",
}


@pytest.fixture
def draft(cast: Cast) -> Definition:
    return definitions.new_draft(by=cast.mara, now=NOW)


def page_of(draft: Definition, user: Any, name: str = "version") -> str:
    html: str = client_of(user).get(reverse(f"definition_{name}", args=[draft.pk])).content.decode()
    return html


def test_all_that_is_new_is_kept_and_read_again(cast: Cast, draft: Definition) -> None:
    new = {"e1-first_only": "on", "e1-cap": "", "fresh-budget": "90"} | PERSONA | RIVAL
    assert post(cast.mara, draft, controls(draft) | new).status_code == 302
    draft.refresh_from_db()
    content = content_of(draft)
    assert content.engagement[1].first_only and not content.engagement[0].first_only
    assert content.fresh == (("budget", 90),)
    assert [(row.name, [rule.name for rule in row.rules]) for row in content.personas] == [
        ("Mid-market", ["50 to 500", "Abroad"])
    ]
    assert content.personas[0].rules[1].points == -4
    assert content.exclusions[0].conditions["value"] == ["rival.example", "other.example"]
    html = page_of(draft, cast.vera)
    for text in (
        "“Viewed a page” (Pricing) gives +6 once, by its newest time",
        "counts once; cap 18 → none.",
        "Budget: the answer must not be older than 90 days.",
        "New persona “Mid-market”: 50 to 500: +10 when Employees between 50 and 500; Abroad: −4 when Country is FR.",
        "New exclusion “competitor”: kept out when E-mail domain is one of rival.example, other.example.",
        "budget (weak or better, not older than 90 days)",
    ):
        assert text in html, text
    assert "“Mid-market” is the only persona" in html
    html = page_of(draft, cast.mara, "edit")
    assert 'name="p0f1-name" value="Abroad"' in html and 'name="e1-first_only" checked' in html
    assert 'name="fresh-budget" value="90"' in html and "other.example</textarea>" in html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p0-name": ""}, "Give it a name."),
        ({"p0-name": "p" * 100_000}, "At most 60 characters."),
        ({"p0f": [4]}, "give it a rule with positive points"),
        ({"p0f": []}, "give it a rule with positive points"),
        ({"p0f0-points": "0"}, "A rule of 0 points does nothing"),
        ({"p0f0-c0-value": "many"}, "is not a number value"),
        ({"p0f0-c0-field": "contact.shoe"}, "is not a field"),
        ({"p": [0, 1], "p1-name": "Mid-market"}, "There is a persona called “Mid-market” already."),
        ({"p": list(range(20))}, "At most 8 personas"),
        ({"x3-name": ""}, "Give it a name."),
        ({"x3-c": []}, "A condition is an object"),
        ({"x3-c0-value": ""}, "give a list of 1 to 300 values"),
        ({"x": list(range(30))}, "At most 12 exclusions"),
        ({"fresh-budget": "-3"}, "Not older than: a whole number from 1"),
        ({"fresh-budget": "0"}, "Not older than: a whole number from 1"),
        ({"fresh-budget": "1e3"}, "Not older than: a whole number from 1"),
        ({"threshold": "505"}, "Nobody can reach this"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    cast: Cast, draft: Definition, changes: dict[str, Any], said: str
) -> None:
    answer = post(cast.mara, draft, controls(draft) | PERSONA | RIVAL | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.revision, draft.personas.count(), draft.exclusions.count()) == (1, 0, 0)


def test_how_fresh_counts_only_where_an_answer_is_required(cast: Cast, draft: Definition) -> None:
    changes = {"required-budget": "", "fresh-budget": "90"}
    assert post(cast.mara, draft, controls(draft) | changes).status_code == 302
    assert content_of(draft).fresh == ()


@pytest.mark.parametrize(
    ("do", "there", "gone"),
    [
        ("add:p", 'name="p1-name" value=""', ""),
        ("add:p0f", 'name="p0f2-name" value=""', ""),
        ("remove:p0f4", 'value="50 to 500"', 'value="Abroad"'),
        ("up:p0f4", 'name="p0f0-name" value="Abroad"', ""),
        ("remove:p0", "No persona.", 'value="Mid-market"'),
        ("leaf:p0f0", "Another condition", ""),
        ("leaf:x3", 'name="x0-c1-value"', ""),
        ("add:x:staff", 'value="own staff"', ""),
        ("add:x:no", 'value="said no"', ""),
        ("add:x:private", 'value="private address"', ""),
        ("add:x:rivals", "competitor.example", ""),
        ("add:x:other", 'name="x1-name" value=""', ""),
        ("remove:x3", "Nobody is excluded", "rival.example"),
    ],
)
def test_buttons_rearrange_and_keep_nothing(cast: Cast, draft: Definition, do: str, there: str, gone: str) -> None:
    answer = post(cast.mara, draft, controls(draft) | PERSONA | RIVAL | {"do": do})
    html = answer.content.decode()
    assert answer.status_code == 200 and there in html
    assert not gone or gone not in html
    assert not draft.personas.exists()


def test_a_pattern_is_made_beside_the_rule_that_needs_it(cast: Cast, draft: Definition) -> None:
    factories.event(factories.contact(), path="/plans/team")
    new = {"e0-new_name": "Plans", "e0-new_pattern": "/plans*, /tariffs*", "do": "pattern:e0"}
    html = post(cast.mara, draft, controls(draft) | new).content.decode()
    facet = Facet.objects.get(name="Plans")
    assert f'name="e0-facet" value="{facet.pk}" checked' in html
    assert "“Plans” is a pattern now. It fits 1 of the newest 1 events of this kind, such as /plans/team." in html
    assert (facet.pattern, FacetRun.objects.count(), draft.revision) == ("/plans*, /tariffs*", 1, 1)


def test_a_pattern_that_is_wrong_is_said_beside_it(cast: Cast, draft: Definition) -> None:
    for pattern, said in (("", "One per line"), ("*a*a*a*a*", "at most 3 stars")):
        new = {"e0-new_name": "Slow", "e0-new_pattern": pattern, "do": "pattern:e0"}
        answer = post(cast.mara, draft, controls(draft) | new)
        assert answer.status_code == 422 and said in answer.content.decode()
    assert not Facet.objects.filter(name="Slow").exists()


def test_who_does_not_keep_the_kinds_makes_no_patterns(cast: Cast, draft: Definition) -> None:
    new = {"e0-new_name": "Plans", "e0-new_pattern": "/plans*", "do": "pattern:e0"}
    html = post(cast.mona, draft, controls(draft) | new).content.decode()
    assert "new_pattern" not in html and not Facet.objects.filter(name="Plans").exists()


def test_half_of_all_leads_at_once_takes_a_second_word(cast: Cast, draft: Definition) -> None:
    for number in range(20):
        factories.contact(country="DE" if number % 2 else "")
    content = controls(draft) | {"threshold": "10", "two_way_days": "", "e": [], "f": [4]}
    content |= {"f4-points": "10"} | {f"required-{key}": "" for key in ("budget", "authority", "need", "timeline")}
    assert post(cast.mara, draft, content).status_code == 302
    draft.refresh_from_db()
    for side, by in (("marketing", cast.mara), ("sales", cast.mona)):
        definitions.sign(definition_id=draft.pk, side=side, by=by, seen=2, now=NOW)
    url = reverse("definition_activate", args=[draft.pk])
    answer = client_of(cast.mona).post(url, {"seen": 2}, follow=True)
    html = answer.content.decode()
    assert "50 % of all leads would qualify at once (10 of 20 that were looked at)" in html
    assert 'name="is_sure"' in html
    draft.refresh_from_db()
    assert draft.status == "review"
    client_of(cast.mona).post(url, {"seen": 2, "is_sure": "on"})
    draft.refresh_from_db()
    assert draft.status == "active"

    first = Definition.objects.get(version=1)
    calm = definitions.roll_back(definition_id=first.pk, by=cast.mona, now=NOW)
    url = reverse("definition_roll_back", args=[draft.pk])  # back to the one that flooded: asked again
    html = client_of(cast.mona).post(url, follow=True).content.decode()
    assert "Make a draft from it and raise its line; or say below that it is meant so." in html
    assert 'name="is_sure"' in html and html.count(url) == 1
    assert Definition.objects.get(status="active") == calm
    client_of(cast.mona).post(url, {"is_sure": "on"})
    assert Definition.objects.get(status="active").based_on == draft


GROUP = {
    "f0-joiner": "all",
    "f0-c": [0, 1],
    "f0-c0-field": "contact.country",
    "f0-c0-op": "in",
    "f0-c0-value": "DE\r\nAT",
    "f0-c1-joiner": "any",
    "f0-c1-c": [0, 1],
    "f0-c1-c0-field": "company.employees",
    "f0-c1-c0-op": "at_least",
    "f0-c1-c0-value": "500",
    "f0-c1-c1-field": "contact.job_title",
    "f0-c1-c1-op": "contains",
    "f0-c1-c1-value": "head",
}


def test_a_rule_asks_for_all_of_these_and_any_of_those(cast: Cast, draft: Definition) -> None:
    assert post(cast.mara, draft, controls(draft) | GROUP).status_code == 302
    draft.refresh_from_db()
    rule = content_of(draft).fit[0]
    assert rule.conditions == {
        "all": [
            {"field": "contact.country", "op": "in", "value": ["DE", "AT"]},
            {
                "any": [
                    {"field": "company.employees", "op": "at_least", "value": 500},
                    {"field": "contact.job_title", "op": "contains", "value": "head"},
                ]
            },
        ]
    }
    shown = page_of(draft, cast.mara, "edit")
    assert 'value="leaf:f0-c1"' in shown and "f0-raw" not in shown
    assert "Country is one of DE, AT and (Employees is at least 500 or Job title contains head)" in shown


@pytest.mark.parametrize(
    ("do", "drawn"),
    [
        ("group:f0", 'name="f0-c2-c1-field"'),
        ("leaf:f0-c1", 'name="f0-c1-c2-field"'),
        ("unleaf:f0:0", 'name="f0-c1-field"'),
        ("group:p0f0", 'name="p0f0-c1-c1-field"'),
        ("group:x3", 'name="x0-c1-c1-field"'),
    ],
)
def test_groups_come_and_go_without_saving(cast: Cast, draft: Definition, do: str, drawn: str) -> None:
    answer = post(cast.mara, draft, controls(draft) | GROUP | PERSONA | RIVAL | {"do": do})
    assert answer.status_code == 200
    assert drawn in answer.content.decode()
    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"f0-c1-c0-value": "many\r\n\0"}, "is not a number value"),
        ({"f0-c1-c1-field": "contact.shoe"}, "is not a field"),
        ({"f0-c1-c1-value": "x" * 1_000_000}, "is not a text value"),
        ({"f0-c1-c1-value": ""}, "is not a text value"),
        (
            {
                "f0-c1-joiner": "all",
                "f0-c1-c1-field": "company.employees",
                "f0-c1-c1-op": "at_most",
                "f0-c1-c1-value": "9",
            },
            "contradict each other",
        ),
    ],
)
def test_what_is_wrong_in_a_group_is_said_beside_it(
    cast: Cast, draft: Definition, changes: dict[str, str], said: str
) -> None:
    answer = post(cast.mara, draft, controls(draft) | GROUP | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    draft.refresh_from_db()
    assert draft.revision == 1
