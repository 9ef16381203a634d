"""Who may be the same person: found, explained, forgotten when no longer alike."""

from datetime import timedelta

import pytest
from django.db import connection

from leads.duplicates import LEAST, Person, keys_of, likeness
from leads.models import Contact, Duplicate, DuplicateKeys, DuplicateState
from leads.services import change_contact, duplicates, merge_contacts, unmerge_contacts
from leads.tasks import find_duplicates, find_missed_duplicates
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db
JANE = Person(1, "Jane", "Doe", "Acme GmbH", ("jane.doe@acme.example",), ("+4930123456",))


@pytest.mark.parametrize(
    ("other", "confidence", "reasons"),
    [
        (Person(2, "Jane", "Doe", "", (), ("+4930123456",)), 97, ("same phone number", "same name")),
        (Person(2, "Doe", "Jane", "", (), ("+4930123456",)), 97, ("same phone number", "same name in another order")),
        (Person(2, "Jane", "Dow", "", (), ("+4930123456",)), 92, ("same phone number", "name differs by one letter")),
        (Person(2, "", "", "", (), ("+4930123456",)), 82, ("same phone number", "one has no name")),
        (Person(2, "Ulf", "Berg", "", (), ("+4930123456",)), 55, ("same phone number", "different names")),
        (
            Person(2, "Jane", "Doe", "", ("jane_doe@acme.example",)),
            97,
            ("same mailbox but for dots or dashes", "same name"),
        ),
        (Person(2, "JANE", "DÖE", "ACME, Inc."), 88, ("same name", "same company")),
        (Person(2, "J.", "Doe", "Acme"), 78, ("same name, one of them shortened", "same company")),
        (
            Person(2, "Jane", "Doe", "Acme", ("j.doe@acme.example",)),
            70,
            ("same name", "same company", "but two addresses there"),
        ),
        (Person(2, "Jane", "Doe", "Other", ()), 45, ("same name", "at different companies")),
        (Person(2, "Jane", "Doe", "", ("jane@gmail.com",)), 65, ("same name", "no company to compare")),
    ],
)
def test_how_sure_and_why(other: Person, confidence: int, reasons: tuple[str, ...]) -> None:
    found = likeness(JANE, other)
    assert (found.confidence, found.reasons) == (confidence, reasons)
    assert set(keys_of(JANE)) & set(keys_of(other))  # else nobody would ever compare them


@pytest.mark.parametrize(
    "other",
    [
        Person(2, "John", "Smith", "Acme", ("john.smith@acme.example",)),
        Person(2, "Jane", "Miller", "Acme", ("jane.miller@acme.example",)),
        Person(2, "Peter", "Doe", "Acme", ("peter.doe@acme.example",)),
        Person(2, "", "", "Acme", ("info@acme.example",)),
    ],
)
def test_colleagues_are_not_doubles(other: Person) -> None:
    assert likeness(JANE, other).confidence < LEAST


def test_exact_is_only_what_has_the_same_name_and_number_or_mailbox() -> None:
    assert likeness(JANE, Person(2, "Jane", "Doe", "", (), ("+4930123456",))).is_exact
    assert not likeness(JANE, Person(2, "Jane", "Dow", "", (), ("+4930123456",))).is_exact
    assert not likeness(JANE, Person(2, "Jane", "Doe", "Acme GmbH")).is_exact


def test_umlauts_and_scripts_are_compared_in_one_spelling() -> None:
    muller = [Person(n, "Jörg", name, "Acme") for n, name in enumerate(("Müller", "Mueller", "Muller"))]
    assert likeness(muller[0], muller[1]).confidence == likeness(muller[0], muller[2]).confidence == 88
    assert likeness(Person(1, "Анна", "Каренина", "Acme"), Person(2, "анна", "КАРЕНИНА", "Acme")).confidence == 88
    assert likeness(Person(1, "👻", "", "Acme"), Person(2, "\u202e", "", "Acme")).confidence < LEAST


def _pairs() -> list[tuple[int, int, int]]:
    return list(Duplicate.objects.order_by("first", "second").values_list("first", "second", "confidence"))


def test_the_finder_compares_what_was_changed_and_forgets_what_is_no_longer_alike() -> None:
    one = factories.contact(first_name="Jane", last_name="Doe", phone="+49 30 123456")
    two = factories.contact(first_name="Jane", last_name="Doe", phone="030 123456", country="DE", email="")
    factories.contact()
    find_duplicates()
    assert _pairs() == [(one.pk, two.pk, 97)]
    assert DuplicateKeys.objects.count() == 3
    change_contact(two, phone="+49 30 999999", first_name="Ulf", last_name="Berg")
    find_duplicates()
    assert _pairs() == []
    change_contact(two, first_name="Jane", last_name="Doe")
    Contact.objects.filter(pk=two.pk).update(updated_at=NOW - timedelta(days=400))  # as though it had come late
    DuplicateKeys.objects.filter(pk=two.pk).update(seen_at=NOW - timedelta(days=500))
    find_duplicates()
    assert _pairs() == []
    find_missed_duplicates()
    assert _pairs() == [(one.pk, two.pk, 65)]


def test_not_a_duplicate_is_remembered_also_through_a_merge_and_back(cast: Cast) -> None:
    one = factories.contact(first_name="Jane", last_name="Doe", email="")
    two = factories.contact(first_name="Jane", last_name="Doe", email="")
    three = factories.contact(email="")
    find_duplicates()
    pair = Duplicate.objects.get()
    duplicates.decide(pair.pk, DuplicateState.DIFFERENT, by=cast.rita, now=NOW)
    change_contact(two, job_title="Buyer")
    find_duplicates()
    assert [(row.state, row.decided_by) for row in Duplicate.objects.all()] == [("different", cast.rita)]
    merge = merge_contacts(survivor_id=three.pk, former_id=two.pk, now=NOW)
    find_duplicates()
    assert not Duplicate.objects.filter(second=two.pk).exists()
    unmerge_contacts(merge_id=merge.pk, now=NOW)
    find_duplicates()
    kept = Duplicate.objects.get(first=one.pk, second=two.pk)
    assert (kept.state, kept.decided_by) == ("different", cast.rita)


def test_a_key_that_too_many_share_tells_nothing() -> None:
    crowd = [factories.contact(first_name="Anna", last_name="Schmidt", email="") for _ in range(61)]
    find_duplicates()
    assert Duplicate.objects.count() == 0
    change_contact(crowd[0], last_name="Other")
    change_contact(crowd[1], job_title="Buyer")
    find_duplicates()
    assert Duplicate.objects.count() == 59  # now 60 are called so: not too many


def test_merging_all_that_is_certain_leaves_the_rest(cast: Cast) -> None:
    for _ in range(3):
        factories.contact(first_name="Jane", last_name="Doe", phone="+49 30 123456")
    factories.contact(first_name="Jane", last_name="Doe", email="")
    find_duplicates()
    merged, refused = duplicates.merge_exact(by=cast.mona, now=NOW)
    assert (merged, refused) == (2, 0)
    assert Contact.objects.filter(phone="+49 30 123456").count() == 1
    find_duplicates()
    assert not Duplicate.objects.filter(is_exact=True).exists()
    assert Duplicate.objects.count() == 1


def test_many_that_were_stored_at_one_instant_are_all_compared_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [factories.contact() for _ in range(7)]
    Contact.objects.update(updated_at=NOW)
    monkeypatch.setattr(duplicates, "BATCH", 3)
    places: list[duplicates.Place | None] = [None]
    compared: list[list[int]] = []
    monkeypatch.setattr(duplicates, "compare", lambda ids, now: compared.append(list(ids)))  # leaves nothing behind
    while place := duplicates.compare_changed(since=places[-1], now=NOW):
        places.append(place)
    assert compared == [[one.pk for one in part] for part in (people[:3], people[3:6], people[6:])]
    assert duplicates.last_look() == (NOW - duplicates.OVERLAP, 0)


def test_among_many_candidates_are_found_by_the_index_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_duplicatekeys (contact_id, keys, seen_at) "
            "SELECT n, ARRAY[n * 3, n * 3 + 1, n %% 7]::bigint[], now() FROM generate_series(1, %s) n",
            [20_000],
        )
        cursor.execute("ANALYZE leads_duplicatekeys")
        cursor.execute(f"EXPLAIN {duplicates._CANDIDATES}", [[1, 1, 1], [30, 31, 5], 61, 60])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DELETE FROM leads_duplicatekeys")
    assert "Bitmap Index Scan on duplicate_keys" in plan, plan
    assert "Seq Scan on leads_duplicatekeys" not in plan, plan
