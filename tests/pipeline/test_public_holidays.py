"""Public holidays by country: chosen for a team or a person, kept for the coming years, counted as days off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from core.errors import Refused
from pipeline import public_holidays, services, working_time
from pipeline.models import Availability, HandOffTerms, Holiday, PublicHoliday
from pipeline.public_holidays import Unknown
from pipeline.queries.availability import hours_of
from pipeline.services.public_holidays import follow_region, keep_followed
from tests.conftest import NOW, Cast, client_of
from users.models import Team

CHRISTMAS, EPIPHANY = date(2026, 12, 25), date(2027, 1, 6)  # the second only in some parts of Germany


def test_days_of_a_country_and_of_a_part_of_it() -> None:
    whole, part = public_holidays.days_of("DE", [2026, 2027]), public_holidays.days_of("DE-BY", [2026, 2027])
    assert whole[CHRISTMAS] == part[CHRISTMAS] == "Christmas Day"
    assert EPIPHANY not in whole and part[EPIPHANY] == "Epiphany"
    with pytest.raises(Unknown, match="Write a country"):
        public_holidays.days_of("XX", [2026])
    with pytest.raises(Unknown, match="BW, BY"):
        public_holidays.days_of("DE-XX", [2026])


def terms(team: Team | None, region: str) -> HandOffTerms:
    return services.save_terms(
        team=team,
        mode="automatic",
        is_offered=True,
        answer_within=4,
        joins_company=True,
        region=region,
        now=NOW,
    )


def hours(user: object, region: str) -> Availability:
    week = ["09:00-17:00"] * 5 + ["", ""]
    return services.save_hours(user=user, week=week, is_paused=False, substitute=None, region=region, now=NOW)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_person_has_their_own_else_their_teams_else_everybody_elses(cast: Cast) -> None:
    assert terms(None, " de ").region == "DE"
    terms(cast.sven.team, "GB-SCT")
    Holiday.objects.create(day=date(2026, 7, 1), name="Founder's day")
    boxing = date(2026, 12, 28)  # in Britain the Monday after
    assert {CHRISTMAS, date(2026, 7, 1)} <= hours_of(cast.rita, now=NOW).holidays
    assert boxing not in hours_of(cast.rita, now=NOW).holidays
    assert boxing in hours_of(cast.sven, now=NOW).holidays
    hours(cast.rita, "DE_by")
    assert EPIPHANY in hours_of(cast.rita, now=NOW).holidays
    assert EPIPHANY not in hours_of(cast.ravi, now=NOW).holidays


@pytest.mark.django_db
def test_no_time_to_answer_runs_on_them(cast: Cast) -> None:
    terms(None, "DE")
    eve = datetime(2026, 12, 24, 14, tzinfo=UTC)  # a Thursday
    due = working_time.later(hours_of(cast.rita, now=eve), eve, timedelta(hours=8))
    cast.rita.refresh_from_db()
    assert due is not None and due.date() == date(2026, 12, 28)


@pytest.mark.django_db
def test_what_is_wrong_is_said_beside_the_field(cast: Cast) -> None:
    for text in ("Germany, the whole of it", "XX", "DE-XX", "預算"):
        with pytest.raises(Refused) as refused:
            follow_region(text, now=NOW)
        assert list(refused.value.fields) == ["region"], text
    assert follow_region("  \0 ", now=NOW) == ""
    assert not PublicHoliday.objects.exists()
    answer = client_of(cast.mona).post(
        reverse("terms"), {"mode": "automatic", "answer_within": "4", "region": "XX"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422 and "We know no holidays of “XX”" in answer.content.decode()
    assert not HandOffTerms.objects.exists()


@pytest.mark.django_db
def test_the_sweep_keeps_the_coming_years_and_forgets_what_nobody_follows(cast: Cast) -> None:
    terms(None, "DE")
    years = sorted({row.day.year for row in PublicHoliday.objects.all()})
    assert years == [NOW.year - 1, NOW.year, NOW.year + 1, NOW.year + 2]
    assert keep_followed(now=NOW) == 0
    assert keep_followed(now=NOW + timedelta(days=366)) == 1
    assert PublicHoliday.objects.filter(day__year=NOW.year + 3).exists()
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    assert keep_followed(now=NOW) == 0
    assert not PublicHoliday.objects.exists()


@pytest.mark.django_db
def test_they_stand_on_the_page(cast: Cast) -> None:
    page = client_of(cast.mona).get(reverse("settings_routing")).content.decode()
    assert "public holiday" not in page.split("None ahead")[0]
    services.save_terms(
        team=None,
        mode="automatic",
        is_offered=True,
        answer_within=4,
        joins_company=True,
        region="SE",
        now=datetime.now(UTC),
    )
    page = client_of(cast.mona).get(reverse("settings_routing")).content.decode()
    assert "Christmas Day" in page and "in the coming year" in page


def off(user: object, day: date) -> bool:
    return day in hours_of(user, now=NOW).holidays  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_single_one_is_taken_back_and_stays_so_when_more_years_are_kept(cast: Cast) -> None:
    terms(None, "DE-BY")
    client = client_of(cast.mona)
    given = {"day": str(EPIPHANY), "name": "Epiphany", "team": cast.rita.team_id, "is_worked": "on"}
    assert client.post(reverse("holiday_new"), given).status_code == 302
    later = NOW + timedelta(days=366)
    for _ in range(2):
        assert [off(one, EPIPHANY) for one in (cast.rita, cast.ravi, cast.sven)] == [False, False, True]
        assert off(cast.rita, CHRISTMAS)
        assert keep_followed(now=later) in (0, 1)
    assert PublicHoliday.objects.filter(day__year=later.year + 2).exists()
    morning = datetime(2027, 1, 6, 8, tzinfo=UTC)  # nine o'clock in Berlin
    for user, ends in ((cast.rita, 6), (cast.sven, 7)):
        due = working_time.later(hours_of(user, now=morning), morning, timedelta(hours=2))
        assert due is not None and due.day == ends
    client.post(reverse("holiday_delete", args=[Holiday.objects.get().pk]))
    assert off(cast.rita, EPIPHANY)


@pytest.mark.django_db
def test_what_a_team_says_of_a_day_goes_before_what_is_said_for_all(cast: Cast) -> None:
    terms(None, "DE-BY")
    services.add_holiday(day=EPIPHANY, name="Epiphany", team=None, is_worked=True)
    services.add_holiday(day=EPIPHANY, name="Epiphany", team=cast.sven.team)
    assert (off(cast.rita, EPIPHANY), off(cast.sven, EPIPHANY), off(cast.mara, EPIPHANY)) == (False, True, False)
    summer = date(2026, 7, 3)
    services.add_holiday(day=summer, name="Summer day", team=cast.sven.team, is_worked=True)
    services.add_holiday(day=summer, name="Summer day", team=None)
    assert (off(cast.rita, summer), off(cast.sven, summer)) == (True, False)
    with pytest.raises(Refused) as refused:
        services.add_holiday(day=summer, name="Again", team=cast.sven.team)
    assert list(refused.value.fields) == ["day"]


@pytest.mark.django_db
def test_the_page_leads_to_taking_one_back_and_says_who_works(cast: Cast) -> None:
    now = datetime.now(UTC)
    day = now.date() + timedelta(days=40)
    PublicHoliday.objects.create(region="XX", day=day, name="Day of <b>& tests")
    client = client_of(cast.mona)
    page = client.get(reverse("settings_routing")).content.decode()
    address = f"{reverse('holiday_new')}?is_worked=on&amp;day={day}&amp;name=Day%20of%20%3Cb%3E%26%20tests"
    assert f'href="{address}"' in page
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert f'value="{day}"' in form and 'value="Day of &lt;b&gt;&amp; tests"' in form and "checked" in form
    assert client.get(reverse("holiday_new"), {"day": "\0" * 90_000, "is_worked": "💥"}).status_code == 200
    services.add_holiday(day=day, name="Day of tests", team=cast.rita.team, is_worked=True)
    assert "worked on by team North" in client.get(reverse("settings_routing")).content.decode()
