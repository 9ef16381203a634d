"""The same people told at the same moment by several programs."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections
from django.utils import timezone

from capture import segment
from capture.models import Site
from capture.services.segment import accept
from capture.sites import KnownSite
from leads.models import Contact, EngagementEvent, Identity

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], None]) -> list[BaseException]:
    failed: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed


def test_eight_programs_tell_of_one_new_person_and_make_one_contact() -> None:
    site = Site.objects.create(name="Backend", is_server=True)
    known, now = KnownSite(site.pk, frozenset(), site.name, True), timezone.now()

    def tell(number: int) -> Callable[[], None]:
        traits = {"email": "lee@acme.example", "title": f"Title {number}"}
        who = segment.Message(
            segment.Type.IDENTIFY, f"i{number}", now, f"u{number % 2}", f"device-{number}", traits=traits
        )
        did = segment.Message(segment.Type.TRACK, f"t{number % 4}", now, f"u{number % 2}", name="Plan Exported")
        batch = segment.Batch("", [(0, who), (1, did)], [])

        def work() -> None:
            assert accept(batch, site=known, agent="", now=now).refused == []

        return work

    assert at_once(*(tell(number) for number in range(8))) == []
    contact = Contact.objects.get()
    assert Identity.objects.filter(contact=contact, kind="anonymous").count() == 8
    assert Identity.objects.filter(contact=contact, kind="user_id").count() == 2
    assert EngagementEvent.objects.filter(contact=contact).count() == 4
