import json
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "shared" / "data" / "naughty-strings" / "blns.json"


@pytest.fixture(scope="session")
def naughty() -> list[str]:
    """Strings that have broken software before."""
    if not FILE.exists():
        pytest.skip("the list of naughty strings is not beside this checkout")
    strings = json.loads(FILE.read_text())
    return [*strings, "a\0b", "\ud800", "\u202eabc", "\U0001f600" * 50]
