"""The smallest set of facts that would make a lead a prospect, against every set there is."""

from itertools import combinations, product
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import conditions
from leads.days import day_of
from leads.models import Company, Lifecycle
from leads.services import enter_lifecycle
from scoring import decay, missing
from scoring.missing import ANSWER, HAPPEN, LEARN, TALK, Case, EventPart, FitPart, Gap, Happening
from scoring.queries import why
from scoring.queries.missing import smallest
from scoring.services import rescore_changed
from tests import factories
from tests.conftest import Cast, client_of
from users.models import Token

EMPLOYEES = {"field": "company.employees", "op": "between", "value": [50, 1000]}
SOFTWARE = {"field": "company.industry", "op": "in", "value": ["Software"]}
GERMAN = {"field": "contact.country", "op": "is", "value": "DE"}
CALL, MEETING, DEMO = (
    EventPart("conversation", 12, 24, 0),
    EventPart("conversation", 18, 36, 0),
    EventPart("intent", 25, 30, 0),
)
HAPPENINGS = (
    Happening("1", "Talked on the phone", (0,), is_talk=True),
    Happening("2", "Met us", (1,), is_talk=True),
    Happening("3", "Asked for a demo", (2,)),
)


def case(threshold: int, *fit: FitPart, facts: dict[str, Any] | None = None, **more: Any) -> Case:
    return Case(threshold, fit, facts or {}, (CALL, MEETING, DEMO), HAPPENINGS, **more)


def done(found: missing.Smallest) -> list[tuple[str, str, int]]:
    return [(step.do, step.key, step.points) for step in found.steps]


def test_one_question_is_better_than_two_and_better_than_a_conversation() -> None:
    rules = FitPart("Size", 15, EMPLOYEES), FitPart("Software", 10, SOFTWARE), FitPart("Germany", 5, GERMAN)
    assert done(missing.smallest(case(12, *rules))) == [(LEARN, "company.employees", 15)]
    assert done(missing.smallest(case(25, *rules))) == [
        (LEARN, "company.employees", 15),
        (LEARN, "company.industry", 10),
    ]
    found = missing.smallest(case(33, *rules))
    assert done(found) == [(LEARN, "company.employees", 15), (TALK, "2", 18)]
    assert found.steps[0].counts == "Size" and found.sentence == "These 2 would do."


def test_what_is_known_is_not_asked_and_the_easier_conversation_is_enough() -> None:
    known = {"company.employees": 7}
    found = missing.smallest(case(12, FitPart("Size", 15, EMPLOYEES), facts=known))
    assert done(found) == [(TALK, "1", 12)]
    assert found.sentence == "One conversation would do."
    assert done(missing.smallest(case(13, FitPart("Size", 15, EMPLOYEES), facts=known))) == [(TALK, "2", 18)]


def test_required_answers_and_a_required_conversation_are_always_among_them() -> None:
    budget = Gap(4, "Budget", "What have you set aside?")
    found = missing.smallest(case(0, gaps=[budget], must_talk=True))
    assert done(found) == [(ANSWER, "4", 0), (TALK, "1", 12)]
    assert missing.smallest(Case(0, gaps=[budget], must_talk=True)).steps[1].label == "A conversation"


def test_where_asking_does_not_reach_it_says_what_they_would_have_to_do() -> None:
    found = missing.smallest(case(60, FitPart("Size", 15, EMPLOYEES)))
    assert (found.is_enough, found.below, found.needs) == (False, 60, 15)
    assert found.sentence == "Nothing you can ask would do: needs 15 points more from what they do."
    assert [[(step.do, step.label) for step in hope] for hope in found.hopes] == [[(HAPPEN, "Asked for a demo")]]
    assert missing.smallest(case(500)).hopes == ()


def test_nothing_helps_who_is_kept_out() -> None:
    found = missing.smallest(case(10, blocked="they are disqualified"))
    assert (found.steps, found.is_enough, found.sentence) == ((), False, "Nothing would do: they are disqualified.")


def test_of_the_personas_only_the_best_counts_and_one_text_may_hold_several_words() -> None:
    rules = (
        FitPart("Boss of sales", 10, {"field": "contact.job_title", "op": "contains", "value": "sales"}, group=1),
        FitPart("Head", 8, {"field": "contact.job_title", "op": "contains_any", "value": ["head", "vp"]}, group=1),
        FitPart("Maker", 17, SOFTWARE, group=2),
    )
    assert done(missing.smallest(case(18, *rules))) == [(LEARN, "contact.job_title", 18)]
    assert missing.smallest(Case(35, rules)).needs == 17


def test_an_address_answers_two_questions_at_once() -> None:
    private = {"field": "contact.free_mail", "op": "is", "value": False}
    domain = {"field": "contact.email_domain", "op": "is", "value": "example.com"}
    found = missing.smallest(Case(9, (FitPart("Work", 5, private), FitPart("Example", 4, domain))))
    assert done(found) == [(LEARN, "contact.email_domain", 9)]


def test_fields_of_one_s_own_hold_numbers_and_words() -> None:
    seats = {"field": "company.custom.seats", "op": "at_least", "value": 20}
    named = {"field": "company.custom.seats", "op": "is_not", "value": "none"}
    found = missing.smallest(Case(7, (FitPart("Many seats", 4, seats), FitPart("Some", 3, named))))
    assert done(found) == [(LEARN, "company.custom.seats", 7)]
    assert found.steps[0].question == "What is “Seats” for them?"


# --- against all sets ---

NUMBERS, WORDS, LANDS = [0, 9, 10, 11, 49, 50, 51, 500], ["A", "B", "C", "?"], ["DE", "FR", "?"]
DOMAINS: dict[str, list[Any]] = {
    "company.employees": NUMBERS,
    "company.industry": WORDS,
    "contact.country": LANDS,
}
leaf = st.one_of(
    st.builds(
        lambda op, value: {"field": "company.employees", "op": op, "value": value},
        st.sampled_from(["at_least", "at_most", "is"]),
        st.sampled_from([10, 50]),
    ),
    st.builds(
        lambda op, value: {"field": "company.industry", "op": op, "value": value},
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=2, unique=True),
    ),
    st.sampled_from(
        [
            {"field": "contact.country", "op": "is", "value": "DE"},
            {"field": "contact.country", "op": "is_not", "value": "FR"},
            {"field": "company.industry", "op": "unknown"},
        ]
    ),
)
condition = st.one_of(
    leaf,
    st.builds(lambda parts: {"all": parts}, st.lists(leaf, min_size=2, max_size=2)),
    st.builds(lambda part: {"not": part}, leaf),
)
points = st.integers(-20, 20).filter(bool)
rule = st.builds(lambda c, p, g: FitPart("r", p, c, g), condition, points, st.sampled_from([None, None, 1, 2]))
line = st.builds(
    lambda category, p, cap, now, once: EventPart(
        category, p, cap, decay.capped(now if p > 0 else -abs(now), cap), once
    ),
    st.sampled_from(["content", "conversation"]),
    st.integers(1, 20),
    st.none() | st.integers(1, 30),
    st.integers(0, 20_000),
    st.booleans(),
)


GAPS = [Gap(number, f"Criterion {number}", "?") for number in range(4)]


def total(lead: Case, facts: dict[str, Any], happened: tuple[int, ...]) -> tuple[int, int]:
    """The score, worked out again in the plainest way, and how many criteria are open for whoever they are then."""
    groups: dict[int | None, int] = {}
    for part in lead.fit:
        if conditions.holds(dict(part.conditions), facts):
            groups[part.group] = groups.get(part.group, 0) + part.points
    sum_ = groups.pop(None, 0)
    best, persona = 0, 0
    for group in dict.fromkeys(part.group for part in lead.fit):
        if group is not None and groups.get(group, 0) > best:
            best, persona = groups[group], group
    sum_ += best
    for category in {event.category for event in lead.events}:
        thousandths = 0
        for number, event in enumerate(lead.events):
            times = sum(number in lead.happenings[place].parts for place in happened)
            if event.category == category:
                thousandths += event.after(times) if times else event.thousandths
        sum_ += decay.rounded(thousandths)
    return sum_, len(lead.gaps_of.get(persona, lead.gaps))


@settings(max_examples=300, deadline=None)
@given(
    fit=st.lists(rule, max_size=5),
    lines=st.lists(line, min_size=3, max_size=3),
    known=st.fixed_dictionaries({name: st.none() | st.sampled_from(values) for name, values in DOMAINS.items()}),
    threshold=st.integers(-5, 90),
    must_talk=st.booleans(),
    gaps=st.integers(0, 2),
    own=st.dictionaries(st.sampled_from([1, 2]), st.integers(0, 4)),
)
def test_no_smaller_set_would_do_and_this_one_does(
    fit: list[FitPart],
    lines: list[EventPart],
    known: dict[str, Any],
    threshold: int,
    must_talk: bool,
    gaps: int,
    own: dict[int, int],
) -> None:
    facts = {name: None if value == "?" else value for name, value in known.items()}
    gaps_of = {group: GAPS[:number] for group, number in own.items()}
    lead = Case(threshold, fit, facts, lines, HAPPENINGS, GAPS[:gaps], gaps_of, must_talk=must_talk)
    found = missing.smallest(lead)
    unknown = [name for name, value in facts.items() if value is None]
    best: int | None = None
    reach = -10_000
    for size, talks in product(range(len(unknown) + 1), [(), (0,), (1,), (0, 1)]):
        if must_talk and not talks:
            continue
        for names in combinations(unknown, size):
            for values in product(*(DOMAINS[name] for name in names)):
                then, asked = total(lead, {**facts, **dict(zip(names, values, strict=True))}, talks)
                reach = max(reach, then)
                if then >= threshold and (best is None or size + len(talks) + asked < best):
                    best = size + len(talks) + asked
    if best is None:
        assert found.needs == threshold - reach
    else:
        assert found.is_enough and len(found.steps) == best
    assert found.below == max(0, threshold - total(lead, facts, ())[0])


# --- asked of the database ---


@pytest.mark.django_db
def test_a_question_that_is_answered_well_makes_the_prospect_that_was_promised(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now, company=Company.objects.create(name="Example"), country="")
    for kind in ("demo_requested", "email_replied"):
        factories.event(contact, kind, now=now)
    factories.bant(contact, now=now)
    found = smallest(contact.pk, day_of(now))
    assert found is not None
    assert found.below == 8  # 25 + 12 + 5 for a company's address, of 50
    assert done(found) == [(LEARN, "company.employees", 15)]
    page = client_of(cast.rita).get(reverse("contact", args=[contact.pk])).content.decode()
    assert "How many people work there?" in page
    assert "The least that would do" in page and "50 to 1,000 employees: +15" in page
    Company.objects.filter(contacts=contact).update(employees=60)
    explained = why(contact.pk, day_of(now))
    assert explained is not None and explained.is_qualified and explained.smallest_set is None


@pytest.mark.django_db
def test_the_api_says_it_and_says_nothing_of_a_past_day(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    _, secret = Token.issue(user=cast.mara, name="Test")
    headers = {"Authorization": f"Bearer {secret}"}
    address = reverse("api_score", args=[contact.pk])
    said = client_of(None).get(address, headers=headers).json()["smallest_set"]
    assert said["is_enough"] is True and said["below"] == 45
    assert [step["do"] for step in said["steps"]].count(ANSWER) == 4
    past = client_of(None).get(address, {"as_of": "2026-01-01"}, headers=headers).json()
    assert past["smallest_set"] is None
    enter_lifecycle(contact.pk, Lifecycle.DISQUALIFIED, now=now, reason="Competitor")
    rescore_changed(now=now)
    said = client_of(None).get(address, headers=headers).json()["smallest_set"]
    assert said["sentence"] == "Nothing would do: they are disqualified." and said["steps"] == []


@pytest.mark.django_db
def test_it_costs_no_query_of_its_own(django_assert_num_queries: Any) -> None:
    now = timezone.now()
    contact = factories.contact(now=now)
    why(contact.pk, day_of(now))
    with django_assert_num_queries(2):  # the active definition, and the score with its lines
        explained = why(contact.pk, day_of(now))
        assert explained is not None and explained.smallest_set is not None
