"""What a reading costs."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def cost(read: Callable[[], object]) -> int:
    """The statements of a reading, in a process and on a connection that have read it before."""
    read()
    with CaptureQueriesContext(connection) as made:
        read()
    return len(made)


def page_cost(client: Client, address: str) -> int:
    """The same of a page, which has to answer."""

    def read() -> None:
        assert client.get(address).status_code == 200

    return cost(read)
