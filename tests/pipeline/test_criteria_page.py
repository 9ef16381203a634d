"""What qualification asks, in Settings."""

import pytest

from leads.models import Criterion
from pipeline.models import Question
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
CHAMP = {
    "label": "Champion",
    "letter": "Ch",
    "question": "Who will fight for this when you are not in the room?",
    "questions": "Who gains most from it?\n\nWho gains most from it?\nWho has done this before?",
    "hint": "A name, and what they win.",
    "valid_days": "90",
}


def test_a_criterion_of_ones_own_is_asked_at_the_desk(cast: Cast) -> None:
    client = client_of(cast.mara)
    assert client.post("/settings/criteria/new/", CHAMP).status_code == 302
    row = Criterion.objects.get(key="champion")
    assert (row.label, row.letter, row.valid_days, row.position) == ("Champion", "Ch", 90, 4)
    asked = list(Question.objects.filter(criterion=row).values_list("text", flat=True))
    assert asked == ["Who gains most from it?", "Who has done this before?"]
    page = client.get("/settings/criteria/").content.decode()
    assert "Champion (Ch)" in page
    assert "must meet" in page  # authority


def test_another_question_keeps_key_answers_and_place(cast: Cast) -> None:
    row = Criterion.objects.get(key="budget")
    evidence = factories.evidence(factories.contact(), "budget")
    given = CHAMP | {"label": "Money", "letter": "M", "position": "0"}
    assert client_of(cast.mona).post(f"/settings/criteria/{row.pk}/", given).status_code == 302
    row.refresh_from_db()
    assert (row.key, row.label, row.position) == ("budget", "Money", 0)
    evidence.refresh_from_db()
    assert evidence.criterion == row


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", ""),
        ("label", "x" * 61),
        ("label", "Budget"),
        ("label", "预算"),
        ("letter", "ABC"),
        ("question", ""),
        ("question", "\0"),
        ("question", "x" * 1_000_000),
        ("questions", "\n".join(f"Question {n}?" for n in range(21))),
        ("questions", "x" * 201),
        ("valid_days", "0"),
        ("valid_days", "99999999999999999999"),
    ],
)
def test_bad_input_is_said_beside_its_field(cast: Cast, field: str, value: str) -> None:
    answer = client_of(cast.mara).post("/settings/criteria/new/", CHAMP | {field: value})
    assert answer.status_code == 422
    assert not Criterion.objects.filter(key="champion").exists()
    assert not Question.objects.filter(criterion__key="champion").exists()


def test_nobody_can_be_asked_everything(cast: Cast) -> None:
    for number in range(20):
        Criterion.objects.get_or_create(key=f"c{number}", defaults={"label": f"C{number}", "letter": "C"})
    assert client_of(cast.mara).post("/settings/criteria/new/", CHAMP).status_code == 422
