from collections.abc import Iterator

import pytest
from django.test import Client

from capture import sites
from capture.services import collecting, noting
from tests.capture.making import BROWSER


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What the collector remembers in the process is forgotten between tests."""
    sites.forget()
    collecting._noted.clear()
    noting.forget()
    yield
    sites.forget()
    collecting._noted.clear()
    noting.forget()


@pytest.fixture
def client() -> Client:
    """Somebody's browser: what names none is held as a program."""
    return Client(headers={"user-agent": BROWSER})
