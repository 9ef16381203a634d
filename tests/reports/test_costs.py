"""What campaigns cost: written down, imported, and what each person cost."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.views import funnel as api_funnel
from core.errors import Refused
from leads.models import Identity, Position, Touch
from pipeline.models import Opportunity
from pipeline.services import set_rate, set_reporting_currency
from reports import queries
from reports.models import CampaignCost
from reports.queries import Wanted
from reports.services import prove_funnel, refresh_funnel, remove_cost, set_cost, take_costs
from reports.views import funnel_costs
from tests.conftest import NOW, Cast, client_of
from tests.reports.leads import lead
from users.models import Token

JUNE_DAY = date(2026, 6, 1)


def brought(campaign: str, to: str = "lead") -> None:
    """Somebody whom a campaign was the first to bring."""
    contact = lead(to)
    Touch.objects.create(
        identity=Identity.objects.get(contact=contact, kind="email"),
        position=Position.FIRST,
        at=NOW - timedelta(days=30),
        source="ads",
        medium="cpc",
        campaign=campaign,
    )


def test_each_person_of_a_campaign_has_a_price(cast: Cast) -> None:
    for to in ("lead", "lead", "accepted", "won"):
        brought("Spring", to)
    brought("Autumn")
    refresh_funnel(now=NOW)
    set_cost(month="2026-06", campaign=" SPRING ", amount="500", currency="EUR", actor=cast.mara, now=NOW)
    set_cost(month="2026-06", campaign="spring", amount="7", currency="USD", actor=cast.mara, now=NOW)
    found = queries.costs(Wanted(), now=NOW, currency="EUR")
    spring, autumn = found.campaigns
    assert (spring.label, spring.cost, spring.revenue, spring.back) == (
        "spring",
        Decimal(500),
        Decimal(1000),
        Decimal("2.00"),
    )
    assert [(figure.text, figure.each) for figure in spring.figures] == [
        ("4", Decimal(125)),
        ("2", Decimal(250)),
        ("1", Decimal(500)),
    ]
    assert (autumn.cost, autumn.back) == (None, None)  # unknown is not free
    assert [figure.each for figure in autumn.figures] == [None, None, None]
    assert (found.total.cost, found.total.figures[0].text, found.others) == (Decimal(500), "4", ["USD"])


def test_said_again_it_replaces_and_taken_back_it_is_unknown(cast: Cast) -> None:
    for amount in ("100", "120.50"):
        cost = set_cost(month="2026-06", campaign="spring", amount=amount, currency="EUR", actor=cast.mara, now=NOW)
    assert [(one.month, one.amount, one.entered_by) for one in CampaignCost.objects.all()] == [
        (JUNE_DAY, Decimal("120.50"), cast.mara)
    ]
    assert remove_cost(cost_id=cost.pk)
    assert not remove_cost(cost_id=cost.pk)


def take(content: bytes, cast: Cast) -> tuple[int, list[tuple[int, str]]]:
    listed = take_costs(content=content, currency="EUR", actor=cast.mara, now=NOW)
    return listed.kept, [(one.line, one.why) for one in listed.wrong]


def test_a_list_keeps_its_good_lines_and_names_the_others(cast: Cast) -> None:
    content = (
        "Campaign;Month;Cost\nSpring;2026-06;1.200,50\n;2026-06;5\nFair;June;5\nFair;2026-06;free\n\nSpring;06/2026;9\n"
    )
    for _ in range(2):  # twice comes to the same
        kept, wrong = take(content.encode("cp1252"), cast)
        assert kept == 1
        assert wrong == [
            (3, "Say which campaign."),
            (4, "Write the month as 2026-06, or a day as 2026-06-14."),
            (5, "Write what it cost as a number, such as 1200 or 1200.50."),
            (7, "The same campaign and month stands further up; that line counts."),
        ]
    assert [(one.campaign, one.amount, one.currency) for one in CampaignCost.objects.all()] == [
        ("spring", Decimal("1200.50"), "EUR")
    ]


def test_days_of_a_month_are_added_up_and_none_counts_twice(cast: Cast) -> None:
    content = (
        "campaign,day,cost\nfair,06/01/2026,5\nfair,06/02/2026,6.50\nfair,06/02/2026,6.50\nfair,05/31/2026,1\n"
        "fair,2026-06,100\nspring,2026-06,9\nspring,06/03/2026,1\nbig,06/03/2026,999999999998\nbig,06/04/2026,5\n"
    )
    for _ in range(2):  # twice comes to the same
        assert take(content.encode(), cast) == (
            5,
            [
                (4, "The same campaign and day stands further up; that line counts."),
                (6, "The same campaign and month stands further up; that line counts."),
                (8, "The same campaign and month stands further up; that line counts."),
                (10, "An amount is between 0 and 999,999,999,999."),
            ],
        )
    assert [
        (one.campaign, one.month, str(one.amount)) for one in CampaignCost.objects.order_by("campaign", "month")
    ] == [
        ("big", JUNE_DAY, "999999999998.00"),
        ("fair", date(2026, 5, 1), "1.00"),
        ("fair", JUNE_DAY, "11.50"),
        ("spring", JUNE_DAY, "9.00"),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\0", b"a,b\n1,2\n", b"PK\x03\x04 no", b"<html></html>", b'campaign,month,amount\n"' + b"x" * 200_000,
     b"campaign,month,amount\n" + b"x" * 3_000_000],
)  # fmt: skip
def test_what_is_no_list_is_refused_or_named(cast: Cast, content: bytes) -> None:
    fields: set[str] = set()
    kept, wrong = 0, list[tuple[int, str]]()
    try:
        kept, wrong = take(content, cast)
    except Refused as refused:
        fields = set(refused.fields)
    assert kept == 0
    assert fields == {"file"} or len(wrong) == 1
    assert CampaignCost.objects.count() == 0


@pytest.mark.parametrize("month", ["2099-10", "December 1999", "June 0001"])
def test_a_month_out_of_reach_is_a_slip_of_the_pen(cast: Cast, month: str) -> None:
    _, wrong = take(f"campaign,month,amount\nfair,{month},5\n".encode(), cast)
    assert "too far away" in wrong[0][1]
    with pytest.raises(Refused, match="too far away"):
        set_cost(month=month, campaign="fair", amount="5", currency="EUR", actor=cast.mara, now=NOW)
    assert not CampaignCost.objects.exists()


def upload(content: bytes, cast: Cast) -> tuple[int, str]:
    answer = client_of(cast.mara).post("/funnel/costs/import/", {"file": SimpleUploadedFile("costs.csv", content)})
    return answer.status_code, answer.content.decode()


def test_the_pages(cast: Cast) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    client = client_of(cast.mara)
    bad = client.post("/funnel/costs/add/", {"campaign": "x", "month": month, "amount": "-1", "currency": "EUR"})
    assert bad.status_code == 422
    assert "Write what it cost" in bad.content.decode()
    good = client.post("/funnel/costs/add/", {"campaign": "Fair", "month": month, "amount": "80", "currency": "EUR"})
    assert good.status_code == 302
    assert "fair" in client_of(cast.vera).get("/funnel/costs/").content.decode()
    status, page = upload(f"campaign,month,amount\n=cmd(),{month},5\n<b>,{month},no\n".encode(), cast)
    assert (status, "1</b> line written down" in page) == (422, True)
    assert upload(b"", cast)[0] == 422
    assert client.post("/funnel/costs/import/").status_code == 422
    cost = CampaignCost.objects.get(campaign="fair")
    assert client.get(f"/funnel/costs/{cost.pk}/remove/").status_code == 405
    assert client.post(f"/funnel/costs/{cost.pk}/remove/").status_code == 302
    assert not CampaignCost.objects.filter(campaign="fair").exists()
    assert "'=cmd()" in b"".join(client.get("/funnel/costs/export.csv")).decode()


def test_further_pages_of_what_was_written_down(cast: Cast) -> None:
    for number in range(50):
        set_cost(month="2026-06", campaign=f"no {number}", amount="1", currency="EUR", actor=cast.mara, now=NOW)
    seen: list[str] = []
    after = ""
    while True:
        page = queries.entered(after=after)
        seen += [cost.campaign for cost in page.rows]
        after = page.after
        if not after:
            break
    assert seen == [f"no {number}" for number in reversed(range(50))]


def test_several_currencies_in_the_reporting_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("EUR", "USD", "CHF"):
        brought("spring", "won")
        deal = Opportunity.objects.latest("pk")
        Opportunity.objects.filter(pk=deal.pk).update(currency=code, amount=100)
    for campaign, code, amount in (("spring", "USD", "40"), ("spring", "EUR", "30"), ("autumn", "GBP", "9")):
        set_cost(month="2026-05", campaign=campaign, amount=amount, currency=code, actor=cast.mara, now=NOW)
    refresh_funnel(now=NOW)
    apart = queries.costs(Wanted(), now=NOW, currency="EUR")
    assert (apart.others, apart.wants, apart.is_together) == (["CHF", "GBP", "USD"], "reporting currency", False)
    assert (apart.total.cost, apart.total.revenue) == (Decimal(30), Decimal(100))
    # what is set later is true from the next run on
    set_reporting_currency(currency="EUR")
    for day, value in ((date(2026, 5, 31), "0.5"), (date(2026, 6, 1), "0.8"), (NOW.date() + timedelta(days=1), "9")):
        set_rate(currency="USD", day=day, rate=value, actor=cast.mona, now=NOW)
    refresh_funnel(now=NOW + timedelta(minutes=1))
    found = queries.costs(Wanted(), now=NOW, currency="EUR")
    assert (found.others, found.wants, found.is_together) == (["CHF", "GBP"], "rate", True)
    spring = found.campaigns[0]
    assert (spring.cost, spring.revenue, spring.back) == (Decimal(50), Decimal(180), Decimal("3.60"))
    proof = prove_funnel(now=NOW + timedelta(minutes=2))
    assert (proof.wrong, proof.cells) == (0, 0)
    monkeypatch.setattr(funnel_costs, "timezone", SimpleNamespace(now=lambda: NOW))
    page = client_of(cast.mara).get("/funnel/costs/").content.decode()
    assert "All currencies in EUR" in page and "for want of a rate: CHF, GBP." in page
    monkeypatch.setattr(api_funnel, "timezone", SimpleNamespace(now=lambda: NOW))
    _, key = Token.issue(user=cast.mara, name="Report")
    told = Client(headers={"Authorization": f"Bearer {key}"}).get("/api/v1/funnel/costs?months=12").json()
    assert (told["currency"], told["left_out"], told["total"]["won"]) == ("EUR", ["CHF", "GBP"], "180.00")
    assert told["campaigns"][0] == {
        "key": "spring",
        "name": "spring",
        "cost": "50.00",
        "leads": 3.0,
        "prospects": 3.0,
        "customers": 3.0,
        "won": "180.00",
        "times_back": 3.6,
    }
    # and in another one
    set_reporting_currency(currency="USD")
    refresh_funnel(now=NOW + timedelta(minutes=3))
    dollars = queries.costs(Wanted(), now=NOW, currency="USD")
    assert (dollars.campaigns[0].revenue, dollars.campaigns[0].cost) == (Decimal(225), Decimal(100))
