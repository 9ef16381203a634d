"""What a list of leads shows: read from an address, and written back into one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from leads import normalise
from leads.vocabulary import Lifecycle, Source

SORTS = ("-score", "score", "-new", "new", "-seen", "seen")
GRADES = ("A", "B", "C", *(letter + digit for letter in "ABC" for digit in "123"))
VIEWS = ("mine", "hot", "week", "nobody")
BIGGEST_ID = 2**63 - 1
TWO_WAY_DAYS = 30


NO_PERSONA = "-"
# what an address may ask of which there is only so much; text finds what it finds
_CHECKED = (
    *("owner", "lifecycle", "source", "tag", "min", "max", "grade"),
    *("excluded", "two_way", "definition", "month", "view"),
)


class Marks(NamedTuple):
    """What the definitions in force call the ids on a Standing: personas and exclusions by id."""

    personas: Mapping[int, str] = {}
    exclusions: Mapping[int, str] = {}


NO_MARKS = Marks()


class NearLine(NamedTuple):
    """The least score that is worth a question: for all, and where the owner's team has a definition of its own."""

    least: int | None
    teams: Mapping[int, int] = {}


class SaysWrong:
    """A filter that keeps what it was asked of which there is nothing: (part, as it was asked)."""

    __slots__ = ()
    wrong: tuple[tuple[str, str], ...]

    @property
    def said_wrong(self) -> str:
        """What is asked that there is not, in words: “tag “nonsense””."""
        return ", ".join(f"{name.replace('_', '-')} “{value}”" for name, value in self.wrong)


def written(asked: str) -> str:
    """What an address asks, as a page can say it; of what cannot be shown a question mark."""
    return normalise.line(asked[:500])[:60] or "?" * bool(asked)


def asked_wrongly(found: object, given: Mapping[str, str], parts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Those parts that an address (`given`) asks and the filter that was read from it (`found`) does not have."""
    asked = ((name, written(given.get(name, ""))) for name in parts)
    return tuple((name, value) for name, value in asked if value and getattr(found, name) in ("", None))


@dataclass(frozen=True, slots=True)
class LeadFilter(SaysWrong):
    """Every part is optional. Of what an address asks wrongly there is nobody: else what is exported or changed for all
    whom it leaves would be everybody.
    """

    q: str = ""
    owner: str = ""  # "mine", "nobody" or an id
    lifecycle: str = ""
    source: str = ""
    tag: int | None = None
    min: int | None = None  # least and greatest score
    max: int | None = None
    grade: str = ""
    persona: str = ""  # the name of one, or NO_PERSONA
    excluded: str = ""  # "yes" or "no": whether the definition keeps them out
    two_way: str = ""  # "30": within so many days
    definition: int | None = None  # the version by which they are judged
    month: str = ""  # created in this UTC month, YYYY-MM
    view: str = ""  # one of VIEWS
    sort: str = "-score"
    wrong: tuple[tuple[str, str], ...] = ()  # (part, as it was asked)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "LeadFilter":
        """The filter of an address's query."""

        def one_of(name: str, known: "tuple[str, ...] | list[str]", default: str = "") -> str:
            value = given.get(name, "")
            return value if value in known else default

        owner = given.get("owner", "")
        found = cls(
            q=normalise.line(given.get("q", "")[:500])[:100],
            owner=owner if owner in {"mine", "nobody"} or number(owner) is not None else "",
            lifecycle=one_of("lifecycle", Lifecycle.values),
            source=one_of("source", Source.values),
            tag=number(given.get("tag", "")),
            min=number(given.get("min", ""), signed=True),
            max=number(given.get("max", ""), signed=True),
            grade=one_of("grade", GRADES),
            persona=normalise.line(given.get("persona", "")[:300])[:60],
            excluded=one_of("excluded", ("yes", "no")),
            two_way=one_of("two_way", (str(TWO_WAY_DAYS),)),
            definition=number(given.get("definition", "")[:9]),
            month=given.get("month", "") if month_range(given.get("month", "")) else "",
            view=one_of("view", VIEWS),
            sort=one_of("sort", SORTS, "-score"),
        )
        wrong = asked_wrongly(found, given, _CHECKED)
        return replace(found, wrong=tuple(pair for pair in wrong if pair != ("view", "all")))

    def query(self, **changes: object) -> str:
        """The address's query with some parts changed; parts that say nothing are left out."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        said = {field.name: getattr(changed, field.name) for field in fields(changed) if field.name != "wrong"}
        said |= {name: value for name, value in changed.wrong if name not in changes}
        return urlencode({key: value for key, value in said.items() if value not in ("", None) and value != "-score"})

    @property
    def is_empty(self) -> bool:
        return replace(self, sort="-score") == LeadFilter()

    @property
    def asks_marks(self) -> bool:
        """Whether it looks at personas or exclusions."""
        return bool(self.persona or self.excluded)

    @property
    def words(self) -> list[str]:
        """What is looked for, as the search column writes it."""
        return normalise.search_text(self.q).split()[:5]


def number(value: str, *, signed: bool = False) -> int | None:
    """A whole number that the database can hold, or none."""
    if not re.fullmatch(r"-?[0-9]{1,19}" if signed else r"[0-9]{1,19}", value, re.ASCII):
        return None
    found = int(value)
    limit = 2**31 - 1 if signed else BIGGEST_ID
    return found if -limit <= found <= limit else None


def month_range(month: str) -> tuple[datetime, datetime] | None:
    """First instants of a UTC month and of the next one; none when it is no month."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month, re.ASCII):
        return None
    year, number_of = int(month[:4]), int(month[5:])
    following = (year + 1, 1) if number_of == 12 else (year, number_of + 1)
    return datetime(year, number_of, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)
