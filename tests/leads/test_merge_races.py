"""What others do in the very moment in which two contacts become one: nothing is lost, nobody sees an error."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse
from rest_framework.test import APIClient

from activities.models import Activity
from core.errors import Refused
from leads.models import Contact, EngagementEvent, Identity, Merge, Standing, Tag
from leads.services import (
    NewEvent,
    assign_owner,
    change_contact,
    link_identity,
    merge_contacts,
    record_events,
    unmerge_contacts,
)
from leads.services.merging import moving
from tests import factories
from tests.conftest import NOW, Cast, client_of
from users.models import Token

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(days=1)


def _start(work: Callable[[], Any], failed: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def at_once(*works: Callable[[], Any]) -> list[BaseException]:
    """What went wrong when all of them began together."""
    failed: list[BaseException] = []
    start = threading.Barrier(len(works))

    def together(work: Callable[[], Any]) -> None:
        start.wait(30)
        work()

    threads = [_start(lambda work=work: together(work), failed) for work in works]  # type: ignore[misc]
    for thread in threads:
        thread.join(120)
    return failed


@pytest.fixture
def amid(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[BaseException]]:
    """Begin works while a merge has its locks: before it moves anything (`early`), or when all has moved but the end.

    It goes on as soon as they wait for it or are done.
    """

    def run(merge: Callable[[], Any], *works: Callable[[], Any], early: bool = False) -> list[BaseException]:
        failed: list[BaseException] = []
        threads: list[threading.Thread] = []
        give = moving.give

        def disturbed(*args: Any, **kwargs: Any) -> Any:
            def others() -> None:
                if not threads:
                    threads.extend(_start(work, failed) for work in works)
                    time.sleep(0.7)

            if early:
                others()
            given = give(*args, **kwargs)
            if not early:
                others()
            return given

        monkeypatch.setattr(moving, "give", disturbed)
        merger = _start(merge, failed)
        merger.join(120)
        assert threads, failed
        for thread in threads:
            thread.join(120)
        return failed

    return run


def _pair(cast: Cast) -> tuple[Contact, Contact]:
    kept = factories.contact(first_name="Jane", last_name="Doe", email="jane@acme.example", owner=None)
    gone = factories.contact(first_name="J.", last_name="Doe", email="j.doe@acme.example", phone="+49 30 123456")
    Standing.objects.filter(pk__in=[kept.pk, gone.pk]).update(owner=cast.rita)
    return kept, gone


def _merging(kept: Contact, gone: Contact) -> Callable[[], Merge]:
    return lambda: merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)


def _seen(identity: tuple[str, str], number: int) -> NewEvent:
    return NewEvent(
        kind="page_view", identity=identity, occurred_at=NOW, source="race", message_id=f"r{number}", properties={}
    )


def test_the_same_two_merged_four_times_in_both_directions_are_merged_once(cast: Cast) -> None:
    kept, gone = _pair(cast)
    works = [_merging(kept, gone), _merging(gone, kept)] * 2
    failed = at_once(*works)
    assert [type(error) for error in failed] == [Refused] * 3, failed
    merge = Merge.objects.get()
    assert Contact.objects.get().pk == merge.contact_id
    assert set(Identity.objects.values_list("contact", flat=True)) == {merge.contact_id}
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert set(Contact.objects.values_list("pk", flat=True)) == {kept.pk, gone.pk}


def test_a_ring_of_merges_leaves_one_and_no_deadlock(cast: Cast) -> None:
    people = [factories.contact() for _ in range(3)]
    a, b, c = people
    failed = at_once(_merging(a, b), _merging(b, c), _merging(c, a))
    assert {type(error) for error in failed} <= {Refused}, failed
    assert Contact.objects.count() + Merge.objects.count() == 3
    assert set(Identity.objects.values_list("contact", flat=True)) == set(Contact.objects.values_list("pk", flat=True))


def test_events_under_both_addresses_while_they_are_merged_and_taken_apart(cast: Cast) -> None:
    kept, gone = _pair(cast)
    addresses = [("email", kept.email), ("email", gone.email)]

    def arrive(offset: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(15):
                record_events([_seen(addresses[(number + offset) % 2], offset * 100 + number)], now=NOW)

        return work

    def there_and_back() -> None:
        for _ in range(3):
            merge = _merging(kept, gone)()
            unmerge_contacts(merge_id=merge.pk, now=LATER)

    assert at_once(there_and_back, arrive(0), arrive(1)) == []
    assert EngagementEvent.objects.filter(source="race").count() == 30
    owners = dict(Identity.objects.filter(kind="email").values_list("value", "contact"))
    assert owners == {kept.email: kept.pk, gone.email: gone.pk}
    rows = EngagementEvent.objects.values_list("identity__value", "contact")
    assert all(owners[value] == contact for value, contact in rows)


@pytest.mark.parametrize("early", [True, False])
def test_an_identity_that_becomes_the_formers_in_that_moment_is_the_survivors(
    cast: Cast, amid: Callable[..., list[BaseException]], early: bool
) -> None:
    kept, gone = _pair(cast)
    visitor = ("anonymous", "visitor-1")
    record_events([_seen(visitor, 1), _seen(("email", gone.email), 2)], now=NOW)
    works = [
        lambda: link_identity(kind="anonymous", value="visitor-1", contact=gone),
        lambda: record_events([_seen(visitor, 3), _seen(("email", gone.email), 4)], now=NOW),
    ]
    assert amid(_merging(kept, gone), *works, early=early) == []
    assert set(Identity.objects.values_list("contact", flat=True)) == {kept.pk}
    assert sorted(EngagementEvent.objects.values_list("message_id", "contact")) == [
        (f"r{number}", kept.pk) for number in range(1, 5)
    ]


@pytest.mark.parametrize("early", [True, False])
def test_what_is_added_to_the_former_in_that_moment_is_the_survivors(
    cast: Cast, amid: Callable[..., list[BaseException]], early: bool
) -> None:
    kept, gone = _pair(cast)
    answers: dict[str, int] = {}
    browser, program = client_of(cast.rita), APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {Token.issue(user=cast.rita, name='race')[1]}")

    def note() -> None:
        url = reverse("activity_new", args=[gone.pk, "note"])
        answers["note"] = browser.post(
            url, {"body": "Wants a demo", "nonce": "once", "at": "2026-06-15T12:00"}
        ).status_code

    def told() -> None:
        url = f"/api/v1/contacts/{gone.pk}"
        answers["told"] = program.patch(url, {"job_title": "Buyer"}, format="json").status_code

    works = [note, told]
    assert amid(_merging(kept, gone), *works, early=early) == []
    assert answers == {"note": 302, "told": 200}
    assert Activity.objects.get(kind="note").contact_id == kept.pk
    assert Contact.objects.values_list("pk", "job_title").get() == (kept.pk, "Buyer")


@pytest.mark.parametrize("early", [True, False])
def test_a_tag_and_an_owner_given_to_the_former_in_that_moment_are_the_survivors(
    cast: Cast, amid: Callable[..., list[BaseException]], early: bool
) -> None:
    kept, gone = _pair(cast)
    browser = client_of(cast.rita)
    answers: list[int] = []

    def tag() -> None:
        answers.append(browser.post(reverse("contact_tag_add", args=[gone.pk]), {"tag": "Trade fair"}).status_code)

    assert amid(_merging(kept, gone), tag, lambda: assign_owner([gone.pk], cast.ravi), early=early) == []
    assert answers == [302]
    standing = Standing.objects.get()
    assert (standing.pk, standing.tag_ids, standing.owner) == (
        kept.pk,
        [Tag.objects.get(name="Trade fair").pk],
        cast.ravi,
    )


def test_a_change_of_the_former_and_its_merge_do_not_wait_for_each_other(cast: Cast) -> None:
    kept, gone = _pair(cast)
    done: list[str] = []

    def change() -> None:
        for number in range(8):
            try:
                change_contact(Contact(pk=gone.pk), job_title=f"Title {number}", email=gone.email)
                done.append(f"Title {number}")
            except Contact.DoesNotExist:
                return

    start = time.monotonic()
    assert at_once(change, _merging(kept, gone)) == []
    assert time.monotonic() - start < 60
    kept.refresh_from_db()
    assert kept.job_title == (done[-1] if done else "")


def test_companies_merged_both_ways_at_once() -> None:
    from leads.models import Company
    from leads.services import merge_companies

    a, b = (factories.contact(company_name=name).company for name in ("Acme", "Acme Europe"))
    assert a
    assert b
    failed = at_once(
        lambda: merge_companies(survivor_id=a.pk, former_id=b.pk, now=LATER),
        lambda: merge_companies(survivor_id=b.pk, former_id=a.pk, now=LATER),
    )
    assert [type(error) for error in failed] == [Refused], failed
    assert Company.objects.count() == 1
    assert Contact.objects.filter(company=Company.objects.get()).count() == 2
