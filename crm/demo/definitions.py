"""The demo's definitions: the one it began with, the one that sales and marketing agreed on, and a draft in review."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import Refused
from crm.demo import logins
from leads.days import day_of
from scoring.models import Definition, DefinitionStatus
from scoring.queries.drafts import content_of
from scoring.queries.shadows import running
from scoring.services import definitions
from scoring.services.back_tests import continue_back_test, start_back_test
from scoring.services.previews import continue_preview, start_preview
from scoring.services.shadows import judge, start_shadow, walk
from scoring.statement import EVERYBODY
from users.models import User


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
        content_of(row),
        name="Agreed with sales",
        note="An A asked for more fit than most of our best customers had.",
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
    counted = tuple(
        replace(rule, points=9, cap=27) if rule.name == "Looked at pricing" else rule for rule in content.engagement
    )
    content = replace(
        content,
        name="Pricing counts more",
        note="Who comes back to the prices buys sooner than who reads the blog. In return the line moves up a little.",
        threshold=54,
        engagement=counted,
        required=tuple((key, "weak" if key == "need" else least) for key, least in content.required),
    )
    row = definitions.save_draft(definition_id=row.pk, content=content, by=marketer, seen=row.revision, now=at)
    definitions.sign(definition_id=row.pk, side="marketing", by=marketer, seen=row.revision, now=at)


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


def _keep_beside(draft: Definition, now: datetime) -> None:
    """The draft has run as a shadow for a week: it judged everybody then, and does today."""
    began = now - timedelta(days=7)
    shadow = start_shadow(definition_id=draft.pk, by=draft.changed_by, now=began)
    while walk(shadow.pk, now=began):
        pass
    if (current := running()) is not None:
        judge(current, EVERYBODY, [], day_of(now), now=now)


def _person(name: str) -> User:
    return User.objects.get(email=f"{name}@{logins.DOMAIN}")
