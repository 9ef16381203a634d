"""What the forecast is made of: figures that open their list, periods, sellers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.models import Category
from pipeline.periods import Period
from pipeline.queries import Filters
from pipeline.rollup import Rolled
from users.models import User

ZERO = Decimal(0)


@dataclass(slots=True)
class Figure:
    """Opportunities that are counted together, and what the list that shows exactly them is asked."""

    asked: Filters
    more: Mapping[str, str]  # beside what is asked of all
    count: int = 0
    unknown: int = 0  # of them without an amount; not in the sums
    amount: Decimal = ZERO
    weighted: Decimal = ZERO

    @property
    def query(self) -> str:
        """Written when it is shown: of the hundreds of a page few are."""
        return self.asked.query(**self.more)

    def add(self, count: int, known: int, amount: Decimal | None, weighted: Decimal | None) -> None:
        self.count += count
        self.unknown += count - known
        self.amount += amount or ZERO
        self.weighted += weighted or ZERO


@dataclass(frozen=True, slots=True)
class Likely:
    """Four in five simulated futures lie between low and high."""

    low: Decimal
    middle: Decimal
    high: Decimal


@dataclass(slots=True)
class Month:
    """One period (a month, a quarter, a year): what was won in it, and what is open and expected in it."""

    period: Period
    closed: Figure
    open: Figure
    both: Figure  # knows the list of both together, and counts nothing
    is_current: bool = False
    parts: dict[str, Figure] = field(default_factory=dict)  # of what is open, by category
    likely: Likely | None = None
    quota: Decimal | None = None

    @property
    def query(self) -> str:
        """Of both together."""
        return self.both.query

    @property
    def total(self) -> Decimal:
        return self.closed.amount + self.open.weighted

    @property
    def commit(self) -> Figure:
        return self.parts[Category.COMMIT]

    @property
    def best(self) -> Figure:
        return self.parts[Category.BEST]

    @property
    def early(self) -> Figure:
        """What is in the category Pipeline."""
        return self.parts[Category.PIPELINE]

    @property
    def committed(self) -> Decimal:
        """What is closed and what somebody stands for."""
        return self.closed.amount + self.commit.amount


@dataclass(frozen=True, slots=True)
class Call:
    """What a manager makes of a person's or a team's period, of all months together, with the newest note."""

    amount: Decimal
    note: str
    by: str


@dataclass(slots=True)
class Seller:
    """What one owner has in the forecast."""

    owner: User | None
    is_known: bool  # false: somebody who no longer sells
    closed: Figure  # in the current period
    due: Figure  # open, expected in the periods shown
    overdue: Figure
    undated: Figure
    all: Figure  # everything open
    now: Month  # the current period, of this owner alone
    call: Call | None = None

    @property
    def name(self) -> str:
        """As files and the API call them."""
        return str(self.owner) if self.owner else "Nobody" if self.is_known else "Somebody who left"


@dataclass(slots=True)
class Resting:
    """What the ranges rest on."""

    open_deals: int
    closed_deals: int
    at: object


@dataclass(slots=True)
class Forecast:
    """Everything in one currency."""

    currency: str
    currencies: list[tuple[str, int]]  # those that occur, and in how many opportunities; this one's first
    months: list[Month]
    overdue: Figure
    beyond: Figure
    undated: Figure
    omitted: Figure
    all: Figure
    sellers: list[Seller] = field(default_factory=list)
    rolled: Rolled | None = None  # closed and commit of the current period, with the managers' figures beside them
    rests_on: Resting | None = None
    is_together: bool = False  # several currencies in the reporting one
    unrated: list[str] = field(default_factory=list)  # currencies that are not in it, for want of a rate

    @property
    def current(self) -> Month:
        return next(month for month in self.months if month.is_current)

    @property
    def rests(self) -> list[tuple[str, str, Figure]]:
        """What is open and in none of the periods, with the reason."""
        found = [
            ("Overdue", "expected before today and still open", self.overdue),
            ("Later", "expected after the time shown", self.beyond),
            ("No date", "nobody has said when", self.undated),
        ]
        return [*found, ("Omitted", "left out of the forecast", self.omitted)] if self.omitted.count else found
