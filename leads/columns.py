"""The columns that a list of leads may show; the name always stands first."""

from typing import NamedTuple

MOST = 10


class Column(NamedTuple):
    """One column: its head, the key it sorts by, and its style."""

    key: str
    label: str
    sort: str = ""
    style: str = ""


COLUMNS = (
    Column("lifecycle", "Lifecycle"),
    Column("score", "Score", sort="score"),
    Column("fit", "Fit", style="num"),
    Column("engagement", "Engagement", style="num"),
    Column("criteria", "Criteria"),
    Column("owner", "Owner"),
    Column("company", "Company"),
    Column("job", "Job title"),
    Column("email", "E-mail"),
    Column("phone", "Phone"),
    Column("country", "Country"),
    Column("source", "Source", style="hide-narrow"),
    Column("tags", "Tags", style="hide-narrow"),
    Column("persona", "Persona"),
    Column("two_way", "Two-way", style="num"),
    Column("seen", "Seen", sort="seen", style="num"),
    Column("added", "Added", sort="new", style="num hide-phone"),
)
_STANDARD = ("lifecycle", "score", "criteria", "owner", "source", "tags", "seen", "added")
STANDARD = tuple(column for column in COLUMNS if column.key in _STANDARD)
# beside a page-aside there is less room
NARROW = tuple(column for column in STANDARD if column.key not in ("source", "tags", "added"))


def columns_of(text: str) -> tuple[Column, ...]:
    """The columns that an address or a view names ("owner.seen"), in their own order; none of them is the standard.

    Those that were chosen are shown wherever there is room, and are at most MOST.
    """
    wanted = set(text[:400].split("."))
    chosen = [column for column in COLUMNS if column.key in wanted][:MOST]
    if not chosen or tuple(chosen) == STANDARD:
        return STANDARD
    return tuple(column._replace(style=column.style.removeprefix("hide-narrow")) for column in chosen)


def written(text: str) -> str:
    """The same as an address writes it; nothing for the standard ones."""
    columns = columns_of(text)
    return "" if columns is STANDARD else ".".join(column.key for column in columns)
