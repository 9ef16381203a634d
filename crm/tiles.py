"""What a dashboard is made of: tiles, each a part of a page that there is, for whoever looks. Pure.

A dashboard is its tiles in their order, as its address writes them ("tiles=forecast.funnel.view-12"); saved and shared
it is a saved view like those of lists.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from users.roles import Can, Role

MOST_TILES = 12
PICTURE, NUMBERS = ":is([data-chart], .blank)", ":is(.tiles, [data-instead])"
_VIEW = re.compile(r"view-([1-9]\d{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """`part` selects what of the page (`url`, a name) is shown."""

    key: str
    label: str
    url: str
    part: str
    needs: Can | None = None
    is_wide: bool = False


TILES = {
    tile.key: tile
    for tile in (
        Tile("today", "Today in numbers", "today", NUMBERS, is_wide=True),
        Tile("forecast", "Forecast with its range", "forecast", PICTURE, is_wide=True),
        Tile("forecast-numbers", "Forecast in numbers", "forecast", NUMBERS, is_wide=True),
        Tile("changes", "What changed in the forecast", "forecast_changes", PICTURE, is_wide=True),
        Tile("accuracy", "How right the forecast was", "forecast_accuracy", PICTURE),
        Tile("leads-through", "What leads will bring", "forecast_leads", PICTURE),
        Tile("funnel", "Funnel step by step", "funnel", PICTURE, Can.SEE_FUNNEL),
        Tile("cohorts", "Cohorts by age", "funnel_cohorts", PICTURE, Can.SEE_FUNNEL, is_wide=True),
        Tile("acceptance", "Hand-offs accepted and rejected", "acceptance", NUMBERS, Can.SEE_FUNNEL, is_wide=True),
        Tile("map", "Opportunities by stage, age and value", "pipeline_map", PICTURE, is_wide=True),
    )
}
STANDARD = {
    Role.REP: ("today", "forecast", "map"),
    Role.MARKETER: ("today", "funnel", "leads-through", "cohorts"),
}
OTHERWISE = ("today", "forecast", "changes", "funnel", "accuracy", "acceptance")


def standard(role: str) -> tuple[str, ...]:
    """What somebody sees who has chosen nothing."""
    return STANDARD.get(Role(role), OTHERWISE)


def parse(given: Mapping[str, str]) -> tuple[str, ...] | None:
    """The tiles of an address, each once; what is no tile is as if it had not been asked. None: it says nothing."""
    if "tiles" not in given:
        return None
    asked = given["tiles"][:2000].split(".")
    return tuple(dict.fromkeys(key for key in asked if key in TILES or _VIEW.fullmatch(key)))[:MOST_TILES]


def written(tiles: Iterable[str]) -> str:
    """As an address writes them."""
    return urlencode({"tiles": ".".join(tiles)})


def view_of(key: str) -> int | None:
    """The saved view whose list a tile shows."""
    found = _VIEW.fullmatch(key)
    return int(found[1]) if found and int(found[1]) < 2**63 else None


def moved(tiles: tuple[str, ...], key: str, by: int) -> tuple[str, ...]:
    """The tiles with one of them so many places on."""
    rest = [tile for tile in tiles if tile != key]
    rest.insert(max(0, min(len(rest), tiles.index(key) + by)), key)
    return tuple(rest)
