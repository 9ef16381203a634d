"""The rules of routing and the terms of teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from core.errors import Refused
from core.locks import locked
from leads import conditions as language
from leads import normalise
from pipeline.models import HandOffTerms, PromotionMode, RoutingRule
from pipeline.services.public_holidays import follow_region
from pipeline.services.working_hours import checked_skills
from users.models import Team, User
from users.roles import Role

MOST_RULES = 50


def checked_rule(
    rule: RoutingRule | None, *, name: str, conditions: dict[str, Any], skills: Sequence[str] = (), **facts: Any
) -> RoutingRule:
    """The rule with these values, not saved; Refused says what is wrong."""
    name = normalise.line(name)
    if not name or len(name) > 80:
        raise Refused(name="Give it a name of at most 80 characters.")
    if conditions:
        language.check(conditions, judged=True)
    draft = RoutingRule(pk=rule.pk, position=rule.position) if rule else RoutingRule()
    draft.name, draft.conditions, draft.skills = name, conditions, checked_skills(skills)
    for key, value in facts.items():
        setattr(draft, key, value)
    return draft


@transaction.atomic
def save_routing_rule(
    *,
    rule: RoutingRule | None = None,
    members: Sequence[User] = (),
    name: str,
    conditions: dict[str, Any],
    **facts: Any,
) -> RoutingRule:
    """A new rule, the last one, or other values for one. Who is named must be able to get something."""
    rules = locked(RoutingRule.objects.all())
    if rule is None and len(rules) >= MOST_RULES:
        raise Refused(f"At most {MOST_RULES} rules. Join some.")
    if any(member.role != Role.REP or not member.is_active for member in members):
        raise Refused(members="Only active reps can be handed prospects.")
    draft = checked_rule(rule, name=name, conditions=conditions, **facts)
    if rule is None:
        draft.position = max((one.position for one in rules), default=0) + 1
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError:
        raise Refused(name="There is a rule of this name already.") from None
    draft.members.set(members)
    return draft


@transaction.atomic
def remove_routing_rule(rule: RoutingRule) -> None:
    """From now on it applies to nobody; what it did stays explained."""
    RoutingRule.objects.filter(pk=rule.pk).delete()


@transaction.atomic
def shift_routing_rule(rule: RoutingRule, *, earlier: bool) -> bool:
    """Try it before, or after, the one beside it; false at the end."""
    rules = sorted(locked(RoutingRule.objects.all()), key=lambda one: (one.position, one.pk))
    place = next((index for index, one in enumerate(rules) if one.pk == rule.pk), None)
    if place is None:
        raise Refused("This rule no longer exists. Reload the page.")
    other = place - 1 if earlier else place + 1
    if not 0 <= other < len(rules):
        return False
    rules[place], rules[other] = rules[other], rules[place]
    for position, one in enumerate(rules, start=1):
        one.position = position
    RoutingRule.objects.bulk_update(rules, ["position"])
    return True


@transaction.atomic
def save_terms(
    *,
    team: Team | None,
    mode: str,
    is_offered: bool,
    answer_within: int | None,
    joins_company: bool,
    region: str = "",
    now: datetime | None = None,
) -> HandOffTerms:
    """How a team takes over, from the next prospect on. A `region` has its public holidays kept from `now` on."""
    if mode not in PromotionMode.values:
        raise Refused(mode="Choose who decides.")
    if answer_within is None or not 1 <= answer_within <= 200:
        raise Refused(answer_within="Give 1 to 200 hours.")
    region = follow_region(region, now=now) if now else ""
    values = {
        "region": region,
        "mode": mode,
        "is_offered": is_offered,
        "answer_within": answer_within,
        "joins_company": joins_company,
    }
    return HandOffTerms.objects.update_or_create(team=team, defaults=values)[0]


@transaction.atomic
def drop_terms(team: Team) -> bool:
    """The team follows everybody else's terms again."""
    return bool(HandOffTerms.objects.filter(team=team).delete()[0])
