"""Which rules fit whom, and who is in what pool."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from leads import conditions
from leads.models import Contact, Standing
from pipeline.models import Opportunity, Pipeline, RoutingRule
from users.models import User

BATCH = 500


def fitting(rules: Sequence[RoutingRule], contact_ids: Sequence[int]) -> dict[int, list[bool]]:
    """By contact: whether each rule fits. One statement; the conditions have been checked when they were saved."""
    if not rules or not contact_ids:
        return {pk: [False] * len(rules) for pk in contact_ids}
    parts, params = [], []
    for rule in rules:
        sql, values = conditions.to_sql(rule.conditions) if rule.conditions else ("true", [])
        parts.append(sql)
        params += values
    columns = ", ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id, {columns} FROM leads_contact c JOIN leads_standing s ON s.contact_id = c.id "  # noqa: S608
            "LEFT JOIN leads_company o ON o.id = c.company_id WHERE c.id = ANY (%s)",
            [*params, list(contact_ids)],
        )
        return {row[0]: list(row[1:]) for row in cursor.fetchall()}


def active_rules() -> list[RoutingRule]:
    """In order, with their members. Two queries, one where there are none."""
    return list(RoutingRule.objects.filter(is_active=True).prefetch_related("members").select_related("team"))


def can(user: User, skills: Collection[str]) -> bool:
    """Whether somebody has all of these skills; upper and lower case are the same. Reads their availability."""
    kept = getattr(user, "availability", None)
    return {one.casefold() for one in skills} <= {one.casefold() for one in (kept.skills if kept else ())}


@dataclass(frozen=True, slots=True)
class Pools:
    """Who is in which rule's pool; read once for many."""

    reps: dict[int, User]

    @classmethod
    def read(cls) -> "Pools":
        """One query."""
        reps = User.objects.active_reps().select_related("availability")
        return cls({user.pk: user for user in reps.order_by("pk")})

    def of(self, rule: RoutingRule, members: Collection[int] | None = None) -> list[User]:
        """The active reps whom the rule names, as far as they have its skills: its members, or its team's, or with
        neither all of them. `members` are those of a rule that is not saved yet."""
        named = {member.pk for member in rule.members.all()} if members is None else members
        if named:
            found = [user for pk, user in self.reps.items() if pk in named]
        else:
            found = [user for user in self.reps.values() if rule.team_id is None or user.team_id == rule.team_id]
        return [user for user in found if can(user, rule.skills)]

    def whom_no_rule_names(self, pipeline: Pipeline | None) -> list[User]:
        team_id = pipeline.team_id if pipeline else None
        return [user for user in self.reps.values() if team_id is None or user.team_id == team_id]


def sellers_of_company(contact: Contact) -> list[int]:
    """Active reps who look after the contact's company: first those with an open opportunity, then by people. Two
    queries, none without a company."""
    if contact.company_id is None:
        return []
    deals = Opportunity.objects.open().filter(company=contact.company_id, owner__role="rep", owner__is_active=True)
    found = list(deals.exclude(contact=contact).order_by("-created_at", "-pk").values_list("owner", flat=True)[:20])
    people = (
        Standing.objects.filter(contact__company=contact.company_id, owner__role="rep", owner__is_active=True)
        .exclude(pk=contact.pk)
        .exclude(lifecycle="disqualified")
        .order_by()
        .values_list("owner")
        .annotate(n=Count("pk"))
        .order_by("-n", "owner")
    )
    found += [owner for owner, _ in people[:20]]
    return list(dict.fromkeys(found))


def words_of(rule: RoutingRule) -> str:
    """The conditions as a person would say them."""
    return conditions.in_words(rule.conditions) if rule.conditions else "Everybody"


def named(rule: RoutingRule) -> str:
    """Who gets what the rule fits."""
    members = [member.name for member in rule.members.all()]
    said = ", ".join(members) or (f"Team {rule.team}" if rule.team else "Every rep")
    return f"{said}, with {', '.join(rule.skills)}" if rule.skills else said
