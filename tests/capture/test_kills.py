"""What was answered with 202 is stored, whatever dies meanwhile."""

import json
from threading import Thread

import pytest
from django.db import connection
from django.test import Client

from capture.models import Site
from leads.models import EngagementEvent

CLIENTS, EACH = 3, 25


@pytest.mark.django_db(transaction=True)
def test_no_accepted_event_is_lost_when_the_database_drops_connections() -> None:
    site = Site.objects.create(name="Shop")
    accepted: list[str] = []
    failed: list[int] = []
    stopped: list[bool] = []

    def visit(who: int) -> None:
        client = Client(raise_request_exception=False)
        try:
            for number in range(EACH):
                message = f"message-{who}-{number}"
                told = {"id": message, "kind": "page_view", "props": {"path": "/pricing"}}
                body = {"site": site.write_key, "visitor": f"visitor-000{who}", "events": [told]}
                answer = client.post("/t/collect", json.dumps(body), content_type="text/plain")
                if answer.status_code == 202:
                    accepted.append(message)
                else:
                    failed.append(answer.status_code)
                    connection.close()  # as the next request of a real process finds out by its health check
        finally:
            connection.close()

    def kill() -> None:
        try:
            while not stopped:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND pid <> pg_backend_pid() AND query LIKE '%store_events%' AND backend_type = 'client backend'"
                    )
        finally:
            connection.close()

    visitors = [Thread(target=visit, args=(who,)) for who in range(CLIENTS)]
    killer = Thread(target=kill)
    for thread in [killer, *visitors]:
        thread.start()
    for thread in visitors:
        thread.join()
    stopped.append(True)
    killer.join()
    connection.close()
    stored = set(EngagementEvent.objects.values_list("message_id", flat=True))
    assert failed, "nothing was killed: the test proves nothing"
    assert set(accepted) <= stored
    assert len(accepted) + len(failed) == CLIENTS * EACH
