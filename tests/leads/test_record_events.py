import pytest

from core.errors import Refused
from leads.models import ChangedContact, EngagementEvent, Identity
from leads.services import NewEvent, link_identity, record_events
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def visit(message: str = "m1", **fields: object) -> NewEvent:
    values = {
        "kind": "page_view",
        "identity": ("anonymous", "v1"),
        "occurred_at": NOW,
        "source": "tracker:1",
        "message_id": message,
        "properties": {"path": "/pricing/"},
    } | fields
    return NewEvent(**values)  # type: ignore[arg-type]


def test_the_same_message_twice_is_stored_once() -> None:
    assert len(record_events([visit()], now=NOW).ids) == 1
    assert record_events([visit(), visit()], now=NOW).ids == {}
    assert EngagementEvent.objects.count() == 1


def test_an_unknown_visitor_is_an_identity_and_no_contact() -> None:
    record_events([visit()], now=NOW)
    event = EngagementEvent.objects.select_related("identity", "facet").get()
    assert event.contact_id is None
    assert event.identity.contact_id is None
    assert event.facet is not None
    assert event.facet.name == "Pricing"
    assert not ChangedContact.objects.exists()


def test_linking_the_visitor_brings_earlier_events_along_and_asks_for_a_score() -> None:
    record_events([visit()], now=NOW)
    contact = factories.contact()
    ChangedContact.objects.all().delete()
    assert link_identity(kind="anonymous", value="v1", contact=contact)
    assert EngagementEvent.objects.get().contact_id == contact.pk
    assert ChangedContact.objects.get().contact_id == contact.pk


def test_a_known_identity_is_never_moved_to_somebody_else() -> None:
    first, second = factories.contact(), factories.contact()
    assert link_identity(kind="anonymous", value="v1", contact=first)
    assert not link_identity(kind="anonymous", value="v1", contact=second)
    assert Identity.objects.get(kind="anonymous").contact_id == first.pk


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"kind": "no_such"}, "kind"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 101}, "message_id"),
        ({"occurred_at": NOW.replace(year=2030)}, "occurred_at"),
        ({"occurred_at": NOW.replace(year=1970)}, "occurred_at"),
        ({"properties": {"x": "y" * 40_000}}, "properties"),
        ({"properties": {"x": float("nan")}}, "properties"),
        ({"identity": ("email", "nobody")}, "identity"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name_and_nothing_is_written(fields: dict[str, object], named: str) -> None:
    with pytest.raises(Refused) as refused:
        record_events([visit("good"), visit("bad", **fields)], now=NOW)
    assert named in refused.value.fields
    assert not EngagementEvent.objects.exists()


def test_nul_and_emoji_in_properties_are_stored_without_harm() -> None:
    record_events([visit(properties={"title": "a\0b \U0001f600 \u202eabc"})], now=NOW)
    assert EngagementEvent.objects.get().properties["title"] == "ab \U0001f600 \u202eabc"
