"""The one builder of conditions, as a field of any form."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from leads import condition_controls as controls
from leads.condition_controls import BLANK
from leads.condition_fields import BuildsConditions, ConditionsField
from leads.models import CustomField

pytestmark = pytest.mark.django_db
SIZE = {"field": "company.employees", "op": "between", "value": [50, 1000]}
TITLE = {"field": "contact.job_title", "op": "contains_any", "value": ["head of ", "vp "]}


class RuleForm(BuildsConditions):
    name = forms.CharField(max_length=20)
    when = ConditionsField(label="When", initial=BLANK)


def sent(condition: dict[str, Any], at: str = "when", **more: Any) -> QueryDict:
    """What a browser sends of the builder."""
    joiner, leaves = controls.leaves_of(condition) or ("all", [])
    data = QueryDict(mutable=True)
    data[f"{at}-joiner"] = joiner
    data.setlist(f"{at}-c", [str(n) for n in range(len(leaves))])
    for n, leaf in enumerate(leaves):
        data[f"{at}-c{n}-field"], data[f"{at}-c{n}-op"] = leaf["field"], leaf["op"]
        data[f"{at}-c{n}-value"] = controls.value_text(leaf)
    for name, value in more.items():
        data[name] = value
    return data


@pytest.mark.parametrize("condition", [SIZE, TITLE, {"all": [SIZE, TITLE]}, {"any": [TITLE, SIZE]}])
def test_what_is_sent_unchanged_is_what_was_there(condition: dict[str, Any]) -> None:
    form = RuleForm(sent(condition, name="Big"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["when"] == condition


def test_it_is_drawn_with_its_values_and_only_what_the_field_can_be_asked_with() -> None:
    html = str(RuleForm(initial={"when": SIZE}))
    assert "50\n1000</textarea>" in html
    assert 'value="between" selected' in html and "contains one of" not in html
    assert 'name="do" value="leaf:when"' in html


def test_a_number_of_ours_can_be_asked_for_ranges_and_a_choice_cannot() -> None:
    CustomField.objects.create(about="company", key="seats", label="Seats", type="number")
    CustomField.objects.create(about="company", key="plan", label="Plan", type="choice", options=["a", "b"])
    asked = {field.key: [op for op, _ in field.operators] for field in controls.asked_fields()}
    assert asked["company.custom.seats"] == ["is", "at_least", "at_most", "between", "known", "unknown"]
    assert "between" not in asked["company.custom.plan"] and "contains_any" in asked["company.custom.plan"]
    leaf = {"field": "company.custom.seats", "op": "between", "value": [5, 10.5]}
    form = RuleForm(sent(leaf, name="Seats"))
    assert form.is_valid() and form.cleaned_data["when"] == leaf


def test_a_nested_condition_is_said_in_words_and_kept() -> None:
    nested = {"not": {"all": [SIZE, TITLE]}}
    html = str(RuleForm(initial={"when": nested}))
    assert "not (Employees between 50 and 1,000 and Job title contains one of head of, vp)" in html
    data = QueryDict(mutable=True)
    data.update({"name": "Not so", "when-raw": controls.builder("when", nested, []).raw})
    form = RuleForm(data)
    assert form.is_valid() and form.cleaned_data["when"] == nested


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"when-c0-value": "many"}, "is not a number value"),
        ({"when-c0-value": "1000\n50"}, "the smaller first"),
        ({"when-c0-value": "nan\ninf"}, "is out of range"),
        ({"when-c0-value": "9" * 1_000_000}, "is out of range"),
        ({"when-c0-field": "contact.shoe"}, "is not a field"),
        ({"when-c0-field": "contact.\0shoe"}, "is not a field"),
        ({"when-raw": "[" * 100_000}, "A condition is an object"),
        ({"when-raw": '{"all": []}'}, "takes a list with at least one condition"),
        ({"when-c": "x"}, "A condition is an object"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, str], said: str) -> None:
    form = RuleForm(sent(SIZE, name="Big", **changes))
    assert not form.is_valid()
    assert said in form.errors["when"][0]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1000", 1000),
        ("1,000", 1000),
        ("1,234,567.5", 1234567.5),
        ("−3", -3),
        ("0.125", 0.125),
        ("1.5", 1.5),
        ("1.1250", 1.125),
        ("1234.125", 1234.125),
        ("1.000", None),
        ("1.000.000", None),
        ("1,5", None),
        ("1.000,5", None),
        ("10,00", None),
    ],
)
def test_a_number_that_may_mean_two_things_is_refused(typed: str, read: float | None) -> None:
    form = RuleForm(sent({"field": "company.employees", "op": "at_least", "value": typed}, name="Big"))
    if read is None:
        said = f"Employees: “{typed}” is not a number value. Write 1000 or 1,000, and a fraction as 1.5."
        assert form.errors["when"] == [said]
    else:
        assert form.is_valid(), form.errors
        assert form.cleaned_data["when"]["value"] == read


def test_fractions_of_thousandths_are_sent_so_that_they_are_read_again() -> None:
    leaf = {"field": "company.custom.seats", "op": "between", "value": [1.125, 12.5]}
    form = RuleForm(sent(leaf, name="Some"))
    assert form.is_valid() and form.cleaned_data["when"] == leaf


def test_contradictions_are_refused() -> None:
    both = {"all": [SIZE, {"field": "company.employees", "op": "at_most", "value": 10}]}
    form = RuleForm(sent(both, name="Nobody"))
    assert not form.is_valid() and "contradict each other" in form.errors["when"][0]


def fill(do: str, condition: dict[str, Any] = SIZE) -> dict[str, Any]:
    form = RuleForm(sent(condition, name="", do=do))
    assert form.is_rearranged and not form.errors
    value = form["when"].value()
    assert isinstance(value, dict)
    return value


def test_its_buttons_rearrange_and_find_nothing_wrong() -> None:
    assert fill("leaf:when") == {"all": [SIZE, {"field": "company.employees", "op": "is", "value": ""}]}
    assert fill("unleaf:when:0", {"any": [SIZE, TITLE]}) == TITLE
    for do in ("unleaf:when:9", "unleaf:when:x", "unleaf:when", "leaf:other", "refresh"):
        assert fill(do, {"any": [SIZE, TITLE]}) == {"any": [SIZE, TITLE]}
    assert not RuleForm(sent(SIZE, name="", do="save")).is_rearranged


def test_twenty_conditions_are_enough() -> None:
    many = {"all": [TITLE] * 20}
    assert fill("leaf:when", many) == many


RICH = {"field": "contact.country", "op": "in", "value": ["DE", "AT"]}
GROUPED = {"all": [SIZE, {"any": [TITLE, RICH]}]}


def nested(condition: dict[str, Any], **more: Any) -> QueryDict:
    """What a browser sends of a builder with groups."""
    joiner, parts = controls.parts_of(condition) or ("all", [])
    data = QueryDict(mutable=True)
    data["when-joiner"] = joiner
    data.setlist("when-c", [str(n) for n in range(len(parts))])
    for n, part in enumerate(parts):
        data.update(sent(part, at=f"when-c{n}") if "field" not in part else _leaf(part, f"when-c{n}"))
    for name, value in more.items():
        data[name] = value
    return data


def _leaf(part: dict[str, Any], at: str) -> dict[str, str]:
    return {f"{at}-field": part["field"], f"{at}-op": part["op"], f"{at}-value": controls.value_text(part)}


@pytest.mark.parametrize(
    "condition", [GROUPED, {"any": [{"all": [SIZE, TITLE]}, {"all": [RICH, TITLE]}]}, {"all": [TITLE, SIZE]}]
)
def test_groups_are_drawn_and_come_back_as_they_were(condition: dict[str, Any]) -> None:
    form = RuleForm(nested(condition, name="Both"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["when"] == condition
    assert "when-raw" not in str(RuleForm(initial={"when": condition}))


def test_groups_are_added_filled_and_taken_away() -> None:
    def fill(do: str, condition: dict[str, Any]) -> Any:
        form = RuleForm(nested(condition, name="", do=do))
        assert form.is_rearranged
        return form["when"].value()

    blank = {"field": "company.employees", "op": "is", "value": ""}
    assert fill("group:when", {"all": [TITLE, SIZE]}) == {"all": [TITLE, SIZE, {"any": [blank, blank]}]}
    assert fill("group:when", {"any": [TITLE, SIZE]}) == {"any": [TITLE, SIZE, {"all": [blank, blank]}]}
    said = {"field": "contact.country", "op": "is", "value": ""}
    assert fill("leaf:when-c1", GROUPED) == {"all": [SIZE, {"any": [TITLE, RICH, said]}]}
    assert fill("unleaf:when-c1:0", GROUPED) == {"all": [SIZE, RICH]}  # a group of one is none
    assert fill("unleaf:when:1", GROUPED) == SIZE
    assert fill("unleaf:when:0", GROUPED) == {"any": [TITLE, RICH]}
    for do in ("group:when-c1", "leaf:when-c0", "leaf:when-c9", "leaf:when-cx", "unleaf:when-c1:9", "leaf:when-c1-c0"):
        assert fill(do, GROUPED) == GROUPED


def test_what_is_nested_deeper_is_kept_and_bad_groups_are_refused() -> None:
    deeper = {"any": [SIZE, {"all": [TITLE, {"any": [RICH, SIZE]}]}]}
    assert controls.parts_of(deeper) is None
    assert "when-raw" in str(RuleForm(initial={"when": deeper}))
    for wrong in ({"all": [SIZE, {"any": []}]}, {"all": [SIZE, {"not": TITLE}]}, {"all": [SIZE, "x"]}, {"all": 5}):
        assert controls.parts_of(wrong) is None
    never = {"all": [RICH, {"any": [{**RICH, "value": ["FR"]}, {**RICH, "value": ["IT"]}]}]}
    form = RuleForm(nested(never, name="Nobody"))
    assert not form.is_valid() and "contradict each other" in form.errors["when"][0]
    form = RuleForm(nested(GROUPED, name="Both", **{"when-c1-c0-value": ""}))
    assert not form.is_valid() and "give a list of 1 to 300 values" in form.errors["when"][0]
    form = RuleForm(nested(GROUPED, name="Both", **{"when-c1-c0-field": "contact.shoe\0"}))
    assert not form.is_valid() and "is not a field" in form.errors["when"][0]
