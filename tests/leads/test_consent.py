import pytest

from leads import queries
from leads.models import Consent, Contact
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
AGREED = {"purpose": "calls", "given": "yes", "source": "On the phone"}


@pytest.fixture
def contact(cast: Cast) -> Contact:
    return factories.contact(owner=cast.rita)


def test_given_and_taken_back_by_hand(cast: Cast, contact: Contact) -> None:
    client, address = client_of(cast.rita), f"/leads/{contact.pk}/consent/"
    assert client.get(address).status_code == 200
    assert client.post(address, AGREED)["Location"] == f"/leads/{contact.pk}/"
    page = client.get(f"/leads/{contact.pk}/").content.decode()
    assert "On the phone (noted by Rita)" in page
    assert client.post(address, AGREED | {"given": "no", "source": "By letter"}).status_code == 302
    assert client.post(address, AGREED | {"purpose": "marketing"}).status_code == 302
    assert [(row.purpose, row.given) for row in queries.consents_of(contact)] == [("calls", False), ("marketing", True)]
    assert Consent.objects.count() == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": "x" * 65}, "source"),
        ({"source": "a\0"}, "source"),
        ({"purpose": "spam"}, "purpose"),
        ({"given": "maybe"}, "given"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    cast: Cast, contact: Contact, wrong: dict[str, str], field: str
) -> None:
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/consent/", AGREED | wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Consent.objects.exists()


def test_who_may(cast: Cast, contact: Contact) -> None:
    address = f"/leads/{contact.pk}/consent/"
    codes = {user.name: client_of(user).post(address, AGREED).status_code for user in cast.everybody()}
    assert codes == {"Rita": 302, "Ravi": 302, "Sven": 404, "Mara": 302, "Mona": 302, "Adam": 302, "Vera": 403}
    assert client_of(cast.rita).put(address).status_code == 405
    assert "consent/" in client_of(cast.rita).get(f"/leads/{contact.pk}/known/").content.decode()
    assert "consent/" not in client_of(cast.vera).get(f"/leads/{contact.pk}/known/").content.decode()
