"""The invented company: plausible, marked as demo, and in agreement with the definition that judges it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

import crm.reference
from activities.models import Activity, FollowUp, Notification
from crm.demo import build, logins, twice, world
from crm.demo.judge import Judge
from leads import kinds
from leads.days import day_of
from leads.models import (
    Company,
    Contact,
    EngagementEvent,
    Evidence,
    Identity,
    Lifecycle,
    LifecycleChange,
    Standing,
)
from pipeline.models import Opportunity, StageKind, StageMove
from pipeline.queries import unpromoted
from scoring.models import Verdict
from scoring.queries import active_spec, why
from tests.conftest import forget_everything
from users.models import User

pytestmark = pytest.mark.django_db  # also when this module runs alone, there is a database to load the demo into


@pytest.fixture(scope="module")
def now(django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """The demo is loaded once for all tests of this module, and undone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        kinds.forget()
        instant = timezone.now()
        build.build(now=instant)
        yield instant
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def clean_slate(db: None) -> None:
    """As before each test (tests/conftest.py), but primary keys count on from those of the demo."""
    forget_everything()


def test_it_is_as_large_as_a_real_company_s_year(now: datetime) -> None:
    assert Contact.objects.count() == world.PEOPLE + twice.FIRST_FEW - 1
    assert Company.objects.count() == 600
    assert 45_000 < EngagementEvent.objects.count() < 70_000
    assert 240 < Opportunity.objects.count() < 270
    assert EngagementEvent.objects.filter(contact=None).count() > 1000  # strangers
    span = EngagementEvent.objects.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
    assert timedelta(days=350) < span["last"] - span["first"] < timedelta(days=560)
    assert span["last"] < now


def test_nobody_can_take_it_for_real(now: datetime) -> None:
    assert not Contact.objects.exclude(is_demo=True).exists()
    assert not Contact.objects.exclude(email="").exclude(email__endswith=".example").exists()
    assert not User.objects.exclude(email__endswith=".example").exists()
    assert not Company.objects.exclude(domain__endswith=".example").exists()
    assert not Identity.objects.filter(kind="email").exclude(value__endswith=".example").exists()


def test_the_first_start_of_the_worker_promotes_nobody(now: datetime) -> None:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert not unpromoted().exists()
    assert not Verdict.objects.filter(at__gt=midnight + timedelta(minutes=11)).exists()
    assert not Standing.objects.filter(lifecycle=Lifecycle.LEAD, is_qualified=True).exists()
    assert not Standing.objects.filter(Q(day=None) | Q(grade="")).exists()


def test_past_verdicts_are_what_the_definition_says_of_that_day(now: datetime) -> None:
    looked_at = 0
    for verdict in Verdict.objects.order_by("pk")[::9]:
        explained = why(verdict.contact_id, day_of(verdict.at))
        assert explained is not None
        assert (explained.is_qualified, explained.total, explained.grade) == (
            verdict.is_qualified,
            verdict.total,
            verdict.grade,
        )
        looked_at += 1
    assert looked_at > 40


def test_a_card_remembers_the_judgement_with_lines_that_add_up(now: datetime) -> None:
    for opportunity in Opportunity.objects.order_by("pk")[:60]:
        judgement = opportunity.snapshot["judgement"]
        assert judgement["total"] == judgement["fit"] + sum(judgement["categories"].values())
        assert judgement["fit"] * 1000 == sum(
            line["thousandths"] for line in judgement["lines"] if line["category"] == "fit"
        )
        assert judgement["is_qualified"]
        assert {row["criterion"] for row in opportunity.snapshot["evidence"]} == {
            "budget",
            "authority",
            "need",
            "timeline",
        }


def test_every_lifecycle_is_there_and_follows_from_what_happened(now: datetime) -> None:
    counted = dict(Standing.objects.values_list("lifecycle").annotate(n=Count("pk")))
    assert set(counted) == {"lead", "prospect", "customer", "disqualified"}
    assert min(counted.values()) > 50
    last = LifecycleChange.objects.order_by("contact", "-at", "-pk").distinct("contact")
    assert dict(last.values_list("contact", "to_stage")) == dict(Standing.objects.values_list("pk", "lifecycle"))
    of = Opportunity.objects.values("contact")
    assert not Standing.objects.filter(lifecycle="prospect").exclude(pk__in=of.filter(closed_at=None)).exists()
    assert not Standing.objects.filter(lifecycle="customer").exclude(pk__in=of.filter(stage__kind="won")).exists()
    assert not Opportunity.objects.exclude(contact__verdicts__is_qualified=True).exists()
    assert not Opportunity.objects.exclude(owner=F("contact__standing__owner")).exists()


def test_cards_have_walked_from_stage_to_stage(now: datetime) -> None:
    for opportunity in Opportunity.objects.prefetch_related("moves"):
        moves = sorted(opportunity.moves.all(), key=lambda move: move.at)
        assert moves[0].from_stage_id is None
        assert [move.from_stage_id for move in moves[1:]] == [move.to_stage_id for move in moves[:-1]]
        assert moves[-1].to_stage_id == opportunity.stage_id
        assert moves[-1].at == opportunity.stage_entered_at < now
    assert not Opportunity.objects.filter(stage__kind=StageKind.WON, amount=None).exists()
    assert not Opportunity.objects.filter(stage__kind=StageKind.LOST, lost_reason="").exists()
    assert StageMove.objects.count() > 700


def test_lines_of_products_come_to_the_amount(now: datetime) -> None:
    sold = Opportunity.objects.filter(items__isnull=False).annotate(sum=Sum("items__amount"))
    assert sold.count() > 20
    assert not sold.exclude(sum=F("amount")).exists()


def test_there_is_something_to_do_and_something_wrong(now: datetime) -> None:
    today = now.date()
    opened = Opportunity.objects.open()
    assert opened.filter(amount=None).exists()
    assert opened.filter(expected_close__lt=today).count() > 3
    assert opened.filter(stage_entered_at__lt=now - timedelta(days=15)).count() > 5
    assert FollowUp.objects.open().filter(due_at__lt=now - timedelta(days=1)).exists()
    assert FollowUp.objects.open().filter(due_at__gt=now + timedelta(days=1)).exists()
    assert not FollowUp.objects.open().filter(notified_at=None, due_at__lt=now - timedelta(days=1)).exists()
    assert Notification.objects.filter(read_at=None).exists()
    assert {"note", "call", "meeting", "reply", "stage", "score"} <= set(
        Activity.objects.values_list("kind", flat=True)
    )
    assert set(Evidence.objects.values_list("verdict", flat=True)) == {"meets", "weak", "fails"}
    assert Evidence.objects.filter(expires_at__lt=now).exists()
    spec = active_spec()
    assert spec is not None
    assert Standing.objects.filter(lifecycle="lead", total__gte=spec.threshold).count() > 30


def test_rows_that_come_later_get_numbers_of_their_own(now: datetime) -> None:
    for model in (Company, Contact, Identity, EngagementEvent, Opportunity):
        with transaction.atomic():
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
                assert cursor.fetchone()[0] > (model.objects.aggregate(last=Max("pk"))["last"] or 0)


def test_a_second_time_changes_nothing_and_prints_the_logins(now: datetime) -> None:
    out = StringIO()
    call_command("demo_data", stdout=out)
    assert Contact.objects.count() == world.PEOPLE + twice.FIRST_FEW - 1
    printed = out.getvalue()
    for login in logins.LOGINS[:5]:
        assert login.email in printed
    assert logins.PASSWORD in printed
    assert User.objects.get(email="rep@demo.example").check_password(logins.PASSWORD)


def test_the_shape_is_the_same_on_every_day(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "PEOPLE", 420)
    monkeypatch.setattr(world, "STRANGERS", 10)
    spec = active_spec()
    assert spec is not None
    crm.reference.ensure()

    def shape(midnight: datetime) -> list[Any]:
        made = world.Maker(midnight, Judge(spec), "tracker:1", [7, 14, 14, 10]).make(1, 1)
        return [
            (person.email, person.created - midnight, [(row.kind, row.at - midnight) for row in person.happenings])
            for person in made.people
        ]

    first = datetime(2026, 6, 16, tzinfo=UTC)
    again = shape(first + timedelta(days=7))
    assert [row[:2] for row in shape(first)] == [row[:2] for row in again]
