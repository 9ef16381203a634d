"""What a team can take in the coming weeks, and the page that says which threshold fits it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import capacity
from pipeline.capacity import Member
from pipeline.models import Absence, Availability
from pipeline.queries.capacity import members_of
from pipeline.working_time import Hours, week_of
from scoring.models import Definition, DefinitionStatus, LoadTrial
from scoring.services import loads
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_teams import in_force, team_of
from users.models import User

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
WEEK = week_of(["09:00-17:00"] * 5 + ["", ""])


def test_days_off_are_taken_off_by_their_share_of_the_week() -> None:
    hours = Hours("UTC", WEEK, frozenset({date(2026, 3, 4)}), ((date(2026, 3, 9), date(2026, 3, 15)),))
    weeks = capacity.weeks_of(hours, Decimal(10), is_paused=False, now=MONDAY)
    assert weeks == (Decimal(8), Decimal(0), Decimal(10), Decimal(10))
    assert capacity.weeks_of(hours, Decimal(10), is_paused=True, now=MONDAY) == (Decimal(0),) * 4
    assert capacity.weeks_of(hours, None, is_paused=False, now=MONDAY) == weeks  # as routing counts them
    nobody = Hours("UTC", week_of([""] * 7))
    assert capacity.weeks_of(nobody, Decimal(10), is_paused=False, now=MONDAY) == (Decimal(0),) * 4


def test_together() -> None:
    one = Member(1, "Rita", Decimal("3.5"), (Decimal("3.5"), Decimal("2.8"), Decimal("3.5"), Decimal("3.5")))
    assert (one.usual, one.a_week) == (Decimal("3.5"), Decimal("3.325"))
    assert capacity.together([one, one]) == Decimal("6.6")
    assert capacity.together([]) == 0


@pytest.mark.django_db
def test_members_are_read_at_once(cast: Cast) -> None:
    Availability.objects.create(user=cast.rita, capacity=Decimal(8))
    Availability.objects.create(user=cast.ravi, capacity=Decimal(6), is_paused=True)
    Absence.objects.create(user=cast.sven, first_day=NOW.date(), last_day=NOW.date() + timedelta(days=60))
    found = {one.name: one for one in members_of(User.objects.active_reps(), now=NOW)}
    assert found[cast.rita.name].a_week == 8
    assert found[cast.ravi.name].a_week == 0 and found[cast.ravi.name].why == "paused"
    assert found[cast.sven.name].a_week == 0 and found[cast.sven.name].why.startswith("away until")


# --- the page ---


def worked_out(*weekly: int) -> LoadTrial:
    """A finished trial: so many reach the lowest line each week, and one fewer for each point above it."""
    trial = loads.start_load_trial(by=None, now=timezone.now())
    wide = trial.top - trial.floor + 1
    trial.figures = [[max(0, week - point) for point in range(wide)] for week in weekly]
    trial.weeks, trial.done, trial.done_at = len(weekly), len(weekly) + 1, timezone.now()
    trial.save()
    return trial


def only(cast: Cast, a_week: str) -> None:
    """Rita alone takes prospects."""
    for user in User.objects.active_reps():
        room = Decimal(a_week) if user == cast.rita else Decimal(0)
        Availability.objects.create(user=user, capacity=room)


@pytest.mark.django_db
def test_a_threshold_is_proposed_and_becomes_a_draft(cast: Cast) -> None:
    only(cast, "10")
    trial = worked_out(60, 60, 60, 60)  # 60 at the lowest line, 20 at the active one 40 points above, 10 at 50 above
    client, url = client_of(cast.mona), reverse("threshold")
    page = client.get(url).content.decode()
    proposed = trial.floor + 50
    assert f"{proposed} would fill the team and not flood it" in page
    assert "10.0 leads a week for 10 places" in page
    assert "It rests on 80 leads" in page and "take it as a guess" not in page
    answer = client.post(reverse("threshold_draft"))
    draft = Definition.objects.get(status=DefinitionStatus.DRAFT)
    assert answer.status_code == 302 and answer["Location"] == reverse("definition_edit", args=[draft.pk])
    assert draft.threshold == proposed
    assert "10.0 leads a week" in draft.note


@pytest.mark.django_db
def test_a_small_sample_says_so(cast: Cast) -> None:
    only(cast, "1")
    worked_out(45, 45, 44, 44)
    assert "Few, so take it as a guess." in client_of(cast.mona).get(reverse("threshold")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("a_week", "said"),
    [
        ("20", "fits.</b>"),
        ("0", "Nobody can take any prospect"),
        ("100", "fills the team</b>"),
        ("15", "fill the team"),
    ],
)
def test_it_says_how_the_line_of_today_does(cast: Cast, a_week: str, said: str) -> None:
    only(cast, a_week)
    worked_out(60, 60)
    assert said in client_of(cast.mona).get(reverse("threshold")).content.decode()


@pytest.mark.django_db
def test_even_the_highest_may_flood(cast: Cast) -> None:
    only(cast, "2")
    worked_out(400, 400)
    page = client_of(cast.mona).get(reverse("threshold")).content.decode()
    assert "Even a line at" in page
    assert client_of(cast.mona).post(reverse("threshold_draft")).status_code == 302
    assert not Definition.objects.filter(status=DefinitionStatus.DRAFT).exists()


@pytest.mark.django_db
def test_it_is_worked_out_by_a_task_and_says_how_far_it_is(cast: Cast) -> None:
    client, url = client_of(cast.mona), reverse("threshold")
    assert "Not worked out yet" in client.get(url).content.decode()
    assert client.post(url).status_code == 302
    trial = LoadTrial.objects.get()
    assert "Judging week by week" in client.get(url).content.decode()
    poll = client.get(reverse("threshold_progress"), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in poll.headers
    while loads.continue_load_trial(trial.pk, now=timezone.now()):
        pass
    poll = client.get(reverse("threshold_progress"), headers={"HX-Request": "true"})
    assert poll.headers["HX-Refresh"] == "true"
    assert "No line from" in client.get(url).content.decode()  # nobody ever came


@pytest.mark.django_db
def test_reps_and_viewers_do_not_see_it(cast: Cast) -> None:
    for user in (cast.rita, cast.vera):
        assert client_of(user).get(reverse("threshold")).status_code == 403
    assert client_of(cast.mona).get(reverse("threshold_draft")).status_code == 405


@pytest.mark.django_db
def test_a_team_with_a_definition_of_its_own_has_its_own_threshold(cast: Cast) -> None:
    own = in_force(cast, team_of(cast.rita), threshold=30)
    client, address = client_of(cast.mona), reverse("threshold")
    assert client.post(address, {"team": str(own.team_id)})["Location"] == f"{address}?team={own.team_id}"
    client.post(address)
    assert set(LoadTrial.objects.values_list("definition__team", flat=True)) == {None, own.team_id}
    mine, others = client.get(f"{address}?team={own.team_id}"), client.get(address)
    assert [one.name for one in mine.context["members"]] == ["Ravi", "Rita"]
    assert [one.name for one in others.context["members"]] == ["Sven"]
    assert (mine.context["trial"].definition, others.context["trial"].definition.team) == (own, None)
    trial = mine.context["trial"]
    wide = trial.top - trial.floor + 1
    LoadTrial.objects.filter(pk=trial.pk).update(
        figures=[[max(0, 60 - 2 * point) for point in range(wide)]] * 12, done=13, done_at=timezone.now()
    )
    client.post(reverse("threshold_draft"), {"team": str(own.team_id)})
    draft = Definition.objects.get(status=DefinitionStatus.DRAFT)
    assert (draft.team, draft.based_on) == (own.team, own)
    for wrong in ("x", "999999", "9" * 40):
        assert client.get(f"{address}?team={wrong}").context["team_id"] is None
