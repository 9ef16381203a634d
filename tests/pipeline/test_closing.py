"""Win, lose, reopen: what they require is enforced in the service, whoever calls it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.dispatch import Signal

from activities.models import Activity
from core.errors import Refused, Stale
from leads.models import Lifecycle, LifecycleChange, Standing
from leads.services import disqualify, enter_lifecycle
from pipeline import services, signals
from pipeline.models import Opportunity, Pipeline, Stage, StageMove
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

TODAY = NOW.date()


def lifecycle(card: Opportunity) -> str:
    return Standing.objects.get(pk=card.contact_id).lifecycle


@pytest.fixture
def heard() -> Iterator[Callable[[Signal], list[int]]]:
    """Listen to a signal until the test ends; the ids it announced."""
    listening: list[tuple[Signal, Callable[..., None]]] = []

    def listen(signal: Signal) -> list[int]:
        ids: list[int] = []

        def hear(sender: object, opportunity_id: int, **_: object) -> None:
            ids.append(opportunity_id)

        signal.connect(hear)
        listening.append((signal, hear))
        return ids

    yield listen
    for signal, hear in listening:
        signal.disconnect(hear)


# --- win ---


def test_winning_makes_a_customer(cast: Cast, heard: Callable[[Signal], list[int]]) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", amount=None)
    announced = heard(signals.opportunity_won)
    won = services.win(opportunity_id=card.pk, amount="1200.50", closed_on=TODAY, actor=cast.rita, now=NOW)
    assert (won.stage.name, won.amount, won.closed_at, won.version) == ("Won", Decimal("1200.50"), NOW, 2)
    assert won.closed_on == TODAY
    assert lifecycle(card) == Lifecycle.CUSTOMER
    move = StageMove.objects.filter(opportunity=card).latest("pk")
    assert (move.to_stage.name, move.amount, move.at) == ("Won", Decimal("1200.50"), NOW)
    assert Activity.objects.get(kind="stage").title == "Kestrel won: 1,200.50 EUR"
    assert card.pk in announced


@pytest.mark.parametrize(
    ("amount", "closed_on", "field"),
    [
        (None, TODAY, "amount"),
        ("", TODAY, "amount"),
        ("-1", TODAY, "amount"),
        ("a lot", TODAY, "amount"),
        ("Infinity", TODAY, "amount"),
        ("1e30", TODAY, "amount"),
        ("5", None, "closed_on"),
        ("5", TODAY + timedelta(days=1), "closed_on"),
        ("5", TODAY - timedelta(days=21), "closed_on"),  # opened 20 days ago
    ],
)
def test_winning_requires_an_amount_and_a_possible_day(
    cast: Cast, amount: Any, closed_on: date | None, field: str
) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    with pytest.raises(Refused) as refused:
        services.win(opportunity_id=card.pk, amount=amount, closed_on=closed_on, actor=cast.rita, now=NOW)
    assert list(refused.value.fields) == [field]
    card.refresh_from_db()
    assert (card.is_open, card.version, card.amount) == (True, 1, None)
    assert lifecycle(card) == Lifecycle.PROSPECT


def test_both_wrong_fields_are_named_at_once(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        services.win(opportunity_id=card.pk, amount=None, closed_on=None, actor=cast.rita, now=NOW)
    assert set(refused.value.fields) == {"amount", "closed_on"}


def test_a_backdated_win_counts_on_its_utc_day(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, opened=datetime(2026, 5, 31, 23, 30, tzinfo=UTC))
    won = services.win(opportunity_id=card.pk, amount=1, closed_on=date(2026, 5, 31), actor=cast.rita, now=NOW)
    assert won.closed_at == datetime(2026, 5, 31, 23, 30, tzinfo=UTC)  # noon would be before it was opened
    other = rows.opportunity(cast.rita)
    won = services.win(opportunity_id=other.pk, amount=1, closed_on=date(2026, 6, 3), actor=cast.rita, now=NOW)
    assert won.closed_at == datetime(2026, 6, 3, 12, tzinfo=UTC)


# --- lose ---


def test_losing_brings_the_contact_back_to_the_leads(cast: Cast, heard: Callable[[Signal], list[int]]) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    announced = heard(signals.opportunity_lost)
    lost = services.lose(opportunity_id=card.pk, reason="price", note="Twice the budget", actor=cast.rita, now=NOW)
    assert (lost.stage.name, lost.lost_reason, lost.lost_note) == ("Lost", "price", "Twice the budget")
    assert lifecycle(card) == Lifecycle.LEAD
    change = LifecycleChange.objects.filter(contact=card.contact).latest("pk")
    assert (change.from_stage, change.to_stage, change.reason) == ("prospect", "lead", "Lost: Too expensive")
    assert Activity.objects.get(kind="stage").title == "Kestrel lost: Too expensive"
    assert card.pk in announced


@pytest.mark.parametrize("reason", ["", " ", "because", "\0"])
def test_losing_without_a_reason_is_refused(cast: Cast, reason: str) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        services.lose(opportunity_id=card.pk, reason=reason, actor=cast.rita, now=NOW)
    assert list(refused.value.fields) == ["reason"]
    card.refresh_from_db()
    assert card.is_open
    assert lifecycle(card) == Lifecycle.PROSPECT


def test_another_reason_needs_words(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        services.lose(opportunity_id=card.pk, reason="other", actor=cast.rita, now=NOW)
    assert list(refused.value.fields) == ["note"]
    with pytest.raises(Refused):
        services.lose(opportunity_id=card.pk, reason="other", note="x" * 301, actor=cast.rita, now=NOW)


def test_with_another_one_open_the_contact_stays_a_prospect(cast: Cast) -> None:
    other = Pipeline.objects.create(name="Partners")
    place = Stage.objects.create(pipeline=other, name="New", probability=5)
    card = rows.opportunity(cast.rita)
    rows.opportunity(cast.rita, contact=card.contact, stage=place)
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    assert lifecycle(card) == Lifecycle.PROSPECT


def test_whoever_bought_before_is_a_customer_after_a_loss(cast: Cast) -> None:
    first = rows.opportunity(cast.rita)
    services.win(opportunity_id=first.pk, amount=5, closed_on=TODAY, actor=cast.rita, now=NOW)
    second = rows.opportunity(cast.rita, contact=first.contact)  # moves the contact to prospect
    services.lose(opportunity_id=second.pk, reason="price", actor=cast.rita, now=NOW)
    assert lifecycle(first) == Lifecycle.CUSTOMER


# --- once is enough ---


def test_what_is_closed_cannot_be_closed_again(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="closed already"):
        services.win(opportunity_id=card.pk, amount=1, closed_on=TODAY, actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="closed already"):
        services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    assert lifecycle(card) == Lifecycle.LEAD


def test_closing_names_the_version_it_has_seen(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.edit(opportunity_id=card.pk, actor=cast.ravi, now=NOW, next_step="Call")
    with pytest.raises(Stale):
        services.win(opportunity_id=card.pk, amount=1, closed_on=TODAY, version=1, actor=cast.rita, now=NOW)
    with pytest.raises(Stale):
        services.lose(opportunity_id=card.pk, reason="price", version=1, actor=cast.rita, now=NOW)


# --- reopen ---


def test_reopening_goes_back_to_where_it_was(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Discovery")
    services.lose(opportunity_id=card.pk, reason="price", note="Too much", actor=cast.rita, now=NOW)
    reopened = services.reopen(opportunity_id=card.pk, actor=cast.ravi, now=NOW)
    assert (reopened.stage.name, reopened.closed_at, reopened.lost_reason, reopened.lost_note) == (
        "Discovery",
        None,
        "",
        "",
    )
    assert (reopened.version, lifecycle(card)) == (3, Lifecycle.PROSPECT)
    with pytest.raises(Refused, match="open already"):
        services.reopen(opportunity_id=card.pk, actor=cast.ravi, now=NOW)


def test_what_was_closed_at_once_reopens_in_the_first_stage(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Won", closed_at=NOW)
    assert services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW).stage.name == "New"


def test_reopening_beside_another_open_one_is_refused(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.lose(opportunity_id=card.pk, reason="price", actor=cast.rita, now=NOW)
    rows.opportunity(cast.rita, contact=card.contact)
    with pytest.raises(Refused, match="another open opportunity"):
        services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW)
    card.refresh_from_db()
    assert not card.is_open


# --- the disqualified ---


def test_losing_leaves_the_disqualified_where_they_are(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    enter_lifecycle(card.contact_id, Lifecycle.DISQUALIFIED, now=NOW)
    assert not services.lose(opportunity_id=card.pk, reason="no_need", actor=cast.rita, now=NOW).is_open
    assert lifecycle(card) == Lifecycle.DISQUALIFIED


def test_nothing_is_sold_to_the_disqualified(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    enter_lifecycle(card.contact_id, Lifecycle.DISQUALIFIED, now=NOW)
    with pytest.raises(Refused, match="Take them back"):
        services.win(opportunity_id=card.pk, amount=5, closed_on=TODAY, actor=cast.rita, now=NOW)
    services.lose(opportunity_id=card.pk, reason="no_need", actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="Take them back"):
        services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW)
    with pytest.raises(Refused, match="Take them back"):
        services.promote(contact_id=card.contact_id, manual=True, reason="Knows us.", actor=cast.rita, now=NOW)
    card.refresh_from_db()
    assert (card.is_open, lifecycle(card)) == (False, Lifecycle.DISQUALIFIED)
    page = client_of(cast.rita).post(f"/opportunities/{card.pk}/reopen/", follow=True).content.decode()
    assert "They are disqualified. Take them back on their page first." in page


def test_a_prospect_is_lost_first_and_then_disqualified_for_good(cast: Cast) -> None:
    card = services.promote(contact_id=rows.qualified().pk, now=NOW)
    assert card is not None
    with pytest.raises(Refused, match="Lose it with a reason first"):
        disqualify(card.contact_id, now=NOW, actor=cast.rita, reason="Spam")
    services.lose(opportunity_id=card.pk, reason="no_need", actor=cast.rita, now=NOW)
    assert disqualify(card.contact_id, now=NOW, actor=cast.rita, reason="Spam")
    assert services.promote(contact_id=card.contact_id, now=NOW + timedelta(days=1)) is None
    assert lifecycle(card) == Lifecycle.DISQUALIFIED


# --- the pages ---

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/pipeline/"}


def test_losing_on_the_board_refreshes_its_columns(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client = client_of(cast.rita)
    dialog = client.get(f"/opportunities/{card.pk}/lose/", headers=HTMX).content.decode()
    assert 'hx-include="#board-frame"' in dialog
    refused = client.post(f"/opportunities/{card.pk}/lose/", {"reason": "", "version": 1, "since": "x"}, headers=HTMX)
    assert refused.status_code == 422
    assert "Choose why it was lost" in refused.content.decode()
    card.refresh_from_db()
    assert card.is_open
    answer = client.post(
        f"/opportunities/{card.pk}/lose/", {"reason": "price", "version": 1, "since": "x"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert f"#cards-{rows.stage('Lost').pk}" in answer.content.decode()
    assert "close-dialog" in answer["HX-Trigger"]


def test_winning_on_its_page_comes_back_to_it(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client = client_of(cast.rita)
    today = datetime.now(UTC).date()
    assert f'value="{today}"' in client.get(f"/opportunities/{card.pk}/win/").content.decode()
    answer = client.post(f"/opportunities/{card.pk}/win/", {"amount": "99", "closed_on": f"{today}", "version": 1})
    assert answer["Location"] == f"/opportunities/{card.pk}/"
    again = client.post(f"/opportunities/{card.pk}/win/", {"amount": "99", "closed_on": f"{today}"})
    assert again.status_code == 422
    assert "closed already" in again.content.decode()
    assert StageMove.objects.filter(opportunity=card).count() == 2
    assert client.post(f"/opportunities/{card.pk}/reopen/").status_code == 302
    card.refresh_from_db()
    assert card.is_open
    assert client.get(f"/opportunities/{card.pk}/reopen/").status_code == 405


def test_a_stale_dialog_says_so_and_can_be_tried_again(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.edit(opportunity_id=card.pk, actor=cast.ravi, now=NOW, next_step="Call")
    answer = client_of(cast.rita).post(
        f"/opportunities/{card.pk}/lose/", {"reason": "price", "version": 1}, headers=HTMX
    )
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Somebody has changed this opportunity" in page
    assert 'name="version" value="2"' in page


@pytest.mark.parametrize("what", ["win", "lose", "reopen"])
@pytest.mark.parametrize(("who", "status"), [("sven", 404), ("mara", 403), ("vera", 403)])
def test_who_may_not_close(cast: Cast, what: str, who: str, status: int) -> None:
    card = rows.opportunity(cast.rita)
    given = {"amount": "5", "closed_on": f"{datetime.now(UTC).date()}", "reason": "price"}
    assert client_of(getattr(cast, who)).post(f"/opportunities/{card.pk}/{what}/", given).status_code == status
    card.refresh_from_db()
    assert card.is_open


@pytest.mark.parametrize(
    "given",
    [
        {"amount": "\0", "closed_on": "2026-06-15"},
        {"amount": "1" * 1000, "closed_on": "2026-06-15"},
        {"amount": "1", "closed_on": "9999-12-31"},
        {"amount": "1", "closed_on": "yesterday"},
        {"amount": "1", "closed_on": "2026-06-15", "version": "9" * 40},
        {},
    ],
)
def test_bad_input_is_a_field_error(cast: Cast, given: dict[str, str]) -> None:
    card = rows.opportunity(cast.rita)
    assert client_of(cast.rita).post(f"/opportunities/{card.pk}/win/", given).status_code == 422
    card.refresh_from_db()
    assert card.is_open
