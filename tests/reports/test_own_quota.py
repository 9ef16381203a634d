"""A rep's own month against the quota, on Today."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from pipeline.models import Quota
from pipeline.queries import Filters, listed, total
from reports.queries.own import own_month
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

JUNE = date(2026, 6, 1)


def test_what_is_won_and_what_is_in_sight(cast: Cast) -> None:
    assert own_month(cast.rita, now=NOW) is None
    Quota.objects.create(user=cast.rita, month=JUNE, amount=1000, set_at=NOW)
    Quota.objects.create(user=cast.sven, month=JUNE, amount=77, set_at=NOW)
    rows.opportunity(cast.rita, at="Won", amount=400, closed_at=NOW)
    rows.opportunity(cast.rita, at="Won", amount=90, closed_at=NOW - timedelta(days=20))  # in May
    rows.opportunity(cast.rita, at="Won", amount=90, currency="USD", closed_at=NOW)
    rows.opportunity(cast.sven, at="Won", amount=90, closed_at=NOW)
    rows.opportunity(cast.rita, at="Negotiation", amount=200, expected_close=NOW.date())
    rows.opportunity(cast.rita, at="Proposal", amount=100, expected_close=date(2026, 6, 30))
    rows.opportunity(cast.rita, at="Negotiation", amount=5, expected_close=NOW.date() - timedelta(days=1))
    rows.opportunity(cast.rita, at="Negotiation", amount=5, expected_close=date(2026, 7, 1))
    rows.opportunity(cast.rita, at="Negotiation", amount=5, expected_close=NOW.date(), category="omitted")
    found: Any = own_month(cast.rita, now=NOW)
    assert (found.quota, found.closed, found.commit, found.weighted) == (1000, 400, 200, 200)
    assert (found.reached, found.share, found.in_sight, found.missing) == (40, 40, 60, 600)
    for query, amount in ((found.commit_query, 200), (found.due_query, 300), (found.closed_query, 400)):
        given = dict(part.split("=") for part in query.split("&"))
        assert sum(one.amount for one in total(listed(cast.rita, Filters.parse(given), now=NOW)).sums) == amount


def test_more_than_all_fits_the_bar(cast: Cast) -> None:
    Quota.objects.create(user=cast.rita, month=JUNE, amount=100, set_at=NOW)
    rows.opportunity(cast.rita, at="Won", amount=400, closed_at=NOW)
    found: Any = own_month(cast.rita, now=NOW)
    assert (found.reached, found.share, found.in_sight, found.missing) == (400, 100, 100, 0)
    Quota.objects.update(amount=117)
    assert own_month(cast.rita, now=NOW).reached == 342  # type: ignore[union-attr]  # rounded as on the forecast
    Quota.objects.update(amount=0)
    found = own_month(cast.rita, now=NOW)
    assert (found.reached, found.share, found.in_sight) == (None, 0, 0)


def test_on_today(cast: Cast) -> None:
    client = client_of(cast.rita)
    assert "Your month" not in client.get("/").content.decode()
    now = timezone.now()
    Quota.objects.create(user=cast.rita, month=now.date().replace(day=1), amount=1000, set_at=now)
    rows.opportunity(cast.rita, at="Won", amount=400, opened=now, closed_at=now)
    page = client.get("/").content.decode()
    assert "Your month" in page
    assert "40 percent of the quota is closed" in page
