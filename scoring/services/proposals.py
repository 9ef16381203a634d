"""Points that history suggests become a draft: to be read, previewed and signed like any other."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from core.errors import Refused
from scoring import accountability, queries
from scoring.accountability import Account
from scoring.drafting import LONGEST_NOTE, Content, EngagementDraft, FitDraft
from scoring.models import Definition, RuleReport
from scoring.queries.drafts import content_of
from scoring.services import definitions
from users.models import User


@transaction.atomic
def draft_from_history(*, by: User, now: datetime, team: str = "") -> Definition:
    """A draft of the active definition (for all, or of the team of this id) with the points that history suggests,
    where they clearly differ.
    """
    spec = next((row for row in queries.active_specs() if str(row.team_id or "") == team), None)
    report = RuleReport.objects.filter(definition_id=spec.id).first() if spec else None
    if spec is None or report is None:
        raise Refused("The rules have not been counted yet. Count them first.")
    accounts = {row.key: row for row in accountability.accounts(spec, report.content) if row.differs}
    if not accounts:
        raise Refused("History suggests no other points: all of them are within what it allows.")
    content = suggested(content_of(Definition.objects.get(pk=spec.id)), [*accountability.keys(spec)], accounts)
    draft = definitions.new_draft(by=by, now=now, source_id=spec.id)
    return definitions.save_draft(definition_id=draft.pk, content=content, by=by, seen=draft.revision, now=now)


def suggested(content: Content, keys: list[str], accounts: dict[str, Account]) -> Content:
    """The content with those points; a rule for which history suggests none is left out.

    `keys` name the rules in the order of the statement: engagement, general fit, fit of one persona after the other.
    """
    left = iter(keys)
    engagement = [_engagement(rule, accounts.get(next(left))) for rule in content.engagement]
    fit = [_fit(rule, accounts.get(next(left))) for rule in content.fit]
    personas = [[_fit(rule, accounts.get(next(left))) for rule in persona.rules] for persona in content.personas]
    note = "Points as a regularised model of who bought suggests them, with 95 % intervals: " + "; ".join(
        f"{row.name} {row.points} → {row.proposal[0]} ({row.proposal[1]} to {row.proposal[2]})"
        for row in accounts.values()
        if row.proposal
    )
    return replace(
        content,
        name="As history suggests",
        note=note[: LONGEST_NOTE - 1] + ("…" if len(note) >= LONGEST_NOTE else ""),
        engagement=tuple(rule for rule in engagement if rule),
        fit=tuple(rule for rule in fit if rule),
        personas=tuple(
            replace(persona, rules=tuple(rule for rule in rules if rule))
            for persona, rules in zip(content.personas, personas, strict=True)
        ),
    )


def _engagement(rule: EngagementDraft, account: Account | None) -> EngagementDraft | None:
    points = _points(account)
    if points is None:
        return rule
    cap = None if rule.cap is None else max(int(rule.cap), abs(points))
    return replace(rule, points=points, cap=cap) if points else None


def _fit(rule: FitDraft, account: Account | None) -> FitDraft | None:
    points = _points(account)
    if points is None:
        return rule
    return replace(rule, points=points) if points else None


def _points(account: Account | None) -> int | None:
    return account.proposal[0] if account and account.proposal else None
