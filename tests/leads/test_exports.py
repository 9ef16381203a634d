"""Lists as files: what the filters leave and the person may see, noted with who took it."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture import columns
from leads.models import CustomField, EngagementEvent
from leads.services import add_tag, assign_owner
from tests import factories
from tests.conftest import Cast, client_of
from users.models import Export

pytestmark = pytest.mark.django_db


INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.status_code
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_leads_leave_as_filtered_with_their_own_fields(cast: Cast) -> None:
    CustomField.objects.create(key="size", label="Size", type="number")
    ada = factories.contact(first_name="=Ada", last_name="Nowak", email="ada@acme.example", phone="+49 30 901820",
                            custom={"size": 5}, company_name="Acme")  # fmt: skip
    factories.contact(first_name="Bo")
    add_tag([ada.pk], "fair")
    assign_owner([ada.pk], cast.rita)
    header, row = rows_of(client_of(cast.mara).get("/leads/export.csv?q=nowak"))
    found = dict(zip(header, row, strict=True))
    assert {name: found[name] for name in ("First name", "Last name", "E-mail", "Phone", "Company", "Company domain")} == {
        "First name": "'=Ada", "Last name": "Nowak", "E-mail": "ada@acme.example", "Phone": "+49 30 901820",
        "Company": "Acme", "Company domain": "acme.example",
    }  # fmt: skip
    assert (found["Owner e-mail"], found["Tags"], found["Size"], found["Score"]) == (
        "rita@winnow.example",
        "fair",
        "5",
        "",
    )
    assert found["Lifecycle"] == "Lead"
    assert len(rows_of(client_of(cast.mara).get("/leads/export.csv"))) == 3


def test_what_is_taken_out_is_noted(cast: Cast) -> None:
    factories.contact()
    answer: Any = client_of(cast.mona).get("/leads/export.xlsx?lifecycle=lead")
    noted = Export.objects.get()
    assert (noted.user, noted.what, noted.query, noted.format, noted.rows) == (
        cast.mona, "leads", "lifecycle=lead", "xlsx", None,
    )  # fmt: skip
    assert b"".join(answer.streaming_content).startswith(b"PK")
    noted.refresh_from_db()
    assert noted.rows == 1
    assert answer["Content-Disposition"] == 'attachment; filename="leads.xlsx"'
    page = client_of(cast.adam).get("/settings/exports/").content.decode()
    assert "lifecycle=lead" in page
    assert client_of(cast.mona).get("/settings/exports/").status_code == 403


def test_only_some_roles_may_and_only_known_formats(cast: Cast) -> None:
    for user, status in ((cast.rita, 403), (cast.vera, 403), (cast.mara, 200), (cast.mona, 200), (cast.adam, 200)):
        assert client_of(user).get("/leads/export.csv").status_code == status
    assert client_of(cast.mona).get("/settings/events/export.csv").status_code == 403  # as the log itself
    assert client_of(cast.mara).get("/leads/export.pdf").status_code == 404
    assert client_of(cast.mara).post("/leads/export.csv").status_code == 405
    assert "/leads/export.csv" not in client_of(cast.rita).get("/leads/").content.decode()
    factories.contact()
    assert "/leads/export.csv?q=lee" in client_of(cast.mara).get("/leads/?q=lee").content.decode()


def test_events_and_opportunities_and_reports_leave(cast: Cast) -> None:
    ada = factories.contact(email="ada@acme.example")
    factories.event(ada, "page_view", path="/pricing")
    header, row = rows_of(client_of(cast.mara).get("/settings/events/export.csv"))
    found = dict(zip(header, row, strict=True))
    assert (found["What"], found["E-mail"], found["Properties"]) == (
        "Viewed a page",
        "ada@acme.example",
        "path: /pricing",
    )
    assert rows_of(client_of(cast.mara).get("/pipeline/export.csv"))[0][:3] == ["Number", "Opportunity", "Pipeline"]
    assert rows_of(client_of(cast.mara).get("/forecast/export.csv"))[0][:4] == ["By", "", "Currency", "Closed"]
    assert rows_of(client_of(cast.mara).get("/funnel/export.csv"))[0][2] == "Identified"


def test_pairs_and_follow_ups_leave_as_they_are_filtered(cast: Cast) -> None:
    from activities.services import add_follow_up
    from leads.services.duplicates import compare
    from tests.conftest import NOW

    first = factories.contact(first_name="=Jane", last_name="Doe", email="jane.doe@acme.example", company_name="Acme")
    second = factories.contact(first_name="=Jane", last_name="Doe", email="janedoe@acme.example", company_name="Acme")
    compare([first.pk, second.pk], now=NOW)
    header, row = rows_of(client_of(cast.mara).get("/leads/duplicates/export.csv"))
    found = dict(zip(header, row, strict=True))
    assert (found["First name"], found["Second e-mail"]) == ("'=Jane Doe", "janedoe@acme.example")
    assert int(found["Sure %"]) >= 50
    assert len(rows_of(client_of(cast.mara).get("/leads/duplicates/export.csv?state=different"))) == 1
    assert client_of(cast.vera).get("/leads/duplicates/export.csv").status_code == 403
    for title, days in (("Call", -1), ("+Write", 400)):
        add_follow_up(contact=first, assignee=cast.rita, title=title, due_at=NOW + timedelta(days=days), now=NOW)
    rows = rows_of(client_of(cast.mona).get("/follow-ups/export.csv"))
    assert [row[1] for row in rows] == ["What", "'+Write", "Call"]
    assert [row[1] for row in rows_of(client_of(cast.mona).get("/follow-ups/export.csv?assignee=999999"))] == ["What"]
    assert "/follow-ups/export.csv" in client_of(cast.mona).get("/follow-ups/").content.decode()
    assert "/leads/duplicates/export.xlsx?state=open" in client_of(cast.mara).get("/leads/duplicates/").content.decode()


def test_instants_leave_in_the_zone_of_who_takes_them_and_come_back(cast: Cast) -> None:
    cast.mara.timezone = "Asia/Tokyo"
    cast.mara.save(update_fields=["timezone"])
    ada = factories.contact(email="ada@acme.example")
    factories.event(ada, "page_view", path="/pricing")
    local = EngagementEvent.objects.get().occurred_at.astimezone(ZoneInfo("Asia/Tokyo"))
    header, row = rows_of(client_of(cast.mara).get("/settings/events/export.csv"))
    assert dict(zip(header, row, strict=True))["Happened (Asia/Tokyo)"] == f"{local:%Y-%m-%d %H:%M}"
    header, _ = rows_of(client_of(cast.mara).get("/leads/export.csv"))
    assert columns.guess(header, {})[header.index("Created on (Asia/Tokyo)")] == "created_at"
    assert "Created on (UTC)" in rows_of(client_of(cast.mona).get("/leads/export.csv"))[0]


def test_every_instant_that_leaves_names_its_zone(cast: Cast) -> None:
    """Of each list as a file: what looks like an instant stands under a name with the zone behind it."""
    from activities.services import add_follow_up
    from leads.services.duplicates import compare
    from tests.conftest import NOW
    from tests.pipeline.rows import opportunity

    ada, bea = (
        factories.contact(first_name="Jane", last_name="Doe", email=f"{name}@acme.example", company_name="Acme")
        for name in ("jane.doe", "janedoe")
    )
    compare([ada.pk, bea.pk], now=NOW)
    factories.event(ada, "page_view", path="/pricing")
    opportunity(cast.rita, contact=ada)
    add_follow_up(contact=ada, assignee=cast.rita, title="Call", due_at=NOW, now=NOW)
    seen = []
    for path in ("leads", "companies", "settings/events", "leads/duplicates", "pipeline", "follow-ups"):
        header, *rows = rows_of(client_of(cast.adam).get(f"/{path}/export.csv"))
        instants = {name for row in rows for name, cell in zip(header, row, strict=True) if INSTANT.fullmatch(cell)}
        assert instants, path
        assert {name for name in instants if not name.endswith(" (UTC)")} == set(), path
        seen.append(len(instants))
    assert seen == [1, 1, 2, 1, 2, 1]


def test_two_rows_and_many_cost_the_same(cast: Cast) -> None:
    client = client_of(cast.mara)
    costs = []
    for count in (2, 60):
        for _ in range(count):
            factories.contact(company_name="Acme")
        with CaptureQueriesContext(connection) as queries:
            assert len(rows_of(client.get("/leads/export.csv"))) > count
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 12


def test_what_is_exported_can_be_imported_again(cast: Cast) -> None:
    from django.utils import timezone

    from capture import services

    factories.contact(first_name="=Ada", email="ada@acme.example", phone="+49 30 901820", country="DE")
    content = b"".join(client_of(cast.mara).get("/leads/export.csv").streaming_content)  # type: ignore[attr-defined]
    of = services.upload(name="leads.csv", content=content, started_by=cast.mara, now=timezone.now())
    services.start_import(of, now=timezone.now())
    services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert (of.created, of.updated, of.skipped, of.rejected) == (0, 0, 1, 0)
