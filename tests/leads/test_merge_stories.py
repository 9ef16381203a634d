"""Whose history is whose: one computer of several people, several devices of one person, and what a merge leaves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leads import normalise
from leads.models import Contact, EngagementEvent, Identity, Merge, Standing
from leads.services import NewEvent, link_identity, merge_contacts, record_events, unmerge_contacts, upsert_contact
from scoring.services import rescore_changed
from tests import factories
from tests.capture.lists import run, undo, upload
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def _seen(identity: tuple[str, str], number: int, kind: str = "page_view") -> None:
    event = NewEvent(
        kind=kind, identity=identity, occurred_at=NOW, source="story", message_id=f"s{number}", properties={}
    )
    record_events([event], now=NOW)


def _tells(email: str, browser: str) -> Contact:
    """Somebody gives their address in this browser."""
    contact, _ = upsert_contact(source="form", now=NOW, email=email)
    link_identity(kind="anonymous", value=browser, contact=contact)
    return contact


def test_two_people_at_one_computer_keep_what_is_theirs() -> None:
    """The history of a browser belongs to whoever said first who they are; the second one takes nothing away."""
    _seen(("anonymous", "kiosk"), 1)
    jane = _tells("jane@acme.example", "kiosk")
    _seen(("anonymous", "kiosk"), 2)
    tom = _tells("tom@acme.example", "kiosk")
    _seen(("anonymous", "kiosk"), 3)
    _seen(("email", "tom@acme.example"), 4)
    assert sorted(EngagementEvent.objects.values_list("message_id", "contact")) == [
        ("s1", jane.pk), ("s2", jane.pk), ("s3", jane.pk), ("s4", tom.pk),
    ]  # fmt: skip
    merge = merge_contacts(survivor_id=tom.pk, former_id=jane.pk, now=LATER)  # by mistake
    _seen(("anonymous", "kiosk"), 5)
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert set(EngagementEvent.objects.filter(contact=jane.pk).values_list("message_id", flat=True)) == {
        "s1", "s2", "s3", "s5",
    }  # fmt: skip


def test_one_person_with_two_devices_is_one_contact_with_one_score() -> None:
    for number in range(4):
        _seen(("anonymous", ("laptop", "phone")[number % 2]), number, "demo_requested")
    jane = _tells("jane@acme.example", "laptop")
    assert _tells("Jane+news@ACME.example", "phone").pk == jane.pk
    _seen(("anonymous", "phone"), 9, "demo_requested")
    assert Contact.objects.count() == 1
    assert EngagementEvent.objects.filter(contact=jane).count() == 5
    rescore_changed(now=NOW)
    other = factories.contact()
    for _ in range(5):
        factories.event(other, "demo_requested")
    rescore_changed(now=NOW)
    assert Standing.objects.get(pk=jane.pk).intent == Standing.objects.get(pk=other.pk).intent > 0


WHO = st.sampled_from(["jane@acme.example", "tom@acme.example", "lee@other.example"])
WHERE = st.sampled_from(["kiosk", "laptop", "phone"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("looks"), WHERE, st.just("")),
        st.tuples(st.just("tells"), WHERE, WHO),
        st.tuples(st.just("clicks"), st.just(""), WHO),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whoever_uses_whichever_device_no_known_history_ever_moves(db: None, steps: list[tuple[str, str, str]]) -> None:
    """Held against a book in which a browser is of whoever told first, and an address of its own person."""
    EngagementEvent.objects.all().delete()
    Identity.objects.all().delete()
    Contact.objects.all().delete()
    owner: dict[str, str] = {}  # browser -> address
    under: list[str] = []  # of each event: browser or address
    for what, where, who in steps:
        if what == "tells":
            _tells(who, where)
            owner.setdefault(where, who)
        else:
            _seen(("anonymous", where) if what == "looks" else ("email", who), len(under))
            under.append(where or who)
        people = dict(Contact.objects.values_list("email", "pk"))
        expected = {f"s{number}": people.get(owner.get(by, by)) for number, by in enumerate(under)}
        assert dict(EngagementEvent.objects.values_list("message_id", "contact")) == expected


# --- numbers without a country code ---


def test_the_country_of_a_number_is_the_persons_own_or_the_one_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert normalise.phone("030 123456") == ""
    with monkeypatch.context() as patched:
        patched.setattr(normalise, "home_country", "DE")
        assert normalise.phone("030 123456") == "+4930123456"
        assert normalise.phone("(020) 7946 0018", "GB") == "+442079460018"
        assert normalise.phone("+33 1 23 45 67 89") == "+33123456789"
        one = factories.contact(phone="030 123456")
        assert Identity.objects.filter(contact=one, kind="phone").values_list("value", flat=True).get() == "+4930123456"
    assert normalise.phone("030 123456") == ""


def test_a_country_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from core import env

    monkeypatch.setenv("PHONE_COUNTRY", " de")
    assert env.country("PHONE_COUNTRY") == "DE"
    for wrong in ("Germany", "4", "D1", "ДЕ"):
        monkeypatch.setenv("PHONE_COUNTRY", wrong)
        with pytest.raises(ImproperlyConfigured, match="two letters"):
            env.country("PHONE_COUNTRY")


# --- an import is undone after its people were merged ---

LIST = "First name,Last name,E-mail,Job title\nAda,Nowak,ada@acme.example,CTO\nBo,Berg,bo@berg.example,CEO\nCy,Cole,cy@cole.example,\n"


def test_the_undo_of_an_import_leaves_who_was_merged_since_and_says_so(cast: Cast) -> None:
    bo = factories.contact(email="bo@berg.example", first_name="Bo", last_name="", job_title="")
    jane = factories.contact(first_name="Jane", email="jane@acme.example")
    of = run(upload(LIST, cast.mara))
    ada, cy = (Contact.objects.get(email=f"{who}.example") for who in ("ada@acme", "cy@cole"))
    into_jane = merge_contacts(survivor_id=jane.pk, former_id=ada.pk, now=timezone.now())  # made by the import
    merge_contacts(survivor_id=bo.pk, former_id=factories.contact(first_name="B.").pk, now=timezone.now())
    undo(of)
    assert of.status == "undone"
    assert {row.contact_id: row.text for row in of.conflicts.filter(company=None)} == {
        jane.pk: "Kept as it is: merged with Ada Nowak since.",
        bo.pk: f"Kept as it is: merged with {Merge.objects.get(contact=bo).former_name} since.",
    }
    assert not Contact.objects.filter(pk=cy.pk).exists()
    bo.refresh_from_db()
    assert (bo.last_name, bo.job_title) == ("Berg", "CEO")
    unmerge_contacts(merge_id=into_jane.pk, now=timezone.now())
    assert Contact.objects.get(pk=ada.pk).job_title == "CTO"
    assert Identity.objects.get(value="ada@acme.example").contact_id == ada.pk


def test_an_import_is_undone_as_ever_when_the_merge_was_before_it_or_is_undone(cast: Cast) -> None:
    kept, gone = factories.contact(email="bo@berg.example", job_title=""), factories.contact()
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=timezone.now() - timedelta(minutes=1))
    of = run(upload(LIST, cast.mara))
    ada, cy = (Contact.objects.get(email=f"{who}.example") for who in ("ada@acme", "cy@cole"))
    merge = merge_contacts(survivor_id=cy.pk, former_id=ada.pk, now=timezone.now())
    unmerge_contacts(merge_id=merge.pk, now=timezone.now())
    undo(of)
    kept.refresh_from_db()
    assert kept.job_title == ""
    assert of.conflicts.filter(contact=kept).count() == 0


# --- what is not meant for these pages ---


@pytest.mark.parametrize("field", ["email", "owner", "custom.x\0", "tags", "\ud800", "😀" * 5000, "__proto__"])
@pytest.mark.parametrize("value", ["former", "nobody", "x" * 100_000])
def test_strange_choices_are_refused_or_passed_over(cast: Cast, field: str, value: str) -> None:
    kept, gone = factories.contact(first_name="Jane"), factories.contact(first_name="Ada")
    body = {field.encode("utf-8", "surrogatepass").decode("utf-8", "replace"): value}
    response = client_of(cast.mona).post(reverse("contact_merge", args=[kept.pk, gone.pk]), body)
    assert response.status_code in (302, 400, 422)  # 400: not even a form
    assert Merge.objects.count() == (1 if response.status_code == 302 else 0)
    assert Contact.objects.count() == 2 - Merge.objects.count()


def test_addresses_that_nobody_has(cast: Cast) -> None:
    mona, one = client_of(cast.mona), factories.contact()
    huge = 2**63
    for url in (
        reverse("contact_merge", args=[one.pk, huge]),
        reverse("contact_merge", args=[huge, one.pk]),
        reverse("contact_merge_with", args=[huge]),
        reverse("merge_undo", args=[huge]),
        reverse("merge_undo", args=[0]),
        reverse("duplicate", args=[huge]),
        reverse("contact_merges", args=[huge]),
    ):
        assert mona.get(url).status_code == 404, url
    for query in ("after=%00", "after=!!", "state=" + "x" * 5000, "exact=%FF", "before=" + "A" * 9000, "state=%00"):
        assert mona.get(f"{reverse('duplicates')}?{query}").status_code == 200, query
    for q in ("\0", "😀" * 2000, "\u202eabc", "%", "' OR 1=1 --"):
        assert mona.get(reverse("contact_merge_with", args=[one.pk]), {"q": q}).status_code == 200, q
