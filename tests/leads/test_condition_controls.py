"""The one builder of conditions, as a field of any form."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from leads import condition_controls as controls
from leads.condition_controls import BLANK, BuildsConditions, ConditionsField
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
