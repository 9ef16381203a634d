from collections.abc import Iterator

import pytest

from capture import sites
from capture.services import collecting, noting


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
