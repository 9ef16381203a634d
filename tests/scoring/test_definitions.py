"""A definition is drafted, signed by both sides, activated, retired and brought back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activities.models import Notification
from core.errors import Refused, Stale
from leads.models import Standing
from scoring.drafting import Content
from scoring.models import Definition, DefinitionStatus, RefreshRange, Verdict
from scoring.queries.drafts import content_of
from scoring.services import definitions, refresh_all, rescore_changed
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


def draft(cast: Cast) -> Definition:
    return definitions.new_draft(by=cast.mara, now=NOW)


def saved(row: Definition, cast: Cast, **changes: object) -> Definition:
    content: Content = replace(content_of(row), **changes)  # type: ignore[arg-type]
    row.refresh_from_db()
    return definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)


def signed(row: Definition, cast: Cast) -> Definition:
    row.refresh_from_db()
    definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=row.revision, now=NOW)
    return definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=row.revision, now=NOW)


def test_a_draft_says_what_the_active_one_says(cast: Cast) -> None:
    row = draft(cast)
    active = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    assert (row.version, row.status, row.based_on) == (2, "draft", active)
    assert content_of(row) == replace(content_of(active), note="")


def test_a_change_counts_and_saving_the_same_again_does_not(cast: Cast) -> None:
    row = saved(draft(cast), cast, threshold=60)
    assert (row.threshold, row.revision, row.changed_by) == (60, 2, cast.mara)
    assert saved(row, cast).revision == 2


def test_who_saves_over_somebody_else_s_change_hears_of_it(cast: Cast) -> None:
    row = draft(cast)
    saved(row, cast, threshold=60)
    with pytest.raises(Stale):
        definitions.save_draft(
            definition_id=row.pk, content=replace(content_of(row), threshold=70), by=cast.mona, seen=1, now=NOW
        )
    row.refresh_from_db()
    assert row.threshold == 60


def test_both_sign_and_it_is_in_review_until_then(cast: Cast) -> None:
    row = draft(cast)
    row = definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=1, now=NOW)
    assert (row.status, row.signed_by_marketing, row.marketing_signed_at, row.is_signed) == (
        "review",
        cast.mara,
        NOW,
        False,
    )
    told = Notification.objects.get(user=cast.mona)
    assert told.text == "Mara signed definition v2 for marketing: sales signs next."
    assert not Notification.objects.filter(user=cast.rita).exists()
    row = definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=1, now=NOW)
    assert row.is_signed and row.signed_by_sales == cast.mona


def test_a_rep_signs_for_sales_only_where_there_is_no_manager(cast: Cast) -> None:
    row = draft(cast)
    with pytest.raises(Refused, match=r"\(Sales rep\) does not sign for sales\. A manager does\."):
        definitions.sign(definition_id=row.pk, side="sales", by=cast.rita, seen=1, now=NOW)
    page = reverse("definition_version", args=[row.pk])
    assert "Sign for sales" not in client_of(cast.rita).get(page).content.decode()
    assert "Sign for sales" in client_of(cast.mona).get(page).content.decode()
    cast.mona.is_active = False
    cast.mona.save()
    assert "Sign for sales" in client_of(cast.rita).get(page).content.decode()
    row = definitions.sign(definition_id=row.pk, side="sales", by=cast.rita, seen=1, now=NOW)
    assert row.signed_by_sales == cast.rita


@pytest.mark.parametrize(
    ("who", "side"), [("rita", "marketing"), ("mona", "marketing"), ("mara", "sales"), ("vera", "sales")]
)
def test_nobody_signs_for_the_other_side(cast: Cast, who: str, side: str) -> None:
    row = draft(cast)
    with pytest.raises(Refused, match="does not sign"):
        definitions.sign(definition_id=row.pk, side=side, by=getattr(cast, who), seen=1, now=NOW)
    row.refresh_from_db()
    assert row.status == "draft"


def test_a_change_takes_both_signatures_away(cast: Cast) -> None:
    row = signed(draft(cast), cast)
    row = saved(row, cast, threshold=55)
    row.refresh_from_db()
    assert (row.status, row.marketing_signed_at, row.sales_signed_at, row.signed_by_sales) == (
        "draft",
        None,
        None,
        None,
    )
    with pytest.raises(Refused, match="marketing and of sales is missing"):
        definitions.activate(definition_id=row.pk, seen=2, now=NOW)


def test_nobody_signs_or_activates_what_they_have_not_read(cast: Cast) -> None:
    row = saved(draft(cast), cast, threshold=55)
    with pytest.raises(Stale):
        definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=1, now=NOW)
    row = signed(row, cast)
    with pytest.raises(Stale):
        definitions.activate(definition_id=row.pk, seen=1, now=NOW)


def test_activation_retires_the_former_one_and_judges_everybody_anew(cast: Cast) -> None:
    contact = factories.contact()
    factories.event(contact, "demo_requested")
    factories.event(contact, "email_replied")
    factories.bant(contact)
    rescore_changed(now=NOW)
    standing = Standing.objects.get(pk=contact.pk)
    assert not standing.is_qualified
    row = signed(saved(draft(cast), cast, threshold=standing.total), cast)
    row = definitions.activate(definition_id=row.pk, seen=row.revision, now=NOW)
    former = Definition.objects.get(version=1)
    assert (row.status, row.activated_at, former.status, former.retired_at) == ("active", NOW, "retired", NOW)
    refresh_all(now=NOW)
    assert Standing.objects.filter(is_qualified=True, definition_version=2).count() == 1
    assert Verdict.objects.get().definition == row
    assert not RefreshRange.objects.exclude(definition=row).exists()

    back = definitions.roll_back(definition_id=former.pk, by=cast.mona, now=NOW)
    refresh_all(now=NOW)
    assert (back.version, back.based_on, back.threshold) == (3, former, 50)
    assert Standing.objects.filter(is_qualified=False, definition_version=3).count() == 1
    assert Definition.objects.filter(status="active").get() == back


def test_what_comes_back_keeps_its_signatures(cast: Cast) -> None:
    first = signed(draft(cast), cast)
    definitions.activate(definition_id=first.pk, seen=1, now=NOW)
    second = signed(draft(cast), cast)
    definitions.activate(definition_id=second.pk, seen=1, now=NOW)
    back = definitions.roll_back(definition_id=first.pk, by=cast.adam, now=NOW)
    assert (back.signed_by_marketing, back.signed_by_sales, back.sales_signed_at) == (cast.mara, cast.mona, NOW)
    assert back.note == "Brought back from version 2 by Adam."
    assert back.withdrew == second


def test_what_nobody_ever_signed_comes_back_with_one_click_and_says_so(cast: Cast) -> None:
    first = Definition.objects.get(version=1)
    second = signed(draft(cast), cast)
    definitions.activate(definition_id=second.pk, seen=1, now=timezone.now())
    client = client_of(cast.mara)
    said = "Nobody has signed it: it is the one that Winnow starts with"
    assert f"{said}. It comes back with one click" in page_of(client, "definition_version", first.pk)
    assert client.post(reverse("definition_roll_back", args=[first.pk])).status_code == 302
    back = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    assert (back.version, back.is_signed, back.withdrew) == (3, False, second)
    assert back.note.endswith("Nobody ever signed it: it is the one that Winnow starts with.")
    for html in (page_of(client, "definition"), page_of(client, "definition_version", back.pk)):
        assert f"{said}, brought back." in html
    assert "v2 was withdrawn." in page_of(client, "definition")
    assert f"{reverse('definition_promoted', args=[second.pk])}?part=notice" in page_of(client, "definition")
    Definition.objects.filter(pk=back.pk).update(activated_at=timezone.now() - timedelta(days=31))
    assert "was withdrawn" not in page_of(client, "definition")  # nothing can be undone any more


def page_of(client: Client, name: str, *args: int) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_only_a_retired_one_comes_back(cast: Cast) -> None:
    row = draft(cast)
    for pk in (row.pk, Definition.objects.get(version=1).pk):
        with pytest.raises(Stale):
            definitions.roll_back(definition_id=pk, by=cast.mona, now=NOW)


def test_what_was_active_never_changes(cast: Cast) -> None:
    active = Definition.objects.get(version=1)
    with pytest.raises(Stale):
        definitions.save_draft(definition_id=active.pk, content=content_of(active), by=cast.mara, seen=1, now=NOW)
    with pytest.raises(Stale):
        definitions.discard_draft(definition_id=active.pk)


def test_a_signature_is_taken_back(cast: Cast) -> None:
    row = definitions.sign(definition_id=draft(cast).pk, side="sales", by=cast.mona, seen=1, now=NOW)
    for nobody in (cast.mara, cast.rita):
        with pytest.raises(Refused):
            definitions.withdraw(definition_id=row.pk, side="sales", by=nobody, now=NOW)
    row = definitions.withdraw(definition_id=row.pk, side="sales", by=cast.adam, now=NOW)
    assert (row.status, row.sales_signed_at) == ("draft", None)


def test_what_is_wrong_is_not_saved(cast: Cast) -> None:
    row = draft(cast)
    with pytest.raises(Refused) as refused:
        saved(row, cast, threshold=10_000)
    assert "Nobody can reach this" in refused.value.fields["threshold"]
    row.refresh_from_db()
    assert (row.threshold, row.revision, row.engagement_rules.count()) == (50, 1, 21)
