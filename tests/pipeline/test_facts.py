"""The facts, people and page of an opportunity."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Activity, Notification
from core.errors import Refused, Stale
from leads.models import Company, Standing
from pipeline import queries, services
from pipeline.models import Opportunity, OpportunityPerson
from pipeline.queries.records import snapshot_of
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows


def test_editing_makes_the_next_version(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    edited = services.edit(
        opportunity_id=card.pk,
        actor=cast.rita,
        now=NOW,
        version=1,
        name="  Kestrel\0 \n Robotics ",
        amount="12500.5",
        currency="usd",
        expected_close=NOW.date(),
        next_step="Call \N{TELEPHONE RECEIVER}",
    )
    edited.refresh_from_db()
    assert (edited.name, edited.amount, edited.currency) == ("Kestrel Robotics", Decimal("12500.50"), "USD")
    assert (edited.next_step, edited.version, edited.changed_at) == ("Call \N{TELEPHONE RECEIVER}", 2, NOW)
    assert queries.search(cast.rita, "kestrel ROBOT") == [edited]
    same = services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, name="Kestrel Robotics")
    assert same.version == 2  # nothing changed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "\0"),
        ("amount", "-5"),
        ("amount", "nan"),
        ("amount", 10**12),
        ("currency", "EURO"),
        ("currency", "€"),
        ("expected_close", NOW.date() + timedelta(days=4000)),
        ("next_step", "x" * 1_000_000),
        ("stage", 3),
    ],
)
def test_wrong_facts_are_refused_by_field(cast: Cast, field: str, value: Any) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, **{field: value})
    assert list(refused.value.fields) == [field]
    card.refresh_from_db()
    assert card.version == 1


def test_what_the_stage_requires_cannot_be_taken_away(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Proposal", amount=5)
    with pytest.raises(Refused) as refused:
        services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, amount=None)
    assert refused.value.fields == {"amount": "Proposal needs an amount."}
    # but what was missing before does not block other changes
    old = rows.opportunity(cast.rita, at="Negotiation", amount=None)
    assert services.edit(opportunity_id=old.pk, actor=cast.rita, now=NOW, next_step="Call").next_step == "Call"


def test_handing_it_over_hands_the_contact_over(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    services.edit(opportunity_id=card.pk, actor=cast.mona, now=NOW, owner=cast.sven)
    card.refresh_from_db()
    assert card.owner == cast.sven
    assert Standing.objects.get(pk=card.contact_id).owner == cast.sven
    assert Notification.objects.get(user=cast.sven).text == "Mona handed you Kestrel"
    assert Activity.objects.get(kind="owner").title == "Kestrel handed to Sven"
    with pytest.raises(Refused) as refused:
        services.edit(opportunity_id=card.pk, actor=cast.mona, now=NOW, owner=cast.mara)
    assert list(refused.value.fields) == ["owner"]


def test_a_closed_one_is_not_edited_and_a_stale_one_neither(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.edit(opportunity_id=card.pk, actor=cast.ravi, now=NOW, next_step="Call")
    with pytest.raises(Stale):
        services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, version=1, next_step="Write")
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="Reopen"):
        services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, next_step="Write")


def test_people_of_the_buying_group(cast: Cast) -> None:
    card, other = rows.opportunity(cast.rita), factories.contact()
    services.add_person(opportunity_id=card.pk, contact=other, role="Signs", now=NOW)
    services.add_person(opportunity_id=card.pk, contact=other, role="Decides", now=NOW)
    assert [(row.contact, row.role) for row in OpportunityPerson.objects.all()] == [(other, "Decides")]
    with pytest.raises(Refused):
        services.add_person(opportunity_id=card.pk, contact=card.contact, now=NOW)
    assert queries.opportunities_of(other, cast.rita) == [card]
    assert services.remove_person(opportunity_id=card.pk, contact_id=other.pk, now=NOW)
    assert not services.remove_person(opportunity_id=card.pk, contact_id=other.pk, now=NOW)


def test_opportunities_of_a_contact_show_open_ones_first_and_only_visible_ones(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    second = rows.opportunity(cast.rita, contact=card.contact)
    assert queries.opportunities_of(card.contact, cast.ravi) == [second, card]
    assert queries.opportunities_of(card.contact, cast.sven) == []


# --- the page ---


def test_the_page_shows_it_and_why_it_became_a_prospect(cast: Cast) -> None:
    contact = rows.qualified(first_name="Elin", last_name="Brandt")
    factories.event(contact, "demo_requested")
    factories.evidence(contact, "budget", quote="40k is set aside")
    card = services.promote(contact_id=contact.pk, now=NOW)
    assert card is not None
    page = client_of(cast.rita).get(f"/opportunities/{card.pk}/").content.decode()
    for words in ("Elin Brandt", "40k is set aside", "by definition v1", "Why it became a prospect"):
        assert words in page


def test_markup_in_names_is_shown_and_never_run(cast: Cast) -> None:
    bad = '<script>alert("x")</script>'
    company = Company.objects.create(name=bad)
    contact = factories.contact(first_name=bad, last_name=bad, company=company)
    card = rows.opportunity(cast.rita, contact=contact, name=bad, company=company, next_step=bad)
    card.snapshot = {"reason": bad, "promoted_by": bad, "evidence": [{"label": bad, "quote": bad, "text": bad}]}
    card.save()
    services.add_person(opportunity_id=card.pk, contact=factories.contact(first_name=bad), role=bad[:60], now=NOW)
    client = client_of(cast.rita)
    for url in (
        f"/opportunities/{card.pk}/",
        f"/opportunities/{card.pk}/edit/",
        f"/opportunities/{card.pk}/people/",
        f"/opportunities/{card.pk}/lose/",
        "/pipeline/",
        "/pipeline/list/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode(), url
        assert "&lt;script&gt;alert" in answer.content.decode(), url


@pytest.mark.parametrize(
    ("thousandths", "said"),
    [(12_000, "+12"), (4_250, "+4.25"), (-5_125, "−5.13"), (1_234_567, "+1,234.57"), (100_000, "+100"), (0, "+0")],
)
def test_points_of_the_snapshot_have_two_places_at_most(cast: Cast, thousandths: int, said: str) -> None:
    card = rows.opportunity(cast.rita)
    line = {"category": "fit", "name": "Industry", "thousandths": thousandths}
    card.snapshot = {"judgement": {"total": 1, "lines": [line]}}
    assert [row["points"] for row in snapshot_of(card).groups[0][2]] == [said]


@pytest.mark.parametrize("snapshot", [{}, [], None, {"judgement": None, "evidence": []}, {"at": 5, "evidence": [{}]}])
def test_an_old_snapshot_does_not_break_the_page(cast: Cast, snapshot: Any) -> None:
    card = rows.opportunity(cast.rita)
    Opportunity.objects.filter(pk=card.pk).update(snapshot=snapshot if snapshot is not None else "text")
    assert client_of(cast.rita).get(f"/opportunities/{card.pk}/").status_code == 200


def test_history_says_how_long_it_stayed(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, opened=NOW - timedelta(days=10))
    services.move(
        opportunity_id=card.pk, stage_id=rows.stage("Discovery").pk, actor=cast.rita, now=NOW - timedelta(days=4)
    )
    assert [(stay.move.to_stage.name, stay.words) for stay in queries.history_of(card, now=NOW)] == [
        ("Discovery", "4 days here"),
        ("New", "6 days here"),
    ]


@pytest.mark.parametrize(
    ("who", "page", "edit"),
    [
        ("rita", 200, 200),
        ("ravi", 200, 200),
        ("mona", 200, 200),
        ("sven", 404, 404),
        ("mara", 200, 403),
        ("vera", 200, 403),
    ],
)
def test_who_sees_and_who_edits(cast: Cast, who: str, page: int, edit: int) -> None:
    card = rows.opportunity(cast.rita)
    client = client_of(getattr(cast, who))
    answer = client.get(f"/opportunities/{card.pk}/")
    assert answer.status_code == page
    assert client.get(f"/opportunities/{card.pk}/edit/").status_code == edit
    assert client.get(f"/opportunities/{card.pk}/people/").status_code == edit
    if page == 200:
        assert (f"/opportunities/{card.pk}/edit/" in answer.content.decode()) is (edit == 200)


def test_editing_on_the_page(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client = client_of(cast.rita)
    given = {"name": "Kestrel", "amount": "", "currency": "EUR", "owner": f"{cast.ravi.pk}", "version": "1"}
    answer = client.post(f"/opportunities/{card.pk}/edit/", given)
    assert answer["Location"] == f"/opportunities/{card.pk}/"
    card.refresh_from_db()
    assert (card.name, card.amount, card.owner, card.version) == ("Kestrel", None, cast.ravi, 2)
    stale = client.post(f"/opportunities/{card.pk}/edit/", given)
    assert stale.status_code == 409
    assert "Somebody has changed this opportunity" in stale.content.decode()
    wrong = client.post(f"/opportunities/{card.pk}/edit/", given | {"version": "2", "currency": "12"})
    assert wrong.status_code == 422
    outside = client.post(f"/opportunities/{card.pk}/edit/", given | {"version": "2", "owner": f"{cast.sven.pk}"})
    assert outside.status_code == 422  # a rep hands over within the team


def test_adding_people_on_the_page(cast: Cast) -> None:
    company = Company.objects.create(name="Kestrel")
    card = rows.opportunity(cast.rita, contact=factories.contact(company=company), company=company)
    colleague = factories.contact(company=company)
    stranger = factories.contact(email="dana@other.example")
    hidden = rows.opportunity(cast.sven).contact
    client, url = client_of(cast.rita), f"/opportunities/{card.pk}/people/"
    assert colleague.name in client.get(url).content.decode()
    assert client.post(url, {"contact": colleague.pk, "role": "Signs"}).status_code == 302
    assert client.post(url, {"email": "DANA@other.example"}).status_code == 302
    for given in ({"email": hidden.email}, {"email": "nobody@x.example"}, {"email": ""}, {"contact": "999999"}):
        assert client.post(url, given).status_code == 422
    assert set(OpportunityPerson.objects.values_list("contact", flat=True)) == {colleague.pk, stranger.pk}
    assert client.post(f"{url}{stranger.pk}/remove/").status_code == 302
    assert OpportunityPerson.objects.count() == 1


def test_the_page_costs_the_same_with_much_history(cast: Cast, django_assert_max_num_queries: Any) -> None:
    card = rows.opportunity(cast.rita, amount=5)
    client = client_of(cast.rita)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/opportunities/{card.pk}/").status_code == 200
        return len(captured)

    cost()
    few = cost()
    for number in range(20):
        stage = rows.stage(("Discovery", "New")[number % 2])
        services.move(opportunity_id=card.pk, stage_id=stage.pk, actor=cast.rita, now=NOW)
        services.add_person(opportunity_id=card.pk, contact=factories.contact(), now=NOW)
    assert cost() == few
    assert few <= 15
