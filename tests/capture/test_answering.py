"""What an answer becomes: pure functions over questions."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.answering import clean, findings
from capture.questions import Condition, Option, Question, holds, plain, read
from core.errors import Refused
from tests.capture.making import BUDGET, EMAIL

SIZE = Question("size", "How many?", "number", maps_to="company.employees")
WHEN = Question("when", "When?", "date", maps_to="criterion.timeline", verdict="meets")
TEAMS = Question("teams", "Which teams?", "choices", options=(Option("Sales"), Option("Support")))
HERE = Question("here", "Used before?", "yes_no", maps_to="criterion.need", options=(Option("Yes", "meets"),))
WHY = Question("why", "Why not?", "long_text", required=True, shown_if=Condition("budget", "is", "No"))


@pytest.mark.parametrize(
    ("question", "given", "kept"),
    [
        (EMAIL, " Ada@Acme.example ", "Ada@Acme.example"),
        (SIZE, "1 500", 1500),
        (WHEN, "2027-01-31", "2027-01-31"),
        (TEAMS, ["sales", "Support", "sales"], ["Sales", "Support"]),
        (TEAMS, "Sales", ["Sales"]),
        (BUDGET, "yes", "Yes"),
        (HERE, "Yes", "Yes"),
        (WHY, "a\r\nb", "a\nb"),
        (Question("x", "X"), ["one", "two"], "two"),
        (Question("x", "X", "hidden", default="web"), "", "web"),
    ],
)
def test_an_answer_is_kept_in_its_own_form(question: Question, given: Any, kept: Any) -> None:
    assert clean([replace(question, shown_if=None)], {question.key: given}) == {question.key: kept}


@pytest.mark.parametrize(
    ("question", "given", "sentence"),
    [
        (EMAIL, "ada@", "is not an e-mail address"),
        (EMAIL, "", "Please fill this in"),
        (SIZE, "many", "is not a number"),
        (SIZE, "NaN", "not a number"),
        (SIZE, "1e999999", "digits"),
        (SIZE, "2.5", "whole number"),
        (SIZE, "-1", "whole number"),
        (WHEN, "31.01.2027", "is not a date"),
        (TEAMS, ["Sales", "Boss"], "Choose one"),
        (BUDGET, "Maybe", "Choose one"),
        (HERE, "perhaps", "Choose one"),
        (EMAIL, "a\0b@x.example", "Null characters"),
        (Question("x", "X"), "y" * 1_000_000, "At most 1,000 characters"),
        (Question("x", "X", "long_text"), "y" * 5001, "At most 5,000 characters"),
        (Question("x", "X", "long_text", maps_to="contact.custom.x"), "y" * 1001, "At most 1,000 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_question(question: Question, given: Any, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        clean([question], {question.key: given})
    assert sentence in refused.value.fields[question.key]


def test_all_answers_together_have_a_limit() -> None:
    questions = [Question(f"q{n}", "Q", "long_text") for n in range(7)]
    with pytest.raises(Refused) as refused:
        clean(questions, {question.key: "x" * 5000 for question in questions})
    assert "30,000" in refused.value.fields[""]


def test_a_question_that_is_not_shown_is_neither_demanded_nor_taken() -> None:
    assert clean([BUDGET, WHY], {"budget": "Yes", "why": "sent all the same"}) == {"budget": "Yes"}
    with pytest.raises(Refused) as refused:
        clean([BUDGET, WHY], {"budget": "No"})
    assert refused.value.fields == {"why": "Please fill this in."}
    assert clean([BUDGET, WHY], {"budget": "No", "why": "no money"})["why"] == "no money"


def test_a_chain_of_conditions_hides_what_depends_on_something_hidden() -> None:
    more = Question("more", "More?", shown_if=Condition("why", "filled"))
    assert clean([BUDGET, WHY, more], {"budget": "Yes", "why": "x", "more": "y"}) == {"budget": "Yes"}


@pytest.mark.parametrize(
    ("operator", "value", "answer", "shown"),
    [
        ("is", "yes", "Yes", True),
        ("is", "Yes", None, False),
        ("is_not", "Yes", "No", True),
        ("is_not", "Yes", None, True),
        ("contains", "ale", ["Sales", "Support"], True),
        ("contains", "hr", ["Sales"], False),
        ("is", "Sales", ["Support", "Sales"], True),
        ("filled", "", "x", True),
        ("filled", "", [], False),
        ("is", "5", 5, True),
    ],
)
def test_conditions(operator: str, value: str, answer: Any, shown: bool) -> None:
    assert holds(Condition("k", operator, value), {"k": answer}) is shown


def test_an_option_says_its_verdict_with_the_question_in_the_quote() -> None:
    (found,) = findings([BUDGET], {"budget": "Yes"})
    assert (found.criterion, found.verdict, found.amount) == ("budget", "meets", Decimal(20000))
    assert found.quote == "Is there a budget? Yes"
    assert findings([BUDGET], {"budget": "Who knows"}) == []
    assert findings([BUDGET], {}) == []


def test_of_several_answers_the_strongest_counts() -> None:
    both = replace(BUDGET, type="choices")
    (found,) = findings([both], {"budget": ["No", "Soon"]})
    assert (found.verdict, found.quote) == ("weak", "Is there a budget? No, Soon")


def test_dates_numbers_and_words_become_measures_and_quotes() -> None:
    (when,) = findings([WHEN], {"when": "2027-01-31"})
    assert (when.verdict, when.on_date and when.on_date.isoformat()) == ("meets", "2027-01-31")
    price = Question("price", "Price?", "number", maps_to="criterion.budget")
    (told,) = findings([price], {"price": 1500.5})
    assert (told.verdict, told.amount) == ("weak", Decimal("1500.5"))
    assert findings([price], {"price": 10**14})[0].amount is None
    assert findings([HERE], {"here": "No"}) == []
    assert findings([HERE], {"here": "Yes"})[0].verdict == "meets"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["email", "size", "when", "teams", "budget", "why"]), st.text() | st.lists(st.text())
    )
)
def test_whatever_is_sent_is_kept_or_refused_and_kept_answers_are_kept_again(sent: dict[str, Any]) -> None:
    questions = [EMAIL, SIZE, WHEN, TEAMS, BUDGET, WHY]
    try:
        answers = clean(questions, sent)
    except Refused as refused:
        named, answers = set(refused.fields), {}
        assert named <= {question.key for question in questions}
    assert not answers or clean(questions, answers) == answers
    findings(questions, answers)


def test_a_question_comes_back_from_its_row_as_it_was() -> None:
    for question in (EMAIL, SIZE, WHEN, TEAMS, BUDGET, WHY, HERE):
        assert read(plain(question)) == question
    assert read({"label": None, "type": "shoe", "options": None, "shown_if": "x"}) == Question("", "")
