"""The studio's controls, read into a definition's content; all is in the page, so that it works without script.

`e` names the engagement rules in the order in which they stand there, `e3-points` are the points of no. 3; `f` the fit
rules, whose conditions are a builder of that name (`f2`: leads/condition_controls.py); `p` the personas, `p0f` the
rules of the first; `x` the exclusions. What cannot be read is told by scoring/drafting.py.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict

from leads import condition_controls as controls
from leads import normalise
from scoring.drafting import (
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_EXCLUSIONS,
    MOST_PERSONAS,
    MOST_RULES,
    Content,
    EngagementDraft,
    ExclusionDraft,
    FitDraft,
    Known,
    Number,
    PersonaDraft,
)
from scoring.services.back_tests import LEAST_WEEKS, MOST_WEEKS

Rules = tuple[FitDraft, ...]
_WHOLE = re.compile(r"[+\-−]?\d{1,9}")
_AT = re.compile(r"(?P<list>[efpx]|p\d{1,3}f)(?P<block>\d{1,3})")
_OF_PERSONA = re.compile(r"p(?P<block>\d{1,3})f")
LISTS = {"e": "engagement", "f": "fit", "p": "personas", "x": "exclusions"}
SHOWN = frozenset({"rule"})
# what the buttons add: their label, the reason that is said, whom it keeps out
EXCLUSIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "rivals": (
        "Competitors",
        "competitor",
        {
            "any": [
                {"field": "contact.email_domain", "op": "in", "value": ["competitor.example"]},
                {"field": "company.name", "op": "contains_any", "value": ["Competitor Ltd"]},
            ]
        },
    ),
    "staff": ("Own staff", "own staff", {"field": "contact.own_staff", "op": "is", "value": True}),
    "no": ("Whoever said no", "said no", {"field": "contact.said_no", "op": "is", "value": True}),
    "private": (
        "Private addresses",
        "private address",
        {"field": "contact.free_mail", "op": "is", "value": True},
    ),
    "other": ("Another condition", "", controls.BLANK),
}


class BackTestForm(forms.Form):
    """How far back."""

    weeks = forms.TypedChoiceField(
        coerce=int,
        choices=[(13, "the last 3 months"), (26, "the last 6 months"), (52, "the last 12 months")],
        initial=26,
        label="Weeks",
        help_text=f"From {LEAST_WEEKS} to {MOST_WEEKS}.",
    )


def read_content(data: QueryDict, criteria: Iterable[str]) -> Content:
    """What the controls say."""
    criteria = list(criteria)
    return Content(
        name=_line(data, "name"),
        team=_team(data.get("team", "")),
        note=normalise.text(data.get("note", "")[: 4 * LONGEST_NOTE])[: LONGEST_NOTE + 1],
        threshold=_number(data, "threshold"),
        two_way_days=_number(data, "two_way_days"),
        grades=(
            _number(data, "grade_a_fit"),
            _number(data, "grade_b_fit"),
            _number(data, "grade_1_engagement"),
            _number(data, "grade_2_engagement"),
        ),
        engagement=tuple(_engagement(data, f"e{n}") for n in controls.blocks(data, "e")[: MOST_RULES + 1]),
        fit=_rules(data, "f"),
        **_asked(data, criteria),
        personas=tuple(
            PersonaDraft(
                _line(data, f"p{n}-name"),
                _rules(data, f"p{n}f"),
                **_asked(data, criteria, f"p{n}-"),
                open=_open(data, f"p{n}"),
            )
            for n in controls.blocks(data, "p")[: MOST_PERSONAS + 1]
        ),
        exclusions=tuple(
            ExclusionDraft(_line(data, f"x{n}-name"), _conditions(data, f"x{n}"), _open(data, f"x{n}"))
            for n in controls.blocks(data, "x")[: MOST_EXCLUSIONS + 1]
        ),
    )


def _asked(data: QueryDict, criteria: Iterable[str], at: str = "") -> dict[str, Any]:
    """The criteria that are required, of everybody or of a persona (`p0-`), and how old an answer may be."""
    required = tuple((key, least) for key in criteria if (least := data.get(f"{at}required-{key}", "")[:10]))
    fresh = tuple((key, days) for key, _ in required if (days := _number(data, f"{at}fresh-{key}")) is not None)
    return {"required": required, "fresh": fresh}


def _team(value: str) -> int | None:
    """The id of a team; one that cannot be any for what is no number."""
    if not value:
        return None
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1


def rearranged(content: Content, do: str, data: QueryDict, known: Known) -> Content:
    """The content after a button: `add:e`, `add:p0f`, `add:x:rivals`, `up:e2`, `remove:p0f1`; else as it is.

    Buttons of a builder of conditions have been obeyed when it was read.
    """
    verb, at, what = (*do.split(":"), "", "")[:3]
    if verb == "add":
        return _added(content, at, what, data, known)
    found = _AT.fullmatch(at)
    if verb not in {"up", "down", "remove"} or not found:
        return content
    list_, block = found["list"], found["block"]
    places = controls.blocks(data, list_)
    if block not in places:
        return content
    place = places.index(block)
    if list_ in LISTS:
        name = LISTS[list_]
        changed: dict[str, Any] = {name: _moved(getattr(content, name), verb, place)}
        return replace(content, **changed)
    return _in_persona(content, list_, data, lambda rules: _moved(rules, verb, place))


def _added(content: Content, at: str, what: str, data: QueryDict, known: Known) -> Content:
    if at == "e" and len(content.engagement) <= MOST_RULES:
        kind = next(iter(known.kinds), "")
        return replace(
            content, engagement=(*content.engagement, EngagementDraft("", kind, 5, (), 30, 180, 15, open=SHOWN))
        )
    if at == "f" and len(content.fit) <= MOST_RULES:
        return replace(content, fit=(*content.fit, FitDraft("", 5, controls.BLANK, SHOWN)))
    if at == "p" and len(content.personas) <= MOST_PERSONAS:
        first = FitDraft("", 10, controls.BLANK, SHOWN)
        return replace(content, personas=(*content.personas, PersonaDraft("", (first,), open=SHOWN)))
    if at == "x" and what in EXCLUSIONS and len(content.exclusions) <= MOST_EXCLUSIONS:
        _, name, condition = EXCLUSIONS[what]
        return replace(content, exclusions=(*content.exclusions, ExclusionDraft(name, condition, SHOWN)))
    return _in_persona(
        content, at, data, lambda rules: (*rules, FitDraft("", 5, controls.BLANK, SHOWN))[: MOST_RULES + 1]
    )


def _in_persona(content: Content, list_: str, data: QueryDict, change: Callable[[Rules], Rules]) -> Content:
    """The content with the rules of the persona whose list this is (`p0f`) changed."""
    personas = controls.blocks(data, "p")
    found = _OF_PERSONA.fullmatch(list_)
    if not found or found["block"] not in personas:
        return content
    rows = list(content.personas)
    place = personas.index(found["block"])
    if place < len(rows):
        rows[place] = replace(rows[place], rules=change(rows[place].rules))
    return replace(content, personas=tuple(rows))


def _moved(rules: tuple[Any, ...], verb: str, place: int) -> tuple[Any, ...]:
    if place >= len(rules):
        return rules
    rest = list(rules)
    rule = rest.pop(place)
    if verb != "remove":
        rest.insert(max(0, place - 1 if verb == "up" else place + 1), rule)
    return tuple(rest)


def _line(data: QueryDict, name: str) -> str:
    return normalise.line(data.get(name, "")[: 4 * LONGEST_NAME])[: LONGEST_NAME + 1]


def _number(data: QueryDict, name: str) -> Number:
    """A whole number; none when empty; the text when it is none."""
    text = normalise.line(data.get(name, "")[:40])
    if not text:
        return None
    return int(text.replace("−", "-")) if _WHOLE.fullmatch(text) and text.isascii() | ("−" in text) else text[:20]


def _engagement(data: QueryDict, at: str) -> EngagementDraft:
    facets = data.getlist(f"{at}-facet")[:100]
    return EngagementDraft(
        name=_line(data, f"{at}-name"),
        kind=normalise.line(data.get(f"{at}-kind", "")[:60]),
        points=_number(data, f"{at}-points"),
        facet_ids=tuple(dict.fromkeys(int(pk) for pk in facets if pk.isascii() and pk.isdecimal() and len(pk) < 10)),
        half_life_days=_number(data, f"{at}-half_life"),
        window_days=_number(data, f"{at}-window"),
        cap=_number(data, f"{at}-cap"),
        first_only=bool(data.get(f"{at}-first_only")),
        open=_open(data, at),
    )


def _rules(data: QueryDict, list_: str) -> Rules:
    return tuple(
        FitDraft(
            name=_line(data, f"{list_}{n}-name"),
            points=_number(data, f"{list_}{n}-points"),
            conditions=_conditions(data, f"{list_}{n}"),
            open=_open(data, f"{list_}{n}"),
        )
        for n in controls.blocks(data, list_)[: MOST_RULES + 1]
    )


def _open(data: QueryDict, at: str) -> frozenset[str]:
    """Which parts of a rule stand open: static/js/studio.js keeps that in the page."""
    return frozenset({"rule", "asked", "pattern"}.intersection(data.getlist(f"{at}-open")[:9]))


def _conditions(data: QueryDict, at: str) -> dict[str, Any]:
    return controls.rearranged(controls.read(data, at), at, data.get("do", "")[:200])
