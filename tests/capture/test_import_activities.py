"""Importing what people did and said: with its days, so that history scores; once, however often; undone."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from activities.models import Activity
from capture import services
from capture.models import About
from core.errors import Refused
from leads.models import ChangedContact, EngagementEvent, Evidence
from tests import factories
from tests.capture.lists import counts, run, undo, upload
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db

LIST = (
    "Email,Activity type,Date,Page,Text,Verdict,Amount\n"
    "ada@acme.example,Page view,2024-03-05 14:30,/pricing,,,\n"
    "ADA@acme.example,demo_requested,05.03.2024,,,,\n"
    'ada@acme.example,Budget,2024-03-06,,"We have set aside 40,000",meets,"40.000,00"\n'
    "ada@acme.example,note,2024-03-07,,Met at the fair,,\n"
    "ada@acme.example,note,2024-03-07,,Met at the fair,,\n"
    "nobody@acme.example,page_view,2024-03-07,,,,\n"
    "ada@acme.example,Sang a song,2024-03-07,,,,\n"
    "ada@acme.example,page_view,some day,,,,\n"
    "ada@acme.example,page_view,2224-01-01,,,,\n"
    "ada@acme.example,Need,2024-03-06,,We need it,perhaps,\n"
)


@pytest.fixture
def mara(db: None) -> User:
    return User.objects.create(email="mara@lists.example", name="Mara", role="marketer")


def test_history_comes_with_its_days_and_only_once(mara: User) -> None:
    ada = factories.contact(email="ada@acme.example")
    ChangedContact.objects.all().delete()
    of = upload(LIST, mara)
    assert (of.about, of.decimal_comma) == (About.ACTIVITIES, True)
    run(of)
    assert counts(of) == (4, 0, 1, 5)
    assert list(of.rejected_rows.values_list("line", "reason")) == [
        (7, "E-mail: Nobody here has this address or number. Import the people first."),
        (8, "What happened: “Sang a song” is neither a kind of event nor a criterion. Settings lists them."),
        (9, "When: “some day” is not a date. Write it as 2024-03-05 14:30."),
        (10, "When: It happened between the year 2000 and now."),
        (11, "Verdict (meets, weak, fails): “perhaps” is no verdict. Write meets, weak or fails."),
    ]
    view = EngagementEvent.objects.get(kind__key="page_view")
    assert (view.contact_id, view.occurred_at, view.properties) == (
        ada.pk, datetime(2024, 3, 5, 14, 30, tzinfo=UTC), {"path": "/pricing"},
    )  # fmt: skip
    assert EngagementEvent.objects.get(kind__key="demo_requested").occurred_at == datetime(2024, 3, 5, 12, tzinfo=UTC)
    budget = Evidence.objects.get()
    assert (budget.verdict, budget.amount, budget.quote) == ("meets", Decimal(40_000), "We have set aside 40,000")
    assert budget.observed_at.date().isoformat() == "2024-03-06"
    assert Activity.objects.get().body == "Met at the fair"
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {ada.pk}
    assert counts(run(upload(LIST, mara))) == (0, 0, 5, 5)


def test_imported_history_goes_again(mara: User) -> None:
    ada = factories.contact(email="ada@acme.example")
    factories.event(ada, "page_view")
    of = undo(run(upload(LIST, mara)))
    assert (of.undone, of.conflicts.count()) == (4, 0)
    assert (EngagementEvent.objects.count(), Evidence.objects.count(), Activity.objects.count()) == (1, 0, 0)
    assert counts(run(upload(LIST, mara))) == (4, 0, 1, 5)


def test_a_list_of_visitors_says_for_every_row_what_it_was(mara: User) -> None:
    factories.contact(email="ada@acme.example")
    of = services.change_about(upload("Name,Email,Date\nAda,ada@acme.example,2024-03-05\n", mara), "activities")
    mapping = {int(number): field for number, field in of.mapping.items()}
    assert mapping == {1: "email", 2: "at"}
    with pytest.raises(Refused, match="what every row is"):
        services.choose_columns(of, mapping=mapping, day_first=False)
    run(services.choose_columns(of, mapping=mapping, day_first=False, every_row="webinar_attended"))
    assert EngagementEvent.objects.get().kind.key == "webinar_attended"


def test_the_same_columns_are_remembered(mara: User) -> None:
    content = "Kundennummer,Elektropost\n7,ada@acme.example\n"
    of = upload(content, mara)
    assert of.mapping == {}
    run(services.choose_columns(of, mapping={0: "tags", 1: "email"}, day_first=False))
    again = upload("Elektropost,Kundennummer\nbo@berg.example,8\n", mara)
    assert again.mapping == {0: "email", 1: "tags"}


def test_the_page_of_activities_shows_what_would_be_recorded(cast: Cast) -> None:
    factories.contact(email="ada@acme.example", first_name="Ada", last_name="Nowak")
    of = upload(LIST, cast.mara)
    client = client_of(cast.mara)
    page = " ".join(client.get(f"/imports/{of.pk}/").content.decode().split())
    assert "4 recorded · 0 updated · 1 skipped · 5 rejected" in page
    assert EngagementEvent.objects.count() == 0
    changed = client.post(f"/imports/{of.pk}/", {"about": "contacts", "action": "preview"})
    assert changed.status_code == 200
    of.refresh_from_db()
    assert (of.about, of.mapping["0"]) == (About.CONTACTS, "email")
    assert client.post(f"/imports/{of.pk}/", {"about": "nonsense"}).status_code == 422


def test_policies_are_kept_only_for_what_they_can_mean(mara: User) -> None:
    of = upload("E-mail,Job title,Tags\nada@acme.example,CTO,fair\n", mara)
    mapping = {0: "email", 1: "job_title", 2: "tags"}
    services.choose_columns(
        of, mapping=mapping, day_first=False, policies={"email": "overwrite", "job_title": "overwrite", "tags": "never"}
    )
    assert of.policies == {"job_title": "overwrite", "tags": "never"}
    with pytest.raises(Refused):
        services.choose_columns(of, mapping=mapping, day_first=False, policies={"job_title": "sometimes"})
    ada = factories.contact(email="ada@acme.example", job_title="Clerk")
    run(of)
    ada.refresh_from_db()
    assert (ada.job_title, ada.standing.tag_ids, timezone.now() > ada.updated_at) == ("CTO", [], True)


@pytest.mark.parametrize(
    ("heading", "zone", "hour"),
    [
        ("Date", "Europe/Berlin", 13),
        ("Date (UTC)", "Europe/Berlin", 14),
        ("Date (Asia/Tokyo)", "UTC", 5),
        ("Date (Japan)", "UTC", 5),
        ("Date", "", 14),
    ],
)
def test_times_are_of_the_zone_that_the_column_names_else_of_whoever_brings_the_list(
    mara: User, heading: str, zone: str, hour: int
) -> None:
    factories.contact(email="ada@acme.example")
    User.objects.filter(pk=mara.pk).update(timezone=zone)
    mara.refresh_from_db()
    rows = (
        f"Email,Activity type,{heading}\nada@acme.example,Page view,2024-03-05 14:30\n"
        "ada@acme.example,Page view,2024-03-06T14:30:00+02:00\nada@acme.example,Page view,07.03.2024\n"
        "ada@acme.example,Page view,0001-01-01 00:00\n"
    )
    of = run(upload(rows, mara))
    assert counts(of) == (3, 0, 0, 1)
    at = EngagementEvent.objects.order_by("occurred_at").values_list("occurred_at", flat=True)
    assert list(at) == [
        datetime(2024, 3, 5, hour, 30, tzinfo=UTC),
        datetime(2024, 3, 6, 12, 30, tzinfo=UTC),
        datetime(2024, 3, 7, 12, tzinfo=UTC),
    ]
    User.objects.filter(pk=mara.pk).update(timezone="America/Lima")
    mara.refresh_from_db()
    assert counts(run(upload(rows, mara))) == (0, 0, 3, 1)  # the same rows, whoever brings them
