"""To whom a prospect goes, and the explanation of it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Refused
from leads.models import Company, Standing
from leads.services import assign_owner
from pipeline import explaining, services
from pipeline.models import Availability, HandOff, RoutingRule, Turn
from pipeline.queries.routing import Pools, active_rules, fitting
from pipeline.queries.simulation import NO_RULE, OWNERS, simulate
from scoring.models import Definition
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.pipeline.rows import offer
from users.models import User

GERMAN = {"field": "contact.country", "op": "is", "value": "DE"}


def rule(name: str, conditions: dict[str, Any], *members: User, **facts: Any) -> RoutingRule:
    facts = {"team": None, "waits": False, "is_active": True} | facts
    return services.save_routing_rule(name=name, conditions=conditions, members=members, **facts)


def capacity(user: User, a_week: str | None, **facts: Any) -> None:
    Availability.objects.update_or_create(
        user=user, defaults={"capacity": None if a_week is None else Decimal(a_week)} | facts
    )


def test_the_first_rule_that_fits_names_who_may_get_it(cast: Cast) -> None:
    rule("Germany", GERMAN, cast.sven)
    rule("Everybody", {}, team=cast.rita.team)
    assert [offer(country="DE").rep, offer(country="SE").rep, offer(country="DE").rep] == [
        cast.sven,
        cast.rita,
        cast.sven,
    ]
    assert [row.rule for row in HandOff.objects.order_by("pk")] == ["Germany", "Everybody", "Germany"]
    second = HandOff.objects.order_by("pk")[1]
    assert second.routing["tried"] == [{"rule": "Germany", "said": "does not fit"}]
    assert second.routing["because"] == "Rule “Everybody”: Rita's turn"


def test_a_rule_waits_for_its_people_or_passes_on(cast: Cast) -> None:
    german = rule("Germany", GERMAN, cast.sven)
    services.add_absence(user=cast.sven, first_day=NOW.date(), last_day=NOW.date())
    row = offer(country="DE")
    assert row.rep == cast.rita
    said = explaining.explained(row.routing)
    assert said.steps == ["Rule “Germany” fits, but nobody of it is free"]
    RoutingRule.objects.filter(pk=german.pk).update(waits=True)
    assert offer(country="DE").rep is None


def test_nobody_absent_paused_full_or_gone_gets_any(cast: Cast) -> None:
    services.add_absence(user=cast.rita, first_day=date(2026, 6, 10), last_day=date(2026, 6, 20))
    capacity(cast.ravi, None, is_paused=True)
    capacity(cast.sven, "2")
    got = [offer().rep for _ in range(3)]
    assert got == [cast.sven, cast.sven, None]
    lines = {line.name: line.said for line in explaining.explained(HandOff.objects.latest("pk").routing).lines}
    assert lines == {
        "Rita": "away until Mon 22 Jun",
        "Ravi": "paused",
        "Sven": "full: 2 in the last 7 days, capacity 2 a week",
    }
    User.objects.filter(pk=cast.sven.pk).update(is_active=False)
    assert offer(now=NOW + timedelta(days=3)).rep is None


def test_the_share_follows_capacity_and_fractions_count(cast: Cast) -> None:
    capacity(cast.rita, "3.5")
    capacity(cast.ravi, "7")
    capacity(cast.sven, "0")
    got = [offer(now=NOW + timedelta(days=number)).rep for number in range(12)]
    assert (got.count(cast.rita), got.count(cast.ravi), got.count(cast.sven)) == (4, 8, 0)
    assert sum(Turn.objects.values_list("credit", flat=True)) == 0


def test_somebody_back_from_holiday_is_not_flooded(cast: Cast) -> None:
    services.add_absence(user=cast.rita, first_day=date(2026, 6, 15), last_day=date(2026, 6, 24))
    for _ in range(6):
        offer()
    back = NOW + timedelta(days=10)
    assert [offer(now=back).rep for _ in range(3)].count(cast.rita) == 1


def test_who_looks_after_the_company_comes_before_the_rules(cast: Cast) -> None:
    company = Company.objects.create(name="Amber Works")
    colleague = factories.contact(company=company)
    assign_owner([colleague.pk], cast.sven)
    rule("Everybody", {}, cast.rita)
    row = offer(company=company)
    assert (row.rep, row.routing["because"]) == (cast.sven, "Sven looks after the company")
    assert not Turn.objects.exists()


def test_a_substitute_stands_in(cast: Cast) -> None:
    services.add_absence(user=cast.rita, first_day=date(2026, 6, 1), last_day=date(2026, 6, 30))
    capacity(cast.rita, "5", substitute=cast.ravi)
    contact = rows.qualified()
    assign_owner([contact.pk], cast.rita)
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    row = HandOff.objects.get()
    assert row.rep == cast.ravi
    assert row.routing["because"] == (
        "Ravi stands in for Rita, who looks after this contact and is away until Wed 1 Jul"
    )
    rule("Rita only", {}, cast.rita)
    row = offer()
    assert (row.rep, row.routing["shares"][1]["stands_in_for"]) == (cast.ravi, "Rita")


def test_on_a_holiday_of_one_team_another_gets_it_and_on_everybodys_it_is_offered(cast: Cast) -> None:
    services.add_holiday(day=NOW.date(), name="Midsummer", team=cast.rita.team)
    row = offer()
    assert row.rep == cast.sven
    assert explaining.explained(row.routing).lines[0].said == "holiday until Tue 16 Jun"
    services.add_holiday(day=NOW.date(), name="Midsummer", team=cast.sven.team)
    assert offer().rep == cast.rita


def test_why_did_i_not_get_this_one(cast: Cast) -> None:
    first, second = offer(), offer()
    assert explaining.why_not_me(first.routing, cast.rita.pk, "Rita") == "It was your turn."
    assert explaining.why_not_me(first.routing, cast.ravi.pk, "Rita") == (
        "You: as much was owed to Rita, who had waited longer."
    )
    assert explaining.why_not_me(second.routing, cast.rita.pk, "Ravi") == (
        "You: -0.33 was owed, less than the 0.67 of Ravi."
    )
    page = client_of(cast.ravi).get(f"/hand-offs/{first.pk}/").content.decode()
    assert "Why did I not get this one?" in page
    assert "Why did I not get this one?" not in client_of(cast.rita).get(f"/hand-offs/{first.pk}/").content.decode()
    rule("Germany", GERMAN, cast.sven)
    assert explaining.why_not_me(offer(country="DE").routing, cast.rita.pk, "Sven") == (
        "You were not among those who could get it. Rule “Germany”: Sven's turn."
    )


# --- rules are kept ---


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"conditions": {"field": "contact.shoe_size", "op": "is", "value": "42"}}, "conditions"),
        ({"conditions": {"all": []}}, "conditions"),
    ],
)
def test_a_bad_rule_is_refused(cast: Cast, given: dict[str, Any], field: str) -> None:
    facts: dict[str, Any] = {"name": "R", "conditions": {}, "team": None, "waits": False, "is_active": True}
    with pytest.raises(Refused) as refused:
        services.save_routing_rule(**facts | given)
    assert list(refused.value.fields) == [field]
    assert not RoutingRule.objects.exists()


def test_rules_have_one_name_and_one_order(cast: Cast) -> None:
    first, second = rule("A", {}), rule("B", {})
    with pytest.raises(Refused, match="already"):
        rule("A", {})
    with pytest.raises(Refused, match="Only active reps"):
        rule("C", {}, cast.mara)
    assert services.shift_routing_rule(second, earlier=True) is True
    assert services.shift_routing_rule(second, earlier=True) is False
    assert [one.name for one in active_rules()] == ["B", "A"]
    services.remove_routing_rule(first)
    with pytest.raises(Refused, match="no longer exists"):
        services.shift_routing_rule(first, earlier=True)


def test_the_last_month_is_played_with_rules_that_are_not_saved(cast: Cast) -> None:
    mine = rows.qualified()
    assign_owner([mine.pk], cast.rita)
    services.promote(contact_id=mine.pk, now=NOW - timedelta(days=9))
    for number in range(6):
        offer(now=NOW - timedelta(days=8 - number), country="DE" if number % 2 else "SE")
    draft = RoutingRule(name="Germany", conditions=GERMAN)
    tried = simulate([draft], {"Germany": [cast.sven.pk]}, now=NOW)
    assert (tried.count, tried.unplaced) == (7, 0)
    assert tried.by_rule == [(OWNERS, 1), ("Germany", 3), (NO_RULE, 3)]
    assert {name: (really, then) for name, really, then in tried.by_rep} == {
        "Rita": (3, 2),
        "Ravi": (2, 1),
        "Sven": (2, 4),  # what only he may get is no part of the share of the rest
    }
    assert RoutingRule.objects.count() == 0
    assert len(Pools.read().reps) == 3


# --- who they are judged to be, and what people can do ---


def persona(name: str) -> int:
    """A persona of the definition that judges everybody."""
    return Definition.objects.get(status="active", team=None).personas.create(name=name).pk


def test_a_rule_may_ask_for_the_persona(cast: Cast) -> None:
    rule("Mid-market", {"field": "contact.persona", "op": "is", "value": "mid-market"}, cast.sven)
    contact, other = rows.qualified(), rows.qualified()
    Standing.objects.filter(pk=contact.pk).update(persona_id=persona("Mid-market"))
    for lead in (contact, other):
        services.promote(contact_id=lead.pk, now=NOW)
    assert HandOff.objects.get(contact=contact).rule == "Mid-market"
    assert HandOff.objects.get(contact=other).rule == ""
    third = rows.qualified()
    Standing.objects.filter(pk=third.pk).update(persona_id=persona("Old"))
    assert fitting(active_rules(), [contact.pk, third.pk]) == {contact.pk: [True], third.pk: [False]}
    Definition.objects.filter(status="active").update(status="retired")  # its ids mean nothing from now on
    assert fitting(active_rules(), [contact.pk]) == {contact.pk: [False]}


def test_only_who_has_the_skills_gets_it_and_who_stands_in_has_them_too(cast: Cast) -> None:
    capacity(cast.sven, None, skills=["German", "Enterprise"])
    capacity(cast.rita, None, skills=["german"])
    rule("German", GERMAN, skills=["GERMAN", " enterprise "])
    row = offer(country="DE")
    assert (row.rep, [one["name"] for one in row.routing["shares"]]) == (cast.sven, ["Sven"])
    assert explaining.why_not_me(row.routing, cast.rita.pk, "Sven") == (
        "You were not among those who could get it, all with GERMAN, enterprise. Rule “German”: Sven's turn."
    )
    services.add_absence(user=cast.sven, first_day=NOW.date(), last_day=NOW.date())
    Availability.objects.filter(user=cast.sven).update(substitute=cast.rita)
    RoutingRule.objects.update(waits=True)
    assert offer(country="DE").rep is None
    Availability.objects.filter(user=cast.rita).update(skills=["Enterprise", "German"])
    assert offer(country="DE").rep == cast.rita


def test_skills_are_kept_once_and_not_too_many(cast: Cast) -> None:
    saved = rule("German", GERMAN, skills=["German", "german", "", " Two  words "])
    assert saved.skills == ["German", "Two words"]
    for wrong in (["x" * 41], [str(number) for number in range(21)]):
        with pytest.raises(Refused) as refused:
            rule("Other", GERMAN, skills=wrong)
        assert set(refused.value.fields) == {"skills"}
    drafts = [RoutingRule(name="Draft", conditions={}, skills=["Welsh"])]
    assert simulate(drafts, {"Draft": []}, now=NOW).count == 0
