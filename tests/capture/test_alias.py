"""Two ids are one person: chains of it, rings of it, and never a known person's history moved."""

import pytest

from capture.models import SamePerson
from capture.services.same_person import Teller, alias
from leads.models import Contact, EngagementEvent, IdentityKind
from leads.services import link_identity
from tests import factories
from tests.capture.test_segment_people import owner, seen, server, tell

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.django_db


def test_alias_joins_the_unknown_and_moves_nobody_who_is_known(server: Teller) -> None:
    seen("anonymous", "before-0001")
    alias("before-0001", "u1", by=server)
    tell(server, "u1", email="p@x.example")
    contact = Contact.objects.get()
    assert owner("anonymous", "before-0001") == contact.pk
    other = factories.contact()
    link_identity(kind=IdentityKind.USER_ID, value="u9", contact=other)
    alias("u9", "u1", by=server)
    assert (owner("user_id", "u9"), owner("user_id", "u1")) == (other.pk, contact.pk)
    alias("late-00001", "u1", by=server)
    assert owner("anonymous", "late-00001") == contact.pk
    alias("u1", "u1", by=server)
    assert SamePerson.objects.count() == 1


def test_a_chain_of_aliases_is_one_person_once_its_end_is_known(server: Teller) -> None:
    for kind, value in (("anonymous", "device-0001"), ("user_id", "trial-1"), ("user_id", "team-1")):
        seen(kind, value)
    alias("device-0001", "trial-1", by=server)
    alias("team-1", "crm-1", by=server)
    alias("trial-1", "team-1", by=server)  # the middle comes last
    stranger = factories.contact()
    seen("anonymous", "device-0009")
    link_identity(kind="anonymous", value="device-0009", contact=stranger)
    alias("device-0009", "trial-1", by=server)  # the first to be known: all of them are
    assert {owner("user_id", value) for value in ("trial-1", "team-1", "crm-1")} == {stranger.pk}
    assert owner("anonymous", "device-0001") == stranger.pk
    assert EngagementEvent.objects.filter(contact=stranger).count() == 4
    tell(server, "crm-1", email="p@x.example", firstName="Pat")
    stranger.refresh_from_db()
    assert (Contact.objects.count(), stranger.first_name) == (1, "Pat")


def test_a_ring_of_aliases_ends(server: Teller) -> None:
    for one, other in (("a-000001", "b"), ("b", "c"), ("c", "b"), ("c", "a-000001")):
        alias(one, other, by=server)
    tell(server, "c", email="p@x.example")
    assert owner("user_id", "b") == owner("user_id", "c") == Contact.objects.get().pk
