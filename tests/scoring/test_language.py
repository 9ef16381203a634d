"""What a definition can say besides points and a line: personas, exclusions, once-only rules, fresh answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from activities.models import Activity
from leads.days import day_of
from leads.models import Company, Contact, Standing
from scoring import queries
from scoring.drafting import Content, ExclusionDraft, FitDraft, PersonaDraft
from scoring.models import Definition, Exclusion, Persona, Verdict
from scoring.queries.drafts import content_of
from scoring.services import definitions, refresh_all, rescore_changed
from scoring.statement import RANGE
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db
DAY = day_of(NOW)
Activate = Callable[..., Definition]


def employees(low: int, high: int) -> dict[str, Any]:
    return {"field": "company.employees", "op": "between", "value": [low, high]}


def country(code: str) -> dict[str, Any]:
    return {"field": "contact.country", "op": "is", "value": code}


MIDDLE = PersonaDraft(
    "Mid-market", (FitDraft("50 to 500", 10, employees(50, 500)), FitDraft("Abroad", -4, country("FR")))
)
LARGE = PersonaDraft(
    "Enterprise", (FitDraft("400 or more", 9, employees(400, 10**6)), FitDraft("Home", 1, country("DE")))
)
STAFF = ExclusionDraft("own staff", {"field": "contact.own_staff", "op": "is", "value": True})
RIVAL = ExclusionDraft("competitor", {"field": "contact.email_domain", "op": "in", "value": ["rival.example"]})


@pytest.fixture
def activate(cast: Cast) -> Activate:
    """Agree on another version of the active definition, and judge everybody by it."""

    def work(**changes: Any) -> Definition:
        row = definitions.new_draft(by=cast.mara, now=NOW)
        content: Content = replace(content_of(row), **changes)
        row = definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)
        assert content_of(row) == content  # what was written is what is read
        for side, by in (("marketing", cast.mara), ("sales", cast.mona)):
            definitions.sign(definition_id=row.pk, side=side, by=by, seen=row.revision, now=NOW)
        row = definitions.activate(definition_id=row.pk, seen=row.revision, now=NOW)
        refresh_all(now=NOW)
        return row

    return work


def person(size: int | None, code: str = "", **fields: Any) -> Contact:
    return factories.contact(company=Company.objects.create(name="Example", employees=size), country=code, **fields)


def persona_of(contact: Contact) -> str:
    spec = queries.active_spec()
    assert spec is not None
    return spec.persona(Standing.objects.get(pk=contact.pk).persona_id)


def test_the_best_persona_counts_and_the_first_of_equals(activate: Activate) -> None:
    middle, both, tie, nobody, abroad = (
        person(100, "AT"),
        person(450, "AT"),
        person(450, "DE"),
        person(10, "AT"),
        person(450, "FR"),
    )
    activate(fit=(), personas=(MIDDLE, LARGE))
    fit = {one: Standing.objects.get(pk=one.pk).fit for one in (middle, both, tie, nobody, abroad)}
    assert fit == {middle: 10, both: 10, tie: 10, nobody: 0, abroad: 9}
    named = [persona_of(one) for one in (middle, both, tie, nobody, abroad)]
    assert named == ["Mid-market", "Mid-market", "Mid-market", "", "Enterprise"]
    activate(fit=(), personas=(LARGE, MIDDLE))
    assert persona_of(tie) == "Enterprise"


def test_a_persona_that_gives_nothing_is_nobody_s(activate: Activate) -> None:
    cool = PersonaDraft("Cool", (FitDraft("Any size", 4, employees(1, 10**6)), FitDraft("Abroad", -4, country("FR"))))
    activate(fit=(), personas=(cool,))
    contact = person(5, "FR")
    rescore_changed(now=NOW)
    assert (persona_of(contact), Standing.objects.get(pk=contact.pk).fit) == ("", 0)


def test_the_explanation_shows_the_rules_of_the_persona_that_won(activate: Activate) -> None:
    contact = person(450, "FR")
    activate(fit=(FitDraft("Abroad", 2, country("FR")),), personas=(MIDDLE, LARGE))
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None
    lines = [(line.name, line.persona, line.thousandths) for line in explanation.lines]
    assert lines == [("400 or more", "Enterprise", 9000), ("Abroad", "", 2000)]
    assert (explanation.fit, explanation.persona) == (11, "Enterprise")
    assert explanation.as_json()["persona"] == "Enterprise"


def test_a_persona_follows_what_becomes_known(activate: Activate) -> None:
    activate(personas=(MIDDLE, LARGE))
    contact = person(None)
    rescore_changed(now=NOW)
    assert persona_of(contact) == ""
    Company.objects.filter(contacts=contact).update(employees=5000)
    factories.event(contact)
    rescore_changed(now=NOW)
    assert persona_of(contact) == "Enterprise"


def test_a_definition_without_personas_knows_none(activate: Activate) -> None:
    contact = person(100)
    activate(personas=(MIDDLE,))
    assert persona_of(contact) == "Mid-market"
    activate(personas=())
    assert persona_of(contact) == ""
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None and explanation.persona == ""


def qualified(**fields: Any) -> Contact:
    """Somebody with all that the definition asks for."""
    contact = factories.contact(**fields)
    for kind in ("demo_requested", "email_replied", "meeting_held"):
        factories.event(contact, kind)
    factories.bant(contact)
    return contact


def test_whoever_is_excluded_never_qualifies_and_hears_why(activate: Activate) -> None:
    rival, ours, fine = qualified(email="a@rival.example"), qualified(email="b@winnow.example"), qualified()
    activate(exclusions=(RIVAL, STAFF))
    rescore_changed(now=NOW)
    found = {row.pk: row for row in Standing.objects.all()}
    assert [found[one.pk].is_qualified for one in (rival, ours, fine)] == [False, False, True]
    spec = queries.active_spec()
    assert spec is not None
    names = [spec.exclusion(found[one.pk].exclusion_id) for one in (rival, ours, fine)]
    assert names == ["competitor", "own staff", ""]
    explanation = queries.why(rival.pk, DAY)
    assert explanation is not None and not explanation.is_qualified
    assert (explanation.excluded, explanation.total >= explanation.threshold) == ("competitor", True)


def test_who_is_excluded_later_loses_the_verdict_with_the_reason(activate: Activate) -> None:
    contact = qualified(email="a@rival.example")
    rescore_changed(now=NOW)
    assert Verdict.objects.get(contact=contact).is_qualified
    activate(exclusions=(RIVAL,))
    verdict = Verdict.objects.filter(contact=contact).latest("pk")
    assert not verdict.is_qualified and verdict.reasons[0] == "excluded: competitor"
    assert Activity.objects.filter(contact=contact, body__startswith="excluded: competitor").exists()


def once(content: Content, name: str, **changes: Any) -> Any:
    return tuple(replace(rule, **changes) if rule.name == name else rule for rule in content.engagement)


def test_a_rule_that_counts_once_is_worth_its_newest_event_and_only_fades(activate: Activate) -> None:
    active = content_of(Definition.objects.get(status="active"))
    activate(engagement=once(active, "Filled in a form", first_only=True, cap=None, half_life_days=10, window_days=40))
    contact = factories.contact()
    for days_ago in (35, 20, 20, 10):
        factories.event(contact, "form_submitted", days_ago=days_ago)
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None
    line = next(line for line in explanation.lines if line.name == "Filled in a form")
    assert (line.thousandths, line.events) == (6000, 4)  # 12 × 2^(−10/10), whatever came before
    totals = []
    for later in range(45):
        then = queries.why(contact.pk, DAY + later)
        assert then is not None
        totals.append(then.total)
    assert totals == sorted(totals, reverse=True) and totals[-1] == explanation.fit


def test_an_answer_must_be_fresh_where_the_definition_says_so(activate: Activate) -> None:
    contact = qualified()
    factories.evidence(contact, "budget", now=NOW)
    activate(fresh=(("budget", 30),))
    rescore_changed(now=NOW)
    assert Standing.objects.get(pk=contact.pk).is_qualified
    for days, is_qualified in ((29, True), (30, False)):
        explanation = queries.why(contact.pk, DAY + days)
        assert explanation is not None
        missing = [row.what for row in explanation.missing]
        assert ("Budget" not in missing) is is_qualified
    assert explanation is not None
    assert explanation.missing[0].sentence == "Budget is not answered in the last 30 days."


def test_who_changes_a_draft_leaves_nothing_of_it_behind(cast: Cast) -> None:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content = replace(content_of(row), personas=(MIDDLE, LARGE), exclusions=(STAFF,))
    row = definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)
    content = replace(content, personas=(LARGE,), exclusions=())
    row = definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)
    assert (Persona.objects.count(), Exclusion.objects.count()) == (1, 0)
    assert list(row.fit_rules.filter(persona__isnull=False).values_list("name", flat=True)) == ["400 or more", "Home"]
    definitions.discard_draft(definition_id=row.pk)
    assert not Persona.objects.exists()


def test_a_definition_that_uses_none_of_it_compiles_to_the_same_statement_as_ever() -> None:
    spec = queries.active_spec()
    assert spec is not None
    sql = queries.statement_of(spec).update(RANGE)
    for word in ("persona", "exclusion", "once", "observed_at,", "points"):
        assert word not in sql
