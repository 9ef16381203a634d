"""The demo's definitions: the one it began with, the one that sales and marketing agreed on, and a draft in review."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.errors import Refused
from crm.demo import logins
from leads.days import day_of
from scoring.drafting import Content, ExclusionDraft, FitDraft, PersonaDraft
from scoring.models import Definition, DefinitionStatus, Verdict
from scoring.queries.drafts import content_of
from scoring.queries.shadows import running
from scoring.queries.specs import active_specs
from scoring.services import definitions
from scoring.services.back_tests import continue_back_test, start_back_test
from scoring.services.loads import continue_load_trial, start_load_trial
from scoring.services.previews import continue_preview, start_preview
from scoring.services.shadows import judge, start_shadow, walk
from scoring.statement import EVERYBODY
from users.models import Team, User

OPERATIONS: dict[str, Any] = {
    "field": "contact.job_title",
    "op": "contains_any",
    "value": ["operations", "supply chain", "logistics", "operating"],
}
STUDENTS = {"field": "contact.job_title", "op": "contains_any", "value": ["student", "intern"]}
STAFF = {"field": "contact.own_staff", "op": "is", "value": True}
RIVALS: dict[str, Any] = {
    "any": [
        {"field": "contact.email_domain", "op": "in", "value": ["rivalplan.example", "planwright.example"]},
        {"field": "company.name", "op": "contains_any", "value": ["Rivalplan", "Planwright"]},
    ]
}
OVERSEAS = logins.TEAMS[-1]
WORTH_THE_JOURNEY: dict[str, Any] = {
    "all": [
        {"field": "company.country", "op": "known"},
        {
            "any": [
                {"field": "company.employees", "op": "at_least", "value": 500},
                {"field": "company.country", "op": "in", "value": ["US", "CA"]},
            ]
        },
    ]
}
LARGE = "Large enterprise"
SIZES = {"50 to 1,000 employees", "More than 1,000 employees"}


def _size(op: str, value: Any) -> dict[str, Any]:
    return {"field": "company.employees", "op": op, "value": value}


def _with_personas(content: Content) -> Content:
    """Two kinds of buyers instead of two sizes; students and our own people are kept out."""
    return replace(
        content,
        fit=tuple(rule for rule in content.fit if rule.name not in SIZES),
        engagement=tuple(
            replace(rule, first_only=True, cap=None) if rule.name == "Subscribed to the newsletter" else rule
            for rule in content.engagement
        ),
        personas=(
            PersonaDraft(
                "Mid-market operations",
                (
                    FitDraft("50 to 1,000 employees", 12, _size("between", [50, 1000])),
                    FitDraft("Runs operations", 3, OPERATIONS),
                ),
            ),
            PersonaDraft(
                LARGE,
                (
                    FitDraft("More than 1,000 employees", 8, _size("at_least", 1001)),
                    FitDraft("Decides for a country", 2, {**OPERATIONS, "value": ["director", "chief", "vp "]}),
                ),
            ),
        ),
        exclusions=(ExclusionDraft("own staff", STAFF), ExclusionDraft("student or intern", STUDENTS)),
    )


def agree_on_a_definition(midnight: datetime) -> None:
    """Before the demo's year began, both signed a version that asks a little less of an A."""
    began, agreed = midnight - timedelta(days=800), midnight - timedelta(days=730)
    first = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    if first.marketing_signed_at or Definition.objects.count() > 1:
        return  # somebody works with definitions of their own
    Definition.objects.filter(pk=first.pk).update(activated_at=began)
    marketer, manager = _person("marketer"), _person("manager")
    row = definitions.new_draft(by=marketer, now=agreed)
    content = replace(
        _with_personas(content_of(row)),
        name="Agreed with sales",
        note="An A asked for more fit than most of our best customers had. We sell to two kinds of buyers: each counts "
        "by its own rules.",
        grades=(20, 10, 40, 20),
    )
    row = definitions.save_draft(definition_id=row.pk, content=content, by=marketer, seen=row.revision, now=agreed)
    definitions.sign(definition_id=row.pk, side="marketing", by=marketer, seen=row.revision, now=agreed)
    definitions.sign(definition_id=row.pk, side="sales", by=manager, seen=row.revision, now=agreed)
    definitions.activate(definition_id=row.pk, seen=row.revision, now=agreed)


def propose_a_change(midnight: datetime) -> None:
    """A draft that marketing has signed and sales has not."""
    at = midnight - timedelta(days=2, hours=-9)
    marketer = _person("marketer")
    try:
        row = definitions.new_draft(by=marketer, now=at)
    except Refused:
        return
    content = content_of(row)
    changes: dict[str, dict[str, Any]] = {
        "Looked at pricing": {"points": 9, "cap": 27},
        "Asked for a demo": {"first_only": True, "cap": None},
    }
    counted = tuple(replace(rule, **changes.get(rule.name, {})) for rule in content.engagement)
    content = replace(
        content,
        name="Pricing counts more",
        note="Who comes back to the prices buys sooner than who reads the blog. In return the line moves up a little.",
        threshold=54,
        engagement=counted,
        required=tuple((key, "weak" if key == "need" else least) for key, least in content.required),
        fresh=(("budget", 120),),
        exclusions=(*content.exclusions, ExclusionDraft("competitor", RIVALS)),
    )
    row = definitions.save_draft(definition_id=row.pk, content=content, by=marketer, seen=row.revision, now=at)
    definitions.sign(definition_id=row.pk, side="marketing", by=marketer, seen=row.revision, now=at)


def draft_for_a_team(midnight: datetime) -> None:
    """A definition of their own that those who sell overseas think about."""
    at = midnight - timedelta(days=5, hours=-10)
    marketer, team = _person("marketer"), Team.objects.filter(name=OVERSEAS).first()
    try:
        row = definitions.new_draft(by=marketer, now=at)
    except Refused:
        return
    content = content_of(row)
    content = replace(
        content,
        name="Overseas: larger companies",
        note="A visit costs a week. Overseas we go only to companies that are large, or near where we have customers. "
        "An enterprise budgets a year ahead: there it is enough to know who decides and what they need.",
        team=team.pk if team else None,
        threshold=60,
        fit=(*content.fit, FitDraft("Worth the journey", 10, WORTH_THE_JOURNEY)),
        personas=tuple(
            replace(persona, required=(("authority", "meets"), ("need", "weak"))) if persona.name == LARGE else persona
            for persona in content.personas
        ),
    )
    definitions.save_draft(definition_id=row.pk, content=content, by=marketer, seen=row.revision, now=at)


def try_out_the_change(now: datetime) -> None:
    """What the draft would do, and would have done; once everybody has been judged."""
    for row in Definition.objects.filter(status=DefinitionStatus.REVIEW):
        preview = start_preview(definition_id=row.pk, whole=True, by=row.changed_by, now=now)
        while continue_preview(preview.pk, now=now):
            pass
        test = start_back_test(definition_id=row.pk, weeks=26, by=row.changed_by, now=now)
        while continue_back_test(test.pk, now=now):
            pass
        _keep_beside(row, now)
    load = start_load_trial(by=None, now=now)
    while continue_load_trial(load.pk, now=now):
        pass


def _keep_beside(draft: Definition, now: datetime) -> None:
    """The draft has run as a shadow for a week: it judged everybody then, and does today."""
    began = now - timedelta(days=7)
    shadow = start_shadow(definition_id=draft.pk, by=draft.changed_by, now=began)
    while walk(shadow.pk, now=began):
        pass
    # standings are of today: whom the active one has qualified since, it had not when the week began
    since = Verdict.objects.filter(at__gte=began, is_qualified=True).values("contact")
    shadow.verdicts.filter(was_at_start=False, contact__in=since).delete()
    if (current := running()) is not None:
        judge(current, active_specs(), EVERYBODY, [], day_of(now), now=now)


def _person(name: str) -> User:
    return User.objects.get(email=f"{name}@{logins.DOMAIN}")
