"""What is wrong with a definition is said before anybody is judged by it."""

from dataclasses import replace
from typing import Any

import pytest

from leads.contradictions import can_hold
from scoring import wording
from scoring.drafting import Content, EngagementDraft, FitDraft, Kind, Known, PersonaDraft, problems, warnings
from scoring.proportions import Share

KNOWN = Known(
    kinds={
        "page_view": Kind("Viewed a page", "content", False),
        "email_replied": Kind("Replied", "conversation", True),
    },
    facets={1: ("Pricing", "page_view"), 2: ("White paper", "asset_downloaded")},
    criteria={"budget": "Budget", "need": "Need"},
)
PAGE = EngagementDraft("Looked at pricing", "page_view", 6, (1,), 14, 90, 18)
REPLY = EngagementDraft("Replied", "email_replied", 12, (), 30, 180, 24)
SIZE = FitDraft("50 to 1,000", 15, {"field": "company.employees", "op": "between", "value": [50, 1000]})
FINE = Content("Ours", "", 50, 90, (15, 5, 20, 10), (PAGE, REPLY), (SIZE,), (("budget", "weak"),))


def test_a_sound_definition_has_no_problems() -> None:
    assert problems(FINE, KNOWN) == {}


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("points", {"points": 0}),
        ("points", {"points": None}),
        ("points", {"points": "many"}),
        ("points", {"points": 1001, "cap": None}),
        ("half_life", {"half_life_days": -3}),
        ("half_life", {"half_life_days": 0}),
        ("half_life", {"half_life_days": "soon"}),
        ("window", {"window_days": None}),
        ("window", {"window_days": 3651}),
        ("cap", {"cap": 5}),
        ("cap", {"cap": -1}),
        ("kind", {"kind": "nothing", "facet_ids": ()}),
        ("facets", {"facet_ids": (2,)}),
        ("facets", {"facet_ids": (99,)}),
        ("name", {"name": ""}),
        ("name", {"name": "x" * 121}),
    ],
)
def test_each_field_of_an_engagement_rule_is_checked(part: str, changes: dict[str, Any]) -> None:
    assert list(problems(replace(FINE, engagement=(REPLY, replace(PAGE, **changes))), KNOWN)) == [f"e1-{part}"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("threshold", {"threshold": None}),
        ("threshold", {"threshold": 0}),
        ("threshold", {"threshold": "fifty"}),
        ("threshold", {"threshold": 58}),  # 18 + 24 + 15 can be reached
        ("two_way_days", {"two_way_days": -1}),
        ("grade_a_fit", {"grades": (1, 5, 20, 10)}),
        ("grade_1_engagement", {"grades": (15, 5, 5, 10)}),
        ("grade_2_engagement", {"grades": (15, 5, 20, None)}),
        ("required", {"required": (("fame", "meets"),)}),
        ("required", {"required": (("budget", "fails"),)}),
        ("name", {"name": ""}),
        ("note", {"note": "x" * 4001}),
        ("", {"engagement": (), "fit": ()}),
        ("", {"engagement": (PAGE,) * 61}),
        ("f0-conditions", {"fit": (replace(SIZE, conditions={"field": "contact.shoe", "op": "is", "value": "1"}),)}),
        ("f0-conditions", {"fit": (replace(SIZE, conditions={}),)}),
        ("f0-points", {"fit": (replace(SIZE, points=0),)}),
    ],
)
def test_each_field_of_a_definition_is_checked(name: str, changes: dict[str, Any]) -> None:
    assert list(problems(replace(FINE, **changes), KNOWN)) == [name]


def test_the_line_may_be_just_reachable() -> None:
    assert problems(replace(FINE, threshold=57), KNOWN) == {}
    assert problems(replace(FINE, threshold=9999, engagement=(replace(PAGE, cap=None), REPLY)), KNOWN) == {}


def leaf(op: str, value: Any = None, field: str = "company.employees") -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("condition", "possible"),
    [
        ({"all": [leaf("at_least", 50), leaf("at_most", 50)]}, True),
        ({"all": [leaf("at_least", 51), leaf("at_most", 50)]}, False),
        ({"all": [leaf("between", [1, 9]), leaf("is", 10)]}, False),
        ({"any": [leaf("is", 10), {"all": [leaf("at_least", 9), leaf("at_most", 8)]}]}, True),
        ({"all": [leaf("unknown"), leaf("at_least", 1)]}, False),
        ({"all": [leaf("known"), leaf("unknown")]}, False),
        ({"all": [leaf("is", "DE", "contact.country"), leaf("is", "FR", "contact.country")]}, False),
        ({"all": [leaf("in", ["DE", "FR"], "contact.country"), leaf("is_not", "de", "contact.country")]}, True),
        ({"all": [leaf("is", "DE", "contact.country"), leaf("not_in", ["de"], "contact.country")]}, False),
        ({"all": [leaf("is", "Chief", "contact.job_title"), leaf("contains", "head", "contact.job_title")]}, False),
        ({"all": [leaf("is", True, "contact.free_mail"), leaf("is", False, "contact.free_mail")]}, False),
        ({"all": [leaf("is", 5), {"not": leaf("is", 5)}]}, False),
        ({"all": [leaf("is", 5), {"not": leaf("is", 6)}]}, True),
        ({"all": [{"any": [leaf("is", n) for n in range(30)]}] * 3}, True),
    ],
)
def test_what_can_never_hold_is_found(condition: dict[str, Any], possible: bool) -> None:
    assert can_hold(condition) is possible


def test_what_is_allowed_but_odd_is_said() -> None:
    odd = replace(FINE, engagement=(PAGE, replace(PAGE, name="Again", half_life_days=120, cap=None)), required=())
    said = " ".join(warnings(replace(odd, two_way_days=None, grades=(99, 5, 20, 10)), KNOWN))
    for text in ("graded A", "no cap", "count the same events twice", "forgotten after 90 days", "No criterion"):
        assert text in said
    assert warnings(FINE, KNOWN) == []


def test_where_only_personas_require_something_that_is_said() -> None:
    asking = (PersonaDraft("Large", required=(("budget", "weak"),)), PersonaDraft("Small"))
    said = " ".join(warnings(replace(FINE, required=(), personas=asking), KNOWN))
    assert "Whoever is no persona with criteria of its own has to answer nothing." in said
    assert "No criterion is required" not in said


def test_rules_read_as_sentences() -> None:
    assert wording.engagement(PAGE, KNOWN) == (
        "Each “Viewed a page” (Pricing) gives +6, half of it after 14 days, nothing after 90 days; together at most 18."
    )
    assert wording.fit(replace(SIZE, points=-5)) == "−5 when Employees between 50 and 1,000."


def test_differences_read_as_sentences() -> None:
    after = replace(
        FINE,
        threshold=55,
        two_way_days=None,
        engagement=(replace(PAGE, points=8, cap=None),),
        fit=(SIZE, FitDraft("Big", 5, leaf("at_least", 1001))),
        required=(("budget", "meets"), ("need", "weak")),
    )
    assert wording.differences(FINE, after, KNOWN) == [
        "The line moves from 50 to 55.",
        "They need not have talked to us any more.",
        "Budget: weak or better → meets.",
        "Need must be answered (weak or better).",
        "“Looked at pricing”: points +6 → +8; cap 18 → none.",
        "Rule “Replied” goes: Each “Replied” gives +12, half of it after 30 days, nothing after 180 days; "
        "together at most 24.",
        "New rule “Big”: +5 when Employees is at least 1,001.",
    ]
    assert wording.differences(FINE, FINE, KNOWN) == []


def test_another_kind_and_other_patterns_are_named() -> None:
    def said(**changes: Any) -> list[str]:
        after = replace(FINE, engagement=(replace(PAGE, **changes), REPLY))
        return wording.differences(FINE, after, KNOWN)

    rule = "“Looked at pricing”: "
    assert said(kind="email_replied", facet_ids=()) == [f"{rule}counts “Replied” instead of “Viewed a page” (Pricing)."]
    assert said(facet_ids=()) == [f"{rule}looks at any instead of Pricing."]
    assert said(facet_ids=(1, 9)) == [f"{rule}looks at Pricing, a pattern that is gone instead of Pricing."]


def test_shares_say_how_sure_they_are() -> None:
    share = Share(1, 1)
    assert share.interval == pytest.approx((0.2065, 1.0), abs=0.001)  # one win is not 100 %
    assert Share(50, 100).interval == pytest.approx((0.4038, 0.5962), abs=0.0001)
    assert (Share(0, 0).percent, Share(0, 0).value) == ("–", None)
