"""The list of companies: by name, only whose people one may see, the same cost for few and for many."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from leads.models import Company, CustomField, Standing
from leads.services import assign_owner
from tests import factories
from tests.budget import page_cost
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db


def names(client: Client, url: str = "/companies/") -> list[str]:
    page = client.get(url).content.decode()
    return re.findall(r'<a class="sheet-name" href="/companies/\d+/">([^<]+)</a>', page)


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_companies_stand_by_name_with_their_people_and_the_best_score(cast: Cast) -> None:
    for number, name in enumerate(("zeta", "Acme", "berg")):
        factories.contact(company_name=name, email=f"p{number}@gmail.com")
    known = factories.contact(company_name="Acme", email="known@gmail.com")
    Standing.objects.filter(pk=known.pk).update(total=77, day=1)
    assert names(client_of(cast.mara)) == ["Acme", "berg", "zeta"]
    page = client_of(cast.mara).get("/companies/").content.decode()
    acme = page[page.index(">Acme<") : page.index(">berg<")]
    cells = re.findall(r'data-label="(People|Best score)">(?:<[^>]+>)*([^<]+)<', acme)
    assert cells == [("People", "2"), ("Best score", "77")]
    assert '<span class="muted">—</span>' in page[page.index(">berg<") :]  # nobody there is scored


def test_only_companies_whose_people_one_may_see(cast: Cast) -> None:
    assign_owner([factories.contact(company_name="Theirs").pk], cast.sven)
    assign_owner([factories.contact(company_name="Ours").pk], cast.ravi)
    factories.contact(company_name="Nobody's")
    Company.objects.create(name="Empty")
    assert names(client_of(cast.rita)) == ["Empty", "Nobody&#x27;s", "Ours"]
    assert len(names(client_of(cast.vera))) == 4


def test_found_by_a_part_of_the_name_or_the_domain(cast: Cast) -> None:
    Company.objects.create(
        name="Müller & Söhne", domain="mueller.example", search_text="muller & sohne mueller.example"
    )
    Company.objects.create(name="Berg", search_text="berg")
    client = client_of(cast.mara)
    for q, found in (("MÜLL", 1), ("mueller.ex", 1), ("be", 1), ("nothing", 0), ("%00", 2), ("x" * 10_000, 0)):
        assert len(names(client, f"/companies/?q={q}")) == found, q[:20]
    assert "No company is called so" in client.get("/companies/?q=nothing").content.decode()


def test_pages_hold_every_company_once_both_ways(cast: Cast) -> None:
    Company.objects.bulk_create(Company(name=f"Firm {number % 60:03}") for number in range(120))
    client, seen, url = client_of(cast.mara), list[str](), "/companies/"
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r'href="(/companies/\d+/)"', page)
        last, found = url, re.search(r'rel="next" href="([^"]+)"', page)
        url = found[1].replace("&amp;", "&") if found else ""
    assert (len(seen), len(set(seen))) == (120, 120)
    back = re.search(r'rel="prev" href="([^"]+)"', client.get(last).content.decode())
    assert back
    assert len(names(client, back[1].replace("&amp;", "&"))) == 50
    assert len(names(client, "/companies/?after=nonsense")) == 50


def test_few_and_many_cost_the_same(cast: Cast) -> None:
    client, costs = client_of(cast.rita), []
    for count in (2, 60):
        for _ in range(count):
            factories.contact(company_name=f"Firm {Company.objects.count()}")
        costs.append(page_cost(client, "/companies/"))
    assert costs[0] == costs[1] <= 8


def test_the_list_leaves_as_a_file_that_computes_nothing(cast: Cast) -> None:
    CustomField.objects.create(about="company", key="fleet", label="Fleet", type="number")
    Company.objects.create(name="=cmd()", search_text="=cmd()", custom={"fleet": 7})
    factories.contact(company_name="Acme")
    header, *rows = rows_of(client_of(cast.mara).get("/companies/export.csv"))
    assert [dict(zip(header, row, strict=True))["Company"] for row in rows] == ["Acme", "'=cmd()"]
    found = dict(zip(header, rows[1], strict=True))
    assert (found["Fleet"], found["People"], found["Best score"]) == ("7", "0", "")
    assert len(rows_of(client_of(cast.mara).get("/companies/export.csv?q=acme"))) == 2
    assert client_of(cast.rita).get("/companies/export.csv").status_code == 403


def test_htmx_gets_the_list_alone(cast: Cast) -> None:
    part = client_of(cast.mara).get("/companies/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="list"' in part
    assert client_of(cast.mara).post("/companies/").status_code == 405
