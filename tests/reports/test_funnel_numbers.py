"""Every number of the funnel's pages opens a list that adds up to it; the API and the files say the same."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from leads.models import Identity, Lifecycle, Position, Touch
from leads.services import enter_lifecycle
from reports.services import refresh_funnel, set_cost
from tests.conftest import Cast, client_of
from tests.reports.leads import lead
from users.models import Token

PAGES = (
    "/funnel/?months=6",
    "/funnel/?months=6&by=campaign&touch=first",
    "/funnel/?months=6&by=campaign&touch=linear",
    "/funnel/?months=6&by=channel&touch=position",
    "/funnel/?months=6&by=owner",
    "/funnel/?months=6&by=form",
    "/funnel/?months=6&by=version",
    "/funnel/?months=6&by=persona",
    "/funnel/cohorts/?months=6&reached=two_way",
    "/funnel/cohorts/?months=6&source=webinar&reached=engaged",
    "/funnel/compare/?months=3&reached=engaged",
    "/funnel/costs/?months=6&touch=linear",
)
CELL = re.compile(r'<td class="num[^>]*?(?: title="([\d,]+) of [^"]*")?><a href="(/funnel/contacts/[^"]+)">([^<]+)</a>')


@pytest.fixture
def year(cast: Cast) -> datetime:
    """A few people a month, each further than the one before, by two campaigns and none."""
    now = datetime.now(UTC)
    steps = ("lead", "engaged", "two_way", "qualified", "accepted", "won")
    for number in range(30):
        known = now - timedelta(days=12 * (number % 15) + 1)
        contact = lead(
            steps[number % 6],
            now=known,
            source=("form", "webinar", "import")[number % 3],
            at=min(now, known + timedelta(days=5 * (number % 9))),
        )
        for place, campaign in enumerate((("spring", "fair"), ("spring",), ())[number % 3]):
            Touch.objects.create(
                identity=Identity.objects.get(contact=contact, kind="email"),
                position=(Position.FIRST, Position.LAST)[place],
                at=known + timedelta(hours=place),
                source="ads",
                medium=("cpc", "email")[place],
                campaign=campaign,
            )
        if number % 10 == 4:
            enter_lifecycle(contact.pk, Lifecycle.LEAD, now=now)
    set_cost(month=f"{now:%Y-%m}", campaign="spring", amount="90", currency="EUR", actor=cast.mara, now=now)
    refresh_funnel(now=now)
    return now


def behind(client: Client, address: str) -> tuple[str, str, int]:
    """What a list says it has: people, credited people, and the rows that stand in it."""
    page = client.get(unescape(address)).content.decode()
    people = re.search(r'<p class="muted"><b><span class="num">([\d,]+)</span></b>', page)
    shared = re.search(r"<b>([\d,.]+)</b> by ", page)
    assert people, address
    return people[1], shared[1] if shared else "", page.count('class="sheet-name"')


@pytest.mark.parametrize("address", PAGES)
def test_every_number_opens_its_list(cast: Cast, year: datetime, address: str) -> None:
    client = client_of(cast.mara)
    page = client.get(address).content.decode()
    found = CELL.findall(page)
    assert len(found) >= 5
    for title, link, text in found:
        people, shared, listed = behind(client, link)
        number = title or text.strip()
        assert number in {shared or people}, (link, number, people, shared)
        assert listed == int(people)
    for link, text in re.findall(r'<a href="(/funnel/contacts/[^"]+mark=[^"]+)">(\d+)</a>', page):
        assert behind(client, link)[0] == text


def test_the_api_and_the_file_say_what_the_page_says(cast: Cast, year: datetime) -> None:
    client = client_of(cast.mara)
    _, key = Token.issue(user=cast.mara, name="Report")
    told = Client(headers={"Authorization": f"Bearer {key}"})
    answer = told.get("/api/v1/funnel?months=6&by=campaign&touch=linear").json()
    text = b"".join(client.get("/funnel/export.csv?months=6&by=campaign&touch=linear")).decode("utf-8-sig")
    lines = {
        (by, name): [float(cell) for cell in cells]
        for by, name, *cells in csv.reader(io.StringIO(text))
        if by in {"All", "Campaign", "Month"}
    }
    for by, rows in (("All", [answer["total"]]), ("Campaign", answer["parts"]), ("Month", answer["months"])):
        for row in rows:
            assert lines[by, row["name"]] == [step["people"] for step in row["steps"]]
    page = client.get("/funnel/?months=6&by=campaign&touch=linear").content.decode()
    for row in answer["parts"]:
        people = row["steps"][0]["people"]
        assert f">{people:,.1f}</a>".replace(".0<", "<") in page
    assert sum(row["steps"][0]["people"] for row in answer["parts"]) == answer["total"]["steps"][0]["people"] == 30
    engaged = answer["total"]["steps"][1]
    assert engaged["of_before"] == pytest.approx(25 / 30)
    assert (round(engaged["low"], 3), round(engaged["high"], 3)) == (0.664, 0.927)
    assert engaged["days"]["people"] == 25


def test_cohorts_by_the_api(cast: Cast, year: datetime) -> None:
    _, key = Token.issue(user=cast.mona, name="Report")
    told = Client(headers={"Authorization": f"Bearer {key}"})
    answer = told.get("/api/v1/funnel/cohorts?months=6&reached=engaged").json()
    assert answer["step"] == "engaged"
    assert sum(row["people"] for row in answer["cohorts"]) == 30
    assert sum(row["reached"][-1] for row in answer["cohorts"]) == 25
    shares = [age["share"] for age in answer["by_age"]]
    assert shares == sorted(shares)


def test_the_comparison_by_the_api_is_that_of_the_file(cast: Cast, year: datetime) -> None:
    _, key = Token.issue(user=cast.mara, name="Report")
    told = Client(headers={"Authorization": f"Bearer {key}"})
    answer = told.get("/api/v1/funnel/comparison?months=3&reached=engaged").json()
    text = b"".join(client_of(cast.mara).get("/funnel/compare/export.csv?months=3&reached=engaged")).decode("utf-8-sig")
    lines = {name: [float(cell) for cell in cells] for name, *cells in list(csv.reader(io.StringIO(text)))[1:]}
    assert (answer["step"], len(answer["months"]), len(answer["months_before"])) == ("engaged", 3, 3)
    assert answer["months_before"] < answer["months"]
    for row in (*answer["sources"], answer["total"]):
        counted = [*row["before"].values(), *row["now"].values(), row["difference"]]
        assert lines.pop(row["name"]) == [*counted, row["volume"], row["mix"], row["rate"]]
        assert row["volume"] + row["mix"] + row["rate"] == pytest.approx(row["difference"])
    assert not lines
    assert answer["total"]["now"]["came"] > 0
    assert sum(row["difference"] for row in answer["sources"]) == answer["total"]["difference"]


def test_the_api_refuses_what_it_does_not_know_and_who_may_not(cast: Cast, year: datetime) -> None:
    keys = {name: Token.issue(user=getattr(cast, name), name="R")[1] for name in ("mara", "rita")}
    told = {name: Client(headers={"Authorization": f"Bearer {key}"}) for name, key in keys.items()}
    for query in ("months=5", "by=colour", "touch=sideways", "months=%00"):
        answer = told["mara"].get(f"/api/v1/funnel?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.split("=")[0]])
    assert told["mara"].get("/api/v1/funnel/cohorts?reached=nothing").status_code == 400
    for address in ("/api/v1/funnel", "/api/v1/funnel/cohorts", "/api/v1/funnel/comparison"):
        assert told["rita"].get(address).status_code == 403
        assert told["mara"].post(address).status_code == 405
        assert Client().get(address).status_code == 401
