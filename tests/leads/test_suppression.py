"""The suppression list: who is on it stays unreached, however the address comes back."""

from datetime import timedelta

import pytest

from core.errors import Refused
from leads import queries
from leads.models import Consent, Contact, Purpose, SuppressedAddress
from leads.queries.consent import may, may_be_contacted
from leads.services import ContactRow, change_contact, confirm_consent, record_consent, suppression, upsert_contacts
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def suppress(*lines: str, reason: str = "complaint") -> suppression.Added:
    return suppression.suppress(lines, reason=reason, now=NOW)


def said(contact: Contact) -> list[tuple[str, bool, str]]:
    return list(Consent.objects.filter(contact=contact).order_by("pk").values_list("purpose", "given", "source"))


def reachable(purpose: Purpose) -> set[int]:
    found = set(Contact.objects.filter(may_be_contacted(purpose)).values_list("pk", flat=True))
    assert found == {contact.pk for contact in Contact.objects.all() if may(contact, purpose)}
    return found


def test_only_a_keyed_digest_is_kept(settings: object) -> None:
    assert suppress("Jo.Doe+news@gmail.com", "+49 30 1234567", "nonsense", "jodoe@gmail.com ") == suppression.Added(
        2, 0, ["nonsense"]
    )
    assert suppress("jodoe@googlemail.com") == suppression.Added(0, 1, [])
    rows = SuppressedAddress.objects.order_by("kind")
    assert [row.kind for row in rows] == ["email", "phone"]
    assert all(len(row.digest) == 64 and "jodoe" not in str(vars(row)) for row in rows)
    assert suppression.find("JODOE@gmail.com") == rows[0]
    assert suppression.find("someone@gmail.com") is None
    settings.SUPPRESSION_KEY = "another"  # type: ignore[attr-defined]
    assert suppression.find("jodoe@gmail.com") is None


def test_whoever_has_the_address_is_withdrawn_at_once(cast: Cast) -> None:
    contact = factories.contact(email="jo@example.com", phone="+49 30 1234567")
    record_consent(contact=contact, purpose="marketing", given=True, now=NOW - timedelta(days=1), source="form:x")
    assert reachable(Purpose.MARKETING) == reachable(Purpose.CALLS) == {contact.pk}
    suppress("jo@example.com", "+49301234567")
    assert reachable(Purpose.MARKETING) == reachable(Purpose.CALLS) == set()
    assert said(contact)[1:] == [("marketing", False, "suppression list"), ("calls", False, "suppression list")]


def test_an_address_that_comes_back_by_any_way_stays_unreached() -> None:
    suppress("form@example.com", "list@example.com", "changed@example.com", "+49301234567")
    made = factories.contact(email="form@example.com")
    other = factories.contact(email="fine@example.com")
    change_contact(other, email="changed@example.com")
    rows = [ContactRow({"email": "List@example.com", "last_name": "L"}), ContactRow({"email": "ok@example.com"})]
    rows += [ContactRow({"last_name": "Caller", "phone": "+49 30 1234567"})]
    listed, ok, caller = (result.contact for result in upsert_contacts(rows, now=NOW))
    assert listed is not None
    assert ok is not None
    assert caller is not None
    for contact in (made, other, listed):
        assert said(contact) == [("marketing", False, "suppression list")]
    assert said(ok) == []
    assert said(caller) == [("calls", False, "suppression list")]
    change_contact(made, job_title="Buyer")  # what is known already is not said again
    assert len(said(made)) == 1
    assert caller.pk not in reachable(Purpose.CALLS)
    assert reachable(Purpose.MARKETING) == set()


def test_a_box_alone_does_not_open_a_suppressed_address_but_a_confirmation_does() -> None:
    suppress("jo@example.com", reason="erased")
    contact = factories.contact(email="jo@example.com")
    ticked = record_consent(contact=contact, purpose="marketing", given=True, now=NOW, source="form:x")
    assert ticked.is_pending
    assert not may(contact, Purpose.MARKETING)
    confirmed = confirm_consent(ticked.pk, now=LATER)
    assert (confirmed.given, confirmed.is_pending, confirmed.at, confirmed.proof) == (
        True,
        False,
        LATER,
        f"confirms:{ticked.pk}",
    )
    assert confirm_consent(ticked.pk, now=LATER + timedelta(days=1)) == confirmed
    assert reachable(Purpose.MARKETING) == {contact.pk}
    assert not SuppressedAddress.objects.exists()


def test_a_complaint_is_lifted_by_a_colleague_only(cast: Cast) -> None:
    suppress("jo@example.com")
    contact = factories.contact(email="jo@example.com")
    ticked = record_consent(contact=contact, purpose="marketing", given=True, now=NOW, source="form:x")
    confirm_consent(ticked.pk, now=LATER)
    assert reachable(Purpose.MARKETING) == set()
    with pytest.raises(Refused) as refused:
        record_consent(
            contact=contact, purpose="marketing", given=True, now=LATER, source="by phone", recorded_by=cast.rita
        )
    assert list(refused.value.fields) == ["purpose"]
    assert suppression.remove(SuppressedAddress.objects.get())
    record_consent(
        contact=contact, purpose="marketing", given=True, now=LATER, source="by phone", recorded_by=cast.rita
    )
    assert may(contact, Purpose.MARKETING)


def test_a_confirmation_that_comes_too_late_or_after_a_no_is_refused() -> None:
    contact = factories.contact()
    ticked = record_consent(contact=contact, purpose="marketing", given=True, now=NOW, source="form:x", is_pending=True)
    assert queries.consents_of(contact) == []  # waiting counts for nothing
    with pytest.raises(Refused, match="14 days"):
        confirm_consent(ticked.pk, now=NOW + timedelta(days=15))
    record_consent(contact=contact, purpose="marketing", given=False, now=LATER, source="preferences")
    with pytest.raises(Refused, match="took this back"):
        confirm_consent(ticked.pk, now=LATER)
    with pytest.raises(Refused, match="no longer works"):
        confirm_consent(0, now=LATER)
    assert not may(contact, Purpose.MARKETING)


@pytest.mark.parametrize(
    ("lines", "more", "field"),
    [
        ([], {}, "addresses"),
        (["  ", "\0"], {}, "addresses"),
        (["a@example.com"], {"reason": "because"}, "reason"),
        (["a@example.com"], {"note": "x" * 201}, "note"),
        ([f"a{n}@example.com" for n in range(10_001)], {}, "addresses"),
    ],
)
def test_what_is_wrong_is_said(lines: list[str], more: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        suppression.suppress(lines, now=NOW, reason=more.get("reason", "manual"), note=more.get("note", ""))
    assert list(refused.value.fields) == [field]
    assert not SuppressedAddress.objects.exists()
