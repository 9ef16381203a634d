"""Settings: who finds what there, the lists, and people who leave."""

import pytest
from django.urls import reverse
from django.utils import timezone

from activities.models import FollowUp
from activities.services import add_follow_up
from crm import leaving
from leads import kinds
from leads.models import CustomField, EventKind, Standing, Tag
from leads.services import assign_owner
from leads.services.kinds import patterns_of
from pipeline.models import Opportunity
from pipeline.services import promote
from tests import factories
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [
        ("rita", {"settings_profile", "settings_tokens"}, {"settings_people", "settings_stages", "imports"}),
        ("vera", {"settings_profile"}, {"settings_tokens", "settings_forms", "settings_people"}),
        (
            "mara",
            {"settings_forms", "settings_tracking", "imports", "settings_kinds"},
            {"settings_people", "settings_stages"},
        ),
        ("mona", {"settings_stages", "imports"}, {"settings_people", "settings_forms"}),
        ("adam", {"settings_people", "settings_stages", "settings_forms", "imports", "settings_fields"}, set()),
    ],
)
def test_everybody_sees_the_sections_they_may_open(cast: Cast, who: str, shown: set[str], hidden: set[str]) -> None:
    client = client_of(getattr(cast, who))
    page = client.get(reverse("settings")).content.decode()
    for name in shown:
        assert f'href="{reverse(name)}"' in page
        assert client.get(reverse(name)).status_code == 200
    for name in hidden:
        assert f'href="{reverse(name)}"' not in page


def test_a_new_kind_can_be_sent_and_an_old_one_is_described_anew(cast: Cast) -> None:
    client = client_of(cast.mara)
    new = {"key": "Price_List_Opened", "label": "Opened the price list", "category": "intent", "direction": "one_way"}
    assert client.post(reverse("kind_new"), new).status_code == 302
    assert kinds.known_kinds()["price_list_opened"].key == "price_list_opened"
    assert client.post(reverse("kind_new"), new).status_code == 422
    kind = EventKind.objects.get(key="price_list_opened")
    data = new | {"direction": "two_way", "facet_property": "asset", "patterns": "Big: *enterprise*\nAny: *"}
    assert client.post(reverse("kind", args=[kind.pk]), data).status_code == 302
    kind.refresh_from_db()
    assert (kind.direction, kind.facet_property) == ("two_way", "asset")
    assert patterns_of(kind) == [("Big", "*enterprise*"), ("Any", "*")]
    page = client.get(reverse("kind", args=[kind.pk])).content.decode()
    assert "Big: *enterprise*" in page


def test_a_pattern_that_a_rule_needs_is_kept(cast: Cast) -> None:
    viewed = EventKind.objects.get(key="page_view")
    data = {"label": "Viewed a page", "direction": "one_way", "category": "content", "facet_property": "path"}
    answer = client_of(cast.mara).post(reverse("kind", args=[viewed.pk]), data | {"patterns": "Blog: /blog*"})
    assert answer.status_code == 422
    assert "is needed by the rule" in answer.content.decode()
    assert len(patterns_of(viewed)) == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"patterns": "no colon"}, "patterns"),
        ({"patterns": "A: /a\nA: /b"}, "patterns"),
        ({"patterns": "A: *a*b*c*d*"}, "patterns"),
        ({"patterns": "A: /a", "facet_property": ""}, "facet_property"),
        ({"patterns": "\n".join(f"A{n}: /{n}" for n in range(51))}, "patterns"),
        ({"label": " "}, "label"),
        ({"category": "gossip"}, "category"),
    ],
)
def test_a_wrong_description_is_422_and_changes_nothing(cast: Cast, wrong: dict[str, str], field: str) -> None:
    kind = EventKind.objects.get(key="asset_downloaded")
    good = {"label": "Downloaded", "category": "content", "direction": "one_way", "facet_property": "asset"}
    answer = client_of(cast.mara).post(reverse("kind", args=[kind.pk]), good | wrong)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert patterns_of(kind) == []


def test_a_kind_that_arrived_by_itself_waits_to_be_described(cast: Cast) -> None:
    kind = EventKind.objects.create(
        key="quiz", label="quiz", category="content", direction="one_way", is_registered=False
    )
    client = client_of(cast.adam)
    assert "Describe it" in client.get(reverse("settings_kinds")).content.decode()
    data = {"key": "quiz", "label": "Took the quiz", "category": "intent", "direction": "two_way"}
    assert client.post(reverse("kind", args=[kind.pk]), data).status_code == 302
    kind.refresh_from_db()
    assert (kind.label, kind.category, kind.direction, kind.is_registered) == (
        "Took the quiz",
        "intent",
        "two_way",
        True,
    )


@pytest.mark.parametrize("key", ["", "ä", "a b", "x" * 61, "a\0b", "-", "a/b"])
def test_a_key_is_plain(cast: Cast, key: str) -> None:
    data = {"key": key, "label": "L", "category": "intent", "direction": "one_way"}
    response = client_of(cast.mara).post(reverse("kind_new"), data)
    assert response.status_code == 422
    assert "key" in response.context["form"].errors


def test_tags_are_added_and_renamed_without_twins(cast: Cast) -> None:
    client = client_of(cast.mara)
    assert client.post(reverse("tag_new"), {"name": "Fair"}).status_code == 302
    assert client.post(reverse("tag_new"), {"name": " Fair "}).status_code == 422
    assert client.post(reverse("tag_new"), {"name": "\0"}).status_code == 422
    tag = Tag.objects.get(name="Fair")
    assert client.post(reverse("tag", args=[tag.pk]), {"name": "Fair 2026 🌾"}).status_code == 302
    page = client.get(reverse("settings_tags")).content.decode()
    assert "Fair 2026 🌾" in page
    assert f"{reverse('leads')}?tag={tag.pk}" in page


def test_custom_fields_keep_their_key(cast: Cast) -> None:
    client = client_of(cast.adam)
    data = {"about": "company", "label": "ERP", "key": "erp", "type": "text"}
    assert client.post(reverse("field_new"), data).status_code == 302
    assert client.post(reverse("field_new"), data).status_code == 422
    field = CustomField.objects.get(key="erp")
    assert client.post(reverse("field", args=[field.pk]), {"label": "Order system", "key": "x"}).status_code == 302
    field.refresh_from_db()
    assert (field.label, field.key, field.about) == ("Order system", "erp", "company")


@pytest.mark.parametrize("options", ["", "Gold", "Gold\n\n \0 ", "Gold\ngold", "Gold\n" + "x" * 81])
def test_a_choice_has_two_or_more_different_options(cast: Cast, options: str) -> None:
    data = {"about": "contact", "label": "Tier", "key": "tier", "type": "choice", "options": options}
    response = client_of(cast.adam).post(reverse("field_new"), data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["options"]
    assert not CustomField.objects.exists()


def test_a_choice_is_chosen_from_its_options_which_can_change(cast: Cast) -> None:
    client = client_of(cast.adam)
    data = {"about": "contact", "label": "Tier", "key": "tier", "type": "choice", "options": " Gold \r\n\r\nSilver"}
    assert client.post(reverse("field_new"), data).status_code == 302
    field = CustomField.objects.get()
    assert (field.type, field.options) == ("choice", ["Gold", "Silver"])
    contact = factories.contact(now=timezone.now())
    edit = reverse("contact_edit", args=[contact.pk])
    assert client.post(edit, {"first_name": "Ann", "custom_tier": "Silver"}).status_code == 302
    assert client.post(edit, {"first_name": "Ann", "custom_tier": "Tin"}).status_code == 422
    contact.refresh_from_db()
    assert contact.custom == {"tier": "Silver"}
    address = reverse("field", args=[field.pk])
    assert client.post(address, {"label": "Tier", "options": "Gold"}).status_code == 422
    assert client.post(address, {"label": "Rank", "options": "Gold\nTin"}).status_code == 302
    field.refresh_from_db()
    assert (field.label, field.options) == ("Rank", ["Gold", "Tin"])


def test_who_leaves_can_hand_over_everything(cast: Cast) -> None:
    now = timezone.now()
    contact, lead = factories.contact(now=now), factories.contact(now=now)
    assign_owner([contact.pk, lead.pk], cast.rita)
    opportunity = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
    assert opportunity is not None
    add_follow_up(contact=contact, assignee=cast.rita, title="Call", due_at=now, now=now)
    page = reverse("person_deactivate", args=[cast.rita.pk])
    client = client_of(cast.adam)
    assert "1 opportunities, 2 contacts, 1 follow-ups" in client.get(page).content.decode()
    assert client.post(page, {"heir": cast.vera.pk}).status_code == 422
    assert client.post(page, {"heir": cast.rita.pk}).status_code == 422
    assert User.objects.get(pk=cast.rita.pk).is_active
    assert client.post(page, {"heir": cast.ravi.pk}).status_code == 302
    assert not User.objects.get(pk=cast.rita.pk).is_active
    assert Opportunity.objects.get(pk=opportunity.pk).owner == cast.ravi
    assert set(Standing.objects.values_list("owner", flat=True)) == {cast.ravi.pk}
    assert FollowUp.objects.get().assignee == cast.ravi
    assert not leaving.open_work(cast.rita)
    assert client.post(page).status_code == 404  # is gone already


def test_without_an_heir_the_work_keeps_its_owner(cast: Cast) -> None:
    contact = factories.contact(now=timezone.now())
    assign_owner([contact.pk], cast.rita)
    client_of(cast.adam).post(reverse("person_deactivate", args=[cast.rita.pk]))
    assert not User.objects.get(pk=cast.rita.pk).is_active
    assert Standing.objects.get(pk=contact.pk).owner_id == cast.rita.pk


def test_the_last_administrator_cannot_leave(cast: Cast) -> None:
    cast.mona.role = "admin"
    cast.mona.save()
    response = client_of(cast.mona).post(reverse("person_deactivate", args=[cast.adam.pk]))
    assert response.status_code == 302
    response = client_of(cast.mona).post(reverse("person_deactivate", args=[cast.mona.pk]))
    assert response.status_code == 422
    assert User.objects.get(pk=cast.mona.pk).is_active
