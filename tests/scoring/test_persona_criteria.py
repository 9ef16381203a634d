"""A persona that asks for criteria of its own: whoever it is judged by these, everywhere, and not by everybody's."""

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from crm.queries.nearly import near_leads
from leads.models import Company, Contact, Criterion, Standing
from pipeline.models import DeskPlace
from pipeline.queries.desk import asked_of
from pipeline.services import desk
from scoring import queries
from scoring.drafting import FitDraft
from scoring.models import Definition, RequiredCriterion, Verdict
from scoring.queries.drafts import content_of
from scoring.services import definitions, refresh_all, rescore_changed
from scoring.statement import ONE
from tests import factories
from tests.api.conftest import Caller, api
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_editor import PERSONA
from tests.scoring.test_language import DAY, LARGE, MIDDLE, RIVAL, Activate, activate, employees, person
from tests.scoring.test_studio import controls, post

__all__ = ["activate", "api"]
pytestmark = pytest.mark.django_db
CHAMPION = replace(LARGE, required=(("authority", "weak"), ("champion", "meets")), fresh=(("champion", 60),))


@pytest.fixture
def champion(cast: Cast) -> Criterion:
    return Criterion.objects.create(
        key="champion", label="Champion", letter="C", question="Who wants it most?", valid_days=90, position=9
    )


def keen(size: int | None, *answered: str, **fields: Any) -> Contact:
    """Somebody far above the line who has talked to us and answered these."""
    contact = person(size, **fields)
    for kind in ("demo_requested", "email_replied", "meeting_held"):
        factories.event(contact, kind)
    for key in answered:
        factories.evidence(contact, key)
    return contact


def qualified() -> dict[int, bool]:
    return dict(Standing.objects.values_list("pk", "is_qualified"))


def missing(contact: Contact, day: int = DAY) -> list[str]:
    explanation = queries.why(contact.pk, day)
    assert explanation is not None
    return [row.what for row in explanation.missing]


def test_each_is_judged_by_what_its_persona_asks(activate: Activate, champion: Criterion) -> None:
    large, middle = keen(5000, "authority", "champion"), keen(100, "authority", "champion")
    bant = {size: keen(size, "budget", "authority", "need", "timeline") for size in (5000, 100, 1)}
    activate(personas=(MIDDLE, CHAMPION))
    found = qualified()
    assert [found[one.pk] for one in (large, middle, *bant.values())] == [True, False, False, True, True]
    assert [missing(one) for one in (large, middle, bant[5000])] == [[], ["Budget", "Need", "Timeline"], ["Champion"]]
    assert Verdict.objects.get(contact=large).reasons[-2:] == ["authority answered", "champion answered"]
    assert "need answered" in Verdict.objects.get(contact=bant[1]).reasons
    factories.event(bant[5000])
    rescore_changed(now=NOW)
    assert not qualified()[bant[5000].pk]


def test_how_good_and_how_fresh_is_the_persona_s_own_too(activate: Activate, champion: Criterion) -> None:
    contact = keen(5000, "champion")
    factories.evidence(contact, "authority", "weak")
    activate(personas=(CHAMPION,))
    assert missing(contact) == []
    assert "Champion" not in missing(contact, DAY + 59)
    then = queries.why(contact.pk, DAY + 60)
    assert then is not None and then.missing[0].sentence == "Champion is not answered in the last 60 days."


def test_who_becomes_another_persona_is_asked_something_else(activate: Activate, champion: Criterion) -> None:
    contact = keen(5000, "authority", "champion")
    activate(personas=(MIDDLE, CHAMPION))
    Company.objects.filter(contacts=contact).update(employees=100)
    factories.event(contact)
    rescore_changed(now=NOW)
    verdict = Verdict.objects.filter(contact=contact).latest("pk")
    assert not verdict.is_qualified and verdict.reasons[-4:] == [
        "budget missing",
        "authority answered",
        "need missing",
        "timeline missing",
    ]
    assert refresh_all(now=NOW) == 0  # one at a time, or all together: the same


def test_only_personas_may_ask(activate: Activate) -> None:
    asks = replace(LARGE, required=(("budget", "meets"),))
    small, large = keen(1), keen(5000)
    activate(required=(), personas=(MIDDLE, asks))
    found = qualified()
    assert (found[small.pk], found[large.pk], missing(large)) == (True, False, ["Budget"])


def test_the_smallest_set_knows_that_an_answer_may_change_what_is_asked(activate: Activate) -> None:
    contact = keen(None, "authority")
    activate(fit=(), personas=(MIDDLE, replace(LARGE, required=(("authority", "meets"),))))
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None and explanation.smallest_set is not None
    assert [row.what for row in explanation.missing if row.criterion_id] == ["Budget", "Need", "Timeline"]
    assert [(step.do, step.key) for step in explanation.smallest_set.steps] == [("learn", "company.employees")]
    Company.objects.filter(contacts=contact).update(employees=5000)
    explained = queries.why(contact.pk, DAY)
    assert explained is not None and explained.is_qualified


def test_desk_and_today_ask_what_the_persona_asks(cast: Cast, activate: Activate, champion: Criterion) -> None:
    rule = FitDraft("1,000 or more", 9, employees(1000, 10**6))
    activate(personas=(MIDDLE, replace(CHAMPION, rules=(rule,))))
    large, middle = keen(5000, "authority"), keen(100, "authority")
    rescore_changed(now=NOW)
    desk.place([large.pk, middle.pk], now=NOW)
    values = dict(DeskPlace.objects.values_list("pk", "value"))
    assert values == {large.pk: 850, middle.pk: 614}  # 0.85 for the one that is open, 0.85³ for three
    near = {lead.pk: lead.missing for lead in near_leads(cast.mona, now=NOW).found}
    assert near == {large.pk: ["champion"], middle.pk: ["budget", "need", "timeline"]}
    explanation = queries.why(large.pk, DAY)
    assert explanation is not None
    asked = asked_of(large, explanation.required, [], [], now=NOW, persona=explanation.persona)
    assert [one.criterion.key for one in asked if one.is_open] == ["champion"]
    assert [one.criterion.key for one in asked if one.is_required] == ["champion", "authority"]


def test_pages_and_the_api_say_it(cast: Cast, activate: Activate, champion: Criterion, api: Caller) -> None:
    contact = keen(5000, "authority")
    activate(personas=(MIDDLE, CHAMPION))
    client = client_of(cast.mara)
    html = client.get(reverse("definition")).content.decode()
    assert "Enterprise: instead of these" in html and "meets, not older than 60 d" in html
    assert (
        "of the persona <b>Enterprise</b>, it is <b>authority</b> (weak or better) and <b>champion</b> instead" in html
    )
    assert "must meet" in client.get(reverse("settings_criteria")).content.decode().partition("Champion")[2][:400]
    said = api(cast.mara).get(f"/api/v1/contacts/{contact.pk}/score?as_of={NOW.date()}").json()
    assert [row["what"] for row in said["missing"] if row["criterion_id"]] == ["Champion"]


def test_a_copy_keeps_them_and_what_is_thrown_away_takes_them_along(
    cast: Cast, activate: Activate, champion: Criterion
) -> None:
    row = activate(personas=(MIDDLE, CHAMPION))
    copy = definitions.new_draft(by=cast.mara, now=NOW)
    assert content_of(copy) == replace(content_of(row), note="")
    assert RequiredCriterion.objects.filter(definition=copy, persona__name="Enterprise").count() == 2
    definitions.discard_draft(definition_id=copy.pk)
    assert RequiredCriterion.objects.filter(persona__isnull=False).count() == 2


def test_without_any_the_statement_is_as_ever(activate: Activate) -> None:
    activate(personas=(MIDDLE, LARGE))
    spec = queries.active_spec()
    assert spec is not None and spec.own_required == {}
    assert "CASE s.persona_now" not in queries.statement_of(spec).update(ONE)


# --- the editor ---

ASKED = PERSONA | {"p0-required-budget": "weak", "p0-fresh-budget": "30", "p0-required-need": "meets"}
INSTEAD = "must answer Budget (weak or better, not older than 30 days), Need instead of what everybody must"


def test_the_editor_keeps_them(cast: Cast) -> None:
    draft = definitions.new_draft(by=cast.mara, now=NOW)
    assert post(cast.mara, draft, controls(draft) | ASKED).status_code == 302
    persona = content_of(draft).personas[0]
    assert (persona.required, persona.fresh) == ((("budget", "weak"), ("need", "meets")), (("budget", 30),))
    client = client_of(cast.mara)
    html = client.get(reverse("definition_version", args=[draft.pk])).content.decode()
    assert html.count(INSTEAD) == 2  # what it says, and against the active one
    html = client.get(reverse("definition_edit", args=[draft.pk])).content.decode()
    assert 'name="p0-fresh-budget" value="30"' in html and f"2 rules; {INSTEAD}" in html
    draft.refresh_from_db()
    moved = post(cast.mara, draft, controls(draft) | ASKED | {"do": "add:p0f"}).content.decode()
    assert 'name="p0-fresh-budget" value="30"' in moved


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p0-required-budget": "perhaps"}, "“budget” is not a criterion that can be required."),
        ({"p0-fresh-budget": "-3"}, "Not older than: a whole number from 1"),
        ({"p0-fresh-budget": "9" * 100_000}, "Not older than: a whole number from 1"),
    ],
)
def test_what_is_wrong_is_said(cast: Cast, changes: dict[str, str], said: str) -> None:
    draft = definitions.new_draft(by=cast.mara, now=NOW)
    answer = post(cast.mara, draft, controls(draft) | ASKED | changes)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Definition.objects.get(pk=draft.pk).personas.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"required": (), "fresh": ()}, "Persona “Enterprise”: must answer what everybody must."),
        (
            {"required": (("authority", "weak"),), "fresh": ()},
            "Persona “Enterprise”: champion need not be answered any more.",
        ),
        ({"fresh": (("champion", 30),)}, "Persona “Enterprise”: champion: the answer must not be older than 30 days"),
    ],
)
def test_two_versions_are_told_apart_by_them(
    cast: Cast, activate: Activate, champion: Criterion, changes: dict[str, Any], said: str
) -> None:
    activate(personas=(MIDDLE, CHAMPION))
    row = activate(personas=(MIDDLE, replace(CHAMPION, **changes)))
    html = client_of(cast.mara).get(reverse("definition_compare"), {"to": row.version, "from": row.version - 1})
    assert said in html.content.decode()


def test_whom_the_definition_leaves_out_is_not_among_those_who_miss_little(activate: Activate, cast: Cast) -> None:
    fine, rival = keen(100, "need", "budget"), keen(100, "need", "budget", email="a@rival.example")
    activate(exclusions=(RIVAL,))
    rescore_changed(now=NOW)
    assert [lead.pk for lead in near_leads(cast.mona, now=NOW).found] == [fine.pk]
    page = client_of(cast.mona).get(reverse("contact", args=[rival.pk])).content.decode()
    assert "Nothing to ask." in page and "The definition leaves them out (“competitor”)" in page
