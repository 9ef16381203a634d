"""Patterns that rules look at: added one by one, several globs in one, never slow."""

import time
from typing import Any

import pytest

from core.errors import Refused
from leads import kinds
from leads.kinds import known_kinds
from leads.models import EngagementEvent, EventKind, Facet, FacetRun
from leads.queries import pattern_fits
from leads.services.kinds import add_pattern, patterns_of
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def facet_of(path: str) -> str | None:
    kinds.forget()
    pk = known_kinds()["page_view"].facet_of({"path": path})
    return Facet.objects.get(pk=pk).name if pk else None


def test_one_pattern_holds_several_globs() -> None:
    add_pattern(kind_key="page_view", name="Plans", pattern=" /plans*, /compare/*/plans ,", now=NOW)
    assert [facet_of(path) for path in ("/plans/team", "/compare/them/plans", "/compare/them")] == [
        "Plans",
        "Plans",
        None,
    ]


def test_a_new_pattern_stands_behind_the_others_which_keep_what_they_have() -> None:
    add_pattern(kind_key="page_view", name="Everything", pattern="*", now=NOW)
    assert (facet_of("/pricing/team"), facet_of("/about")) == ("Pricing", "Everything")
    assert patterns_of(EventKind.objects.get(key="page_view"))[-1] == ("Everything", "*")
    assert FacetRun.objects.get().done_at is None  # history follows


def test_it_says_how_the_pattern_fits_what_came() -> None:
    contact = factories.contact()
    for path in ("/plans/team", "/plans/team", "/plans/solo", "/pricing/plans", "/about"):
        factories.event(contact, path=path)
    facet = add_pattern(kind_key="page_view", name="Plans", pattern="/plans*, */plans", now=NOW)
    assert pattern_fits(facet).words == (
        "It fits 3 of the newest 5 events of this kind, such as /plans/team, /plans/solo. "
        "1 more fit an earlier pattern, which keeps them."
    )
    EngagementEvent.objects.all().delete()
    assert pattern_fits(facet).words == "No event of this kind has come yet."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pattern": ""}, "One per line"),
        ({"pattern": " , ,"}, "only commas"),
        ({"pattern": "x" * 201}, "One per line"),
        ({"pattern": "/a*b*c*d*e"}, "at most 3 stars"),
        ({"pattern": "/ok*, *a*a*a*a*a"}, "at most 3 stars"),
        ({"name": ""}, "One per line"),
        ({"name": "n" * 61}, "One per line"),
        ({"name": "PRICING"}, "is there twice"),
        ({"kind_key": "nothing"}, "Choose a kind"),
        ({"kind_key": "trial_started"}, "which property"),
        ({"kind_key": "trial_started", "facet_property": "p" * 41}, "At most 40"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(changes: dict[str, Any], said: str) -> None:
    before = Facet.objects.count()
    given = {"kind_key": "page_view", "name": "Plans", "pattern": "/plans*"} | changes
    with pytest.raises(Refused, match=said):
        add_pattern(**given, now=NOW)
    assert (Facet.objects.count(), FacetRun.objects.count()) == (before, 0)


def test_a_kind_without_a_property_gets_one_with_its_first_pattern() -> None:
    facet = add_pattern(
        kind_key="trial_started", name="Team", pattern="team*, business", facet_property="plan", now=NOW
    )
    kinds.forget()
    assert known_kinds()["trial_started"].facet_of({"plan": "Team yearly"}) == facet.pk
    assert EventKind.objects.get(key="trial_started").category == "product"


@pytest.mark.parametrize("pattern", ["*a*a*a", "***a***a***a", "a.*(a+)+$", "(a|a)*", "[a-z]*"])
def test_no_pattern_is_slow(pattern: str) -> None:
    """The worst value of the longest length; signs of regular expressions mean themselves."""
    compiled = kinds.compile_pattern(pattern)
    start = time.perf_counter()
    for value in ("a" * 199 + "b", "aab" * 66, "/" * 200):
        assert compiled.fullmatch(value) is None
    assert time.perf_counter() - start < 0.5
