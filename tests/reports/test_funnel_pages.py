"""The pages of the funnel: what they show, and the lists behind their numbers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.models import Contact
from leads.services import privacy
from reports.services import refresh_funnel
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.reports.leads import lead
from users.models import Token


@pytest.fixture
def today(cast: Cast) -> datetime:
    """A few leads of this month, so that the pages, which know the real day, show them."""
    now = datetime.now(UTC)
    for to in ("lead", "engaged", "won"):
        lead(to, now=now, at=now)
    refresh_funnel(now=now)
    return now


def figure(page: str, query: str) -> int:
    """The number that links to this list."""
    found = re.search(rf'href="/funnel/contacts/\?{re.escape(query)}">(?:<span[^>]*>)?([\d,]+)', page)
    assert found, query
    return int(found[1].replace(",", ""))


def test_the_page(cast: Cast, today: datetime) -> None:
    page = client_of(cast.mara).get("/funnel/").content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "small sample" in text
    assert f"{today:%b %Y}" in text
    assert "As of" in text
    assert "not yet held against the facts" in text
    links = set(re.findall(r'href="(/funnel/contacts/[^"]+)"', page))
    assert f"/funnel/contacts/?month={today:%Y-%m}&amp;reached=won" in links
    for link in links:
        answer = client_of(cast.mara).get(link.replace("&amp;", "&"))
        assert answer.status_code == 200


def test_the_list_behind_a_number(cast: Cast, today: datetime) -> None:
    client = client_of(cast.vera)
    winner = Contact.objects.get(opportunities__isnull=False)
    page = client.get(f"/funnel/contacts/?month={today:%Y-%m}&reached=won&source=form").content.decode()
    assert winner.name in page
    assert page.count("sheet-name") == 1
    assert "Nobody of these leads" in client.get("/funnel/contacts/?month=2020-01&reached=won").content.decode()


def test_who_has_not_got_further_adds_up_with_its_list(cast: Cast, today: datetime) -> None:
    client = client_of(cast.mara)
    page = client.get("/funnel/").content.decode()
    found = re.findall(r'href="(/funnel/contacts/\?[^"]*missing=[^"]+)">([\d,]+)<', page)
    assert {number for _, number in found} == {"1"}
    assert len(found) == 2  # one has done nothing, one has read and not answered
    for link, number in found:
        listed = client.get(link.replace("&amp;", "&")).content.decode()
        assert listed.count("sheet-name") == int(number)


def test_the_erased_count_and_the_list_says_how_many_they_are(cast: Cast, today: datetime) -> None:
    client = client_of(cast.mara)
    address = f"/funnel/contacts/?month={today:%Y-%m}&reached=lead"
    assert "erased since" not in client.get(address).content.decode()
    winner = Contact.objects.get(opportunities__isnull=False)
    privacy.erase(winner.pk, typed=winner.name, actor=cast.adam, now=today)
    refresh_funnel(now=today, everything=True)
    number = figure(client.get("/funnel/").content.decode(), f"month={today:%Y-%m}&amp;reached=lead")
    page = client.get(address).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert number == 3
    assert page.count('class="sheet-name"') == 2
    assert re.search(r"\b3 · Who became known to us.* 1 of them was erased since", text)


def test_before_the_first_count_the_page_says_so(cast: Cast) -> None:
    assert "being counted" in client_of(cast.mara).get("/funnel/").content.decode()
    refresh_funnel(now=NOW)
    assert "No leads in these months" in client_of(cast.mara).get("/funnel/").content.decode()


@pytest.mark.parametrize(
    "url", ["/funnel/", "/funnel/contacts/", "/funnel/cohorts/", "/funnel/compare/", "/funnel/costs/"]
)
def test_reps_may_not_look_and_nobody_posts(cast: Cast, url: str) -> None:
    assert client_of(cast.rita).get(url).status_code == 403
    assert client_of(cast.mara).post(url).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "after=%00",
        "after=W10",
        "by=owner&key=99999999999999999999999",
        "by=owner&key=9223372036854775808",
        "by=persona&key=9999999999",
        "by=version&key=-1",
        "by=channel&touch=linear&key=%F0%9F%A6%84%20/%20x",
        "end=2000-01&months=24&level=1&reached=won",
    ],
)
def test_odd_addresses_show_the_usual(cast: Cast, query: str) -> None:
    client = client_of(cast.mara)
    for page in ("", "contacts/", "cohorts/", "compare/", "costs/"):
        assert client.get(f"/funnel/{page}?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "months=x",
        "months=99999999",
        "month=%00&source=%00&reached=%00",
        "month=2026-13",
        "source=abc",
        "by=campaign&key=%00",
        "by=form&key=" + "x" * 5000,
        "by=campaign&touch=sideways&key=",
        "within=999999&reached=won",
        "end=9999-12&level=1&reached=won",
        "mark=%00&missing=nothing",
    ],
)
def test_there_is_no_funnel_of_what_is_asked_wrongly(cast: Cast, query: str) -> None:
    client = client_of(cast.mara)
    assert client.get(f"/funnel/contacts/?{query}").status_code == 200  # nobody, and what was asked
    for page in ("", "cohorts/", "compare/", "costs/", "export.csv", "cohorts/export.csv"):
        assert client.get(f"/funnel/{page}?{query}").status_code == 404


def test_pages_cost_the_same_with_many(cast: Cast, today: datetime) -> None:
    client = client_of(cast.mara)

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    urls = (
        "/funnel/",
        "/funnel/?by=owner",
        "/funnel/?by=campaign&touch=linear",
        "/funnel/cohorts/",
        "/funnel/compare/?months=3",
        "/funnel/costs/",
        "/funnel/contacts/?reached=engaged",
    )
    for url in urls:
        cost(url)
    few = {url: cost(url) for url in urls}
    for number in range(40):
        lead("engaged", now=today - timedelta(days=8 * number), source=("form", "webinar", "import")[number % 3])
    refresh_funnel(now=today)
    assert {url: cost(url) for url in urls} == few
    assert few["/funnel/"] <= 8


def test_further_pages_of_the_list(cast: Cast, today: datetime) -> None:
    for _ in range(55):
        factories.contact(now=today)
    refresh_funnel(now=today)
    client, seen, url = client_of(cast.mara), [], "/funnel/contacts/?months=3&reached=lead"
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r'class="sheet-name" href="/leads/(\d+)/"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        url = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 58


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("source=abc", "source “abc”"),
        ("month=2026-13", "month “2026-13”"),
        ("reached=x&months=7", "months “7”, reached “x”"),
        ("by=campaign&key=%00", "key “?”"),
        ("within=-1&missing=x&mark=y&restated=z", "within “-1”, mark “y”, missing “x”, restated “z”"),
    ],
)
def test_of_what_is_asked_wrongly_there_is_nobody(cast: Cast, query: str, said: str) -> None:
    client = client_of(cast.mara)
    assert client.get("/funnel/contacts/?months=24&by=source&touch=first&source=").context["count"] == 3
    answer = client.get(f"/funnel/contacts/?{query}")
    assert (answer.status_code, answer.context["count"], answer.context["rows"]) == (200, 0, [])
    assert f"This address asks for something that there is not: {said}." in answer.content.decode()
    _, key = Token.issue(user=cast.mara, name="Report")
    api = Client(headers={"Authorization": f"Bearer {key}"})
    assert api.get("/api/v1/funnel?months=24&by=source").status_code == 200
    assert 400 <= api.get(f"/api/v1/funnel?{query}").status_code < 500
