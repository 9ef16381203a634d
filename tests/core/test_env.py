"""Numbers from the environment stay within their limits, or the start stops with a sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from core import env


def test_a_number_within_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FISCAL_YEAR_START", " 4 ")
    assert env.number("FISCAL_YEAR_START", 1, least=1, most=12) == 4
    monkeypatch.setenv("FISCAL_YEAR_START", "")
    assert env.number("FISCAL_YEAR_START", 1, least=1, most=12) == 1
    for wrong in ("0", "13", "April", "4.5"):
        monkeypatch.setenv("FISCAL_YEAR_START", wrong)
        with pytest.raises(ImproperlyConfigured, match="FISCAL_YEAR_START"):
            env.number("FISCAL_YEAR_START", 1, least=1, most=12)
