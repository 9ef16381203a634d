"""Managers' figures stand beside what the deals say, and roll up."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rollup import Own, roll_up


def own(key: str, team: str | None, original: int, called: int | None = None) -> Own:
    return Own(key, team, Decimal(original), None if called is None else Decimal(called))


def test_from_people_to_teams_to_all() -> None:
    people = [
        own("rita", "north", 100),
        own("ravi", "north", 50, called=30),
        own("sven", "south", 70),
        own("x", None, 5),
    ]
    found: Any = roll_up(people, {})
    assert {team: (one.original, one.adjusted, one.is_adjusted) for team, one in found.teams.items()} == {
        "north": (150, 130, True),
        "south": (70, 70, False),
        None: (5, 5, False),
    }
    assert (found.all.original, found.all.adjusted, found.all.is_adjusted) == (225, 205, True)


def test_the_figure_of_a_team_stands_for_all_its_people() -> None:
    people = [own("rita", "north", 100), own("ravi", "north", 50, called=30), own("sven", "south", 70)]
    found: Any = roll_up(people, {"north": Decimal(90)})
    assert (found.teams["north"].original, found.teams["north"].adjusted) == (150, 90)
    assert (found.all.original, found.all.adjusted) == (220, 160)


def test_a_team_of_which_nobody_has_a_deal() -> None:
    found: Any = roll_up([], {"east": Decimal(10)})
    assert (found.all.original, found.all.adjusted) == (0, 10)


AMOUNTS = st.decimals(0, 10**9, places=2)


@given(
    st.lists(st.builds(Own, st.integers(), st.none() | st.integers(1, 3), AMOUNTS, st.none() | AMOUNTS)),
    st.dictionaries(st.integers(1, 3), AMOUNTS),
)
def test_the_sums_are_those_of_the_teams(people: list[Own], calls: dict[int, Decimal]) -> None:
    found: Any = roll_up(people, calls)  # type: ignore[arg-type]
    assert found.all.original == sum(one.original for one in people)
    assert found.all.adjusted == sum(one.adjusted for one in found.teams.values())
