"""More definitions than a connection keeps prepared: slower, and never wrong."""

from dataclasses import replace

import pytest
from django.db import connection

from leads.days import day_of
from scoring import queries
from scoring.models import Definition
from scoring.queries import specs
from scoring.statement import ONE
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
DAY = day_of(NOW)


def prepared_now() -> list[str]:
    """What the server keeps of this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'score%%'")
        return [name for (name,) in cursor.fetchall()]


def test_many_definitions_in_turn_are_each_answered_by_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "MOST_PREPARED", 3)
    contact = factories.contact()
    factories.event(contact, "demo_requested")
    base = specs.load_spec(Definition.objects.get(status="active"))
    names = {}
    for times in (1, 2):
        for number in range(5):
            spec = replace(base, id=100 + number, grades=(99, 99, 26 - number, 0))
            name = specs.prepared(
                spec, "why", "bigint[], int", lambda statement: statement.select(ONE, with_lines=True)
            )
            row = specs.fetch(f"EXECUTE {name} (%s::bigint[], %s)", [[contact.pk], DAY])[0]
            assert row["grade"] == ("C2" if number == 0 else "C1"), (times, number)
            names[times, number] = name
            assert len(prepared_now()) <= 3
    assert len(set(names.values())) == 10  # each had to be planned again


def test_what_is_used_stays_and_what_was_used_longest_ago_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "MOST_PREPARED", 3)
    contact = factories.contact()
    base = specs.load_spec(Definition.objects.get(status="active"))

    def name_of(number: int) -> str:
        spec = replace(base, id=100 + number)
        return specs.prepared(spec, "why", "bigint[], int", lambda statement: statement.select(ONE))

    first, second = name_of(1), name_of(2)
    for other in range(3, 8):
        assert name_of(1) == first
        name_of(other)
    assert name_of(2) != second
    assert first in prepared_now() and second not in prepared_now()
    explanation = queries.why(contact.pk, DAY)
    assert explanation is not None and explanation.version == base.version
