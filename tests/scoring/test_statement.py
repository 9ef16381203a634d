"""The compiled SQL against the plain reading, on random definitions and facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.days import FIRST, day_of
from leads.models import Category, Company, Contact, Criterion, EngagementEvent, EventKind, Facet, Standing
from scoring import queries
from scoring.definitions import EngagementLine, ExclusionLine, FitLine, PersonaLine, Required, Spec
from scoring.services import refresh_all, rescore_changed
from scoring.statement import COLUMNS, EVERYBODY, IDS, ONE, RANGE
from tests import factories
from tests.conftest import NOW
from tests.scoring.reading import Answer, Event, read

pytestmark = pytest.mark.django_db
DAY = day_of(NOW)
KINDS = ["page_view", "form_submitted", "email_replied", "trial_started", "social_engaged"]


@st.composite
def engagement_rules(draw: st.DrawFn) -> tuple[str, bool, str, int, int | None, int, int | None, bool]:
    return (
        draw(st.sampled_from(KINDS)),
        draw(st.booleans()),
        draw(st.sampled_from(Category.values)),
        draw(st.integers(-50, 50).filter(bool)),
        draw(st.none() | st.integers(1, 90)),
        draw(st.integers(1, 400)),
        draw(st.none() | st.integers(1, 60)),
        draw(st.booleans()),  # it counts once
    )


FIT_CONDITIONS: list[dict[str, Any]] = [
    {"field": "company.employees", "op": "between", "value": [50, 1000]},
    {"field": "company.employees", "op": "unknown"},
    {"not": {"field": "company.employees", "op": "at_least", "value": 10}},
    {"field": "company.industry", "op": "is_not", "value": "software"},
    {
        "any": [
            {"field": "contact.job_title", "op": "contains", "value": "50%_"},
            {"field": "contact.country", "op": "is", "value": "de"},
        ]
    },
    {"all": [{"field": "contact.job_title", "op": "known"}, {"field": "contact.free_mail", "op": "is", "value": True}]},
]
people = st.fixed_dictionaries(
    {
        "contact.job_title": st.sampled_from(["", "Head of 50%_ things", "Intern"]),
        "contact.country": st.sampled_from(["", "DE", "FR"]),
        "company.industry": st.sampled_from(["", "Software", "Retail"]),
        "company.employees": st.none() | st.integers(1, 5000),
        "contact.free_mail": st.booleans(),
    }
)
happenings = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(["/pricing", "/blog/x", "/"]),
        st.integers(0, 500),
        st.sampled_from([False, False, True]),  # in quarantine
    ),
    max_size=12,
)
answers = st.lists(
    st.tuples(st.sampled_from(["budget", "need"]), st.sampled_from(["meets", "weak", "fails"]), st.integers(0, 250)),
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(engagement_rules(), max_size=8),
    fits=st.lists(
        st.tuples(st.sampled_from(FIT_CONDITIONS), st.integers(-30, 30).filter(bool), st.sampled_from([None, 71, 72])),
        max_size=6,
    ),
    excluding=st.lists(st.sampled_from(FIT_CONDITIONS), max_size=2),
    threshold=st.integers(-20, 60),
    two_way_days=st.none() | st.integers(1, 120),
    leasts=st.dictionaries(
        st.sampled_from(["budget", "need"]),
        st.tuples(st.sampled_from(["meets", "weak"]), st.none() | st.integers(1, 200)),
    ),
    own=st.dictionaries(
        st.sampled_from([71, 72]),
        st.dictionaries(
            st.sampled_from(["budget", "need"]),
            st.tuples(st.sampled_from(["meets", "weak"]), st.none() | st.integers(1, 200)),
        ),
    ),
    person=people,
    happened=happenings,
    answered=answers,
    asked_days_ago=st.integers(0, 60),
)
def test_sql_and_the_plain_reading_agree(
    rules: list[Any],
    fits: list[Any],
    excluding: list[dict[str, Any]],
    threshold: int,
    two_way_days: int | None,
    leasts: dict[str, tuple[str, int | None]],
    own: dict[int, dict[str, tuple[str, int | None]]],
    person: dict[str, Any],
    happened: list[Any],
    answered: list[Any],
    asked_days_ago: int,
) -> None:
    kinds = EventKind.objects.in_bulk(field_name="key")
    criteria = Criterion.objects.in_bulk(field_name="key")
    pricing = Facet.objects.get(name="Pricing")
    company = Company.objects.create(
        name="Example", industry=person["company.industry"], employees=person["company.employees"]
    )
    domain = "gmail.com" if person["contact.free_mail"] else "example.com"
    contact = factories.contact(
        now=NOW - timedelta(days=600),
        company=company,
        email=f"lee{Contact.objects.count()}.{id(person)}@{domain}",
        job_title=person["contact.job_title"],
        country=person["contact.country"],
    )
    for kind, path, days_ago, is_quarantined in happened:
        event_id = factories.event(contact, kind, days_ago=days_ago, path=path)
        assert event_id is not None
        EngagementEvent.objects.filter(pk=event_id).update(is_quarantined=is_quarantined)
    for criterion, verdict, days_ago in answered:
        factories.evidence(contact, criterion, verdict, observed_at=NOW - timedelta(days=days_ago))

    def required(asked: dict[str, tuple[str, int | None]]) -> tuple[Required, ...]:
        return tuple(
            Required(criteria[key].pk, "", "", least, fresh_days) for key, (least, fresh_days) in asked.items()
        )

    spec = Spec(
        id=0,
        version=1,
        threshold=threshold,
        two_way_days=two_way_days,
        two_way_kinds=tuple(kind.pk for kind in kinds.values() if kind.direction == "two_way"),
        grades=(20, 10, 20, 10),
        engagement=tuple(
            EngagementLine(
                n, "", category, kinds[key].pk, (pricing.pk,) if faceted and key == "page_view" else (), *rest
            )
            for n, (key, faceted, category, *rest) in enumerate(rules)
        ),
        fit=tuple(FitLine(n, "", points, condition, persona) for n, (condition, points, persona) in enumerate(fits)),
        required=required(leasts),
        personas=tuple(
            PersonaLine(pk, "", required(own.get(pk, {}))) for pk in (72, 71) if any(fit[2] == pk for fit in fits)
        ),
        exclusions=tuple(ExclusionLine(80 + n, "", condition) for n, condition in enumerate(excluding)),
    )
    day = DAY - asked_days_ago
    expected = read(
        spec,
        day,
        person | {"contact.lifecycle": "lead"},
        [
            Event(
                kind_id=kinds[kind].pk,
                facet_id=pricing.pk if kind == "page_view" and path == "/pricing" else None,
                day=DAY - days_ago,
                is_quarantined=is_quarantined,
            )
            for kind, path, days_ago, is_quarantined in happened
        ],
        [
            Answer(criteria[criterion].pk, verdict, DAY - days_ago, DAY - days_ago + 181, number)
            for number, (criterion, verdict, days_ago) in enumerate(answered)
        ],
    )
    statement = queries.statement_of(spec)
    for targets, numbers in ((ONE, [contact.pk]), (IDS, [contact.pk]), (RANGE, [contact.pk] * 2), (EVERYBODY, [])):
        for with_lines in (False, True):
            rows = queries.run(statement.select(targets, with_lines=with_lines), numbers, day)
            row = next(row for row in rows if row["contact_id"] == contact.pk)
            assert {column: row[column] for column in expected} == expected
            assert not with_lines or sum(row["fits"]) == row["fit"]


def test_the_lines_add_up_to_the_total_to_the_last_digit() -> None:
    contact = factories.contact(job_title="Head of Buying")
    for days_ago in (0, 3, 10, 30):
        factories.event(contact, "page_view", days_ago=days_ago, path="/pricing")
    factories.event(contact, "email_replied", days_ago=20)
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None
    for category, points, lines in explanation.groups():
        exact = sum(line.thousandths for line in lines)
        assert abs(points * 1000 - exact) <= 500, category
    assert sum(points for _, points, _ in explanation.groups()) == explanation.total
    # 6 × (1 + 2^(−3/14) + 2^(−10/14) + 2^(−30/14)) = 16.188 below its cap of 18
    assert next(line for line in explanation.lines if line.name == "Looked at pricing").points == "16.188"


def test_a_score_fades_on_the_day_that_is_foretold() -> None:
    contact = factories.contact()
    factories.event(contact, "demo_requested")
    factories.event(contact, "email_replied")
    factories.event(contact, "meeting_held")
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None and explanation.total >= explanation.threshold and explanation.fades_on
    fades = (explanation.fades_on - FIRST).days
    before, after = queries.why(contact.pk, fades - 1), queries.why(contact.pk, fades)
    assert before is not None and after is not None
    assert before.total >= explanation.threshold > after.total


def test_incremental_and_full_give_the_same_to_the_last_digit() -> None:
    for number in range(5):
        contact = factories.contact()
        for days_ago in range(number * 3):
            factories.event(contact, KINDS[days_ago % 5], days_ago=days_ago * 17, path="/pricing")
        factories.bant(contact)
    rescore_changed(now=NOW)
    columns = (*COLUMNS, "last_day", "two_way_day")
    incremental = list(Standing.objects.order_by("pk").values_list("pk", *columns))
    Standing.objects.update(total=-1, fit=-1, grade="", is_qualified=False, definition_version=None)
    assert refresh_all(now=NOW) == 5
    assert list(Standing.objects.order_by("pk").values_list("pk", *columns)) == incremental
    assert refresh_all(now=NOW) == 0


def test_an_event_in_the_future_of_the_asked_day_counts_nothing() -> None:
    contact = factories.contact(now=datetime(2026, 1, 1, tzinfo=UTC))
    factories.event(contact, "demo_requested", days_ago=1)
    past, today = queries.why(contact.pk, DAY - 2), queries.why(contact.pk, DAY)
    assert past is not None and today is not None
    assert today.total - past.total == 25
