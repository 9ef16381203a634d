"""A marketer's Today: how the definition is doing, and which step the leads took against the months before."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.queries.health import definition_health
from crm.queries.marketer import Conversion
from scoring.models import Definition, RuleReport
from scoring.proportions import Share
from scoring.queries import active_spec
from scoring.services.definitions import new_draft
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lead(db: None) -> None:
    """Without any, Today says what to do first."""
    factories.contact()


def report(promotions: list[list[Any]]) -> RuleReport:
    """Every rule fires for somebody; the first for nobody."""
    spec = active_spec()
    assert spec is not None
    keys = [f"e{line.id}" for line in spec.engagement] + [f"f{rule.id}" for rule in spec.fit]
    rules: list[dict[str, Any]] = [{"key": key, "fires": 9, "twin": None, "drift": [], "proposal": []} for key in keys]
    rules[0]["fires"] = 0
    content = {"contacts": 50, "promotions": promotions, "rules": rules}
    return RuleReport.objects.create(definition_id=spec.id, day=2000, counted_at=NOW, content=content)


def test_before_it_is_counted_nothing_is_said(cast: Cast) -> None:
    health = definition_health()
    assert health.active == Definition.objects.get()
    assert (health.promoted, health.bought, health.findings, health.drafts) == (0, None, [], [])
    assert "not counted yet" in client_of(cast.mara).get("/").content.decode()


def test_promotions_and_rules_that_need_a_look(cast: Cast) -> None:
    spec = active_spec()
    assert spec is not None
    report([[1, 1, 0, "won"], [2, 1, 0, "lost"], [3, 1, 0, "open"], [4, 1, 0, "lost"]])
    draft = new_draft(by=cast.mara, now=timezone.now())
    health = definition_health()
    assert health.drafts == [draft]
    assert (health.promoted, health.bought) == (4, Share(1, 3))
    assert health.findings == [f"“{spec.engagement[0].name}” fires for nobody"]
    page = re.sub(r"<[^>]+>", "", client_of(cast.mara).get("/").content.decode())
    assert "33 %" in page
    assert "of 3 decided" in page
    assert "a small sample" in page
    assert f"“{spec.engagement[0].name}” fires for nobody" in page


def test_without_an_active_definition_it_says_so(cast: Cast) -> None:
    Definition.objects.update(status="retired", retired_at=NOW + timedelta(days=1))
    assert definition_health().active is None
    assert "No definition is active" in client_of(cast.mara).get("/").content.decode()


def test_conversions_compare_shares_in_points() -> None:
    step = Conversion("Won", "", Share(12, 40), Share(10, 50), is_first=False)
    assert (step.points, step.is_few) == (10, False)
    assert Conversion("Won", "", Share(0, 0), Share(10, 50), is_first=False).points is None
    assert Conversion("Won", "", Share(1, 5), Share(10, 50), is_first=False).is_few
