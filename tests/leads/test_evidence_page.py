import pytest

from leads.models import ChangedContact, Evidence
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_an_answer_is_saved_with_who_and_asks_for_a_new_score(cast: Cast) -> None:
    contact = factories.contact()
    ChangedContact.objects.all().delete()
    data = {"verdict": "weak", "quote": "Around 20k", "amount": "20000.50"}
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/evidence/budget/", data, headers=HTMX)
    assert response.status_code == 204
    assert "contact-changed" in response["HX-Trigger"]
    answer = Evidence.objects.get()
    assert (answer.verdict, answer.quote, str(answer.amount), answer.recorded_by) == (
        "weak",
        "Around 20k",
        "20000.50",
        cast.rita,
    )
    assert ChangedContact.objects.get().contact_id == contact.pk


def test_it_shows_what_to_ask_and_what_was_answered_before(cast: Cast) -> None:
    contact = factories.contact()
    factories.evidence(contact, "timeline", "weak", quote="Some day")
    shown = client_of(cast.rita).get(f"/leads/{contact.pk}/evidence/timeline/", headers=HTMX).content.decode()
    for words in ("By when must this work", "Some day", 'name="on_date"', "Save answer"):
        assert words in shown
    assert 'name="amount"' not in shown
    read_only = client_of(cast.vera).get(f"/leads/{contact.pk}/evidence/timeline/").content.decode()
    assert "Some day" in read_only
    assert "Save answer" not in read_only


@pytest.mark.parametrize(
    ("criterion", "data", "words"),
    [
        ("need", {"verdict": "meets"}, "a verdict needs something behind it"),
        ("need", {"verdict": "perhaps", "quote": "x"}, "not one of the available choices"),
        ("need", {"verdict": "meets", "quote": "x" * 5001}, "at most 5000"),
        ("need", {"verdict": "meets", "quote": "a\0b"}, "Null characters"),
        ("budget", {"verdict": "meets", "amount": "-1"}, "greater than or equal to 0"),
        ("budget", {"verdict": "meets", "amount": "1e400"}, "no more than"),
        ("budget", {"verdict": "meets", "amount": "NaN"}, "Enter a number"),
        ("timeline", {"verdict": "meets", "on_date": "soon"}, "valid date"),
        ("authority", {"verdict": "meets", "text": "CFO"}, "job title alone"),
    ],
)
def test_a_verdict_without_grounds_is_refused(cast: Cast, criterion: str, data: dict[str, str], words: str) -> None:
    contact = factories.contact(job_title="CFO")
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/evidence/{criterion}/", data, headers=HTMX)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Evidence.objects.exists()


def test_a_criterion_that_is_not_there_is_404(cast: Cast) -> None:
    contact = factories.contact()
    assert client_of(cast.rita).get(f"/leads/{contact.pk}/evidence/charm/").status_code == 404
