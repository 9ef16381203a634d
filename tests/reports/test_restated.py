"""The past as another definition would have judged it, from a back-test."""

from datetime import date, datetime, timedelta

from django.http import QueryDict

from leads.days import day_of_date
from leads.models import Contact
from reports.queries import Wanted
from reports.queries.restated import back_tests, restatement
from reports.services import refresh_funnel
from scoring.models import BackTest, BackTestPromotion, Definition
from tests.conftest import NOW, Cast, client_of
from tests.reports.leads import JUNE, MAY, lead

MONTHS = [date(2026, 6, 1), date(2026, 5, 1), date(2026, 4, 1)]


def back_test(*people: Contact, first: date = date(2026, 4, 20), done: datetime | None = NOW) -> BackTest:
    definition = Definition.objects.get(status="active")
    test = BackTest.objects.create(
        definition=definition,
        revision=definition.revision,
        first_day=day_of_date(first),
        weeks=8,
        started_at=NOW,
        touched_at=NOW,
        done_at=done,
    )
    for contact in people:
        for is_active in (True, False):
            BackTestPromotion.objects.create(
                back_test=test, contact=contact, is_active=is_active, day=test.first_day + 30
            )
    return test


def test_months_are_restated_as_far_as_the_back_test_looks(cast: Cast) -> None:
    """Two of June and one of May would have qualified; April began before the first week that was judged."""
    people = [lead(now=JUNE), lead(now=JUNE), lead("qualified", now=MAY), lead(now=MAY - timedelta(days=30))]
    lead(now=JUNE)
    refresh_funnel(now=NOW)
    test = back_test(*people)
    found = restatement(Wanted(months=3, restated=test.pk), back_tests(), MONTHS)
    assert found is not None
    assert [found.months[month].count for month in MONTHS] == [2, 1, None]
    for told in found.months.values():
        if told.count:
            wanted = Wanted.parse(QueryDict(told.query))
            assert wanted.people(cast.mara, now=NOW).count() == told.count


def test_only_what_is_finished_is_offered_and_the_newest_of_each(cast: Cast) -> None:
    back_test(done=None)
    assert back_tests() == []
    back_test()
    newest = back_test()
    assert back_tests() == [newest]
    assert restatement(Wanted(restated=newest.pk + 100), back_tests(), MONTHS) is None


def test_the_page_has_the_column_when_it_is_asked_for(cast: Cast) -> None:
    client = client_of(cast.mara)
    person = lead(now=datetime.now(NOW.tzinfo))
    refresh_funnel(now=datetime.now(NOW.tzinfo))
    assert "Past judged" not in client.get("/funnel/").content.decode()
    test = back_test(person)
    assert "Qualified by v" not in client.get("/funnel/").content.decode()
    page = client.get(f"/funnel/?restated={test.pk}").content.decode()
    assert "Qualified by v" in page
    assert f"restated={test.pk}&amp;reached=lead" in page
    assert client.get(f"/funnel/contacts/?months=3&restated={test.pk}").status_code == 200
    for wrong in ("x", "-1", "9" * 40, "%00"):
        assert client.get(f"/funnel/?restated={wrong}").status_code == 404
        assert client.get(f"/funnel/contacts/?restated={wrong}").status_code == 200
