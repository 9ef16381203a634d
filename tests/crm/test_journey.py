"""The demo's journey tells what was late apart from what is lost."""

from typing import Any

import pytest

from crm.demo import journey as module
from crm.demo.browser import Failed
from crm.demo.journey import Journey


class Played(Journey):
    """Every step happens at once, without a product behind it."""

    def run_step(self) -> None:
        with self._step("Something happens") as tell:
            tell("It did.")

    _sign_in = _look_around = _fill_in_form = _come_back = _take_over = _reply = run_step

    def _forecast(self) -> int:
        return 0

    def _answer(self) -> int:
        return 7

    def _see_card(self, opportunity: int) -> None: ...

    def _amount(self, opportunity: int, before: int) -> None: ...

    def _give_back_token(self) -> None: ...


def test_a_slow_step_does_not_stop_the_story_and_is_told_at_the_end() -> None:
    said: list[str] = []
    with pytest.raises(Failed, match=r"All of it happened, but not within 0 s each: step 1 \(Something happens\)"):
        Played("http://demo.example", said.append, limit=0).run()
    assert said[-1] == "The whole story: http://demo.example/leads/0/"
    assert sum("Something happens" in line for line in said) == 6


def test_steps_in_time_end_without_complaint() -> None:
    said: list[str] = []
    Played("http://demo.example", said.append).run()
    assert said[-1] == "The whole story: http://demo.example/leads/0/"


def test_what_never_comes_fails_the_step(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    said: list[str] = []
    with pytest.raises(Failed, match="The new score did not come within 0 s"):
        Played("http://demo.example", said.append, limit=0)._wait("The new score", lambda: None)
