"""Public holidays of a country (DE) or of a part of it (DE-BY). Pure; loads the library `holidays`: a second.

Only who changes a region and the sweep that keeps the coming years call it; everybody else reads the table.
"""

from collections.abc import Sequence
from datetime import date

LONGEST = 10


class Unknown(ValueError):
    """There is no calendar of this; the text says what there is."""


def days_of(region: str, years: Sequence[int]) -> dict[date, str]:
    """Days and their names; raises Unknown."""
    import holidays  # loads three hundred countries

    country, _, part = region.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise Unknown(
            f"We know no holidays of “{region[:LONGEST]}”. Write a country’s code of two letters, such as DE."
        )
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "none"
        raise Unknown(f"We know no “{part[:LONGEST]}” of {country}. Its parts: {parts}.")
    found = holidays.country_holidays(country, subdiv=part or None, years=list(years), language="en_US")
    return {day: name[:80] for day, name in sorted(found.items())}
