"""Deals of the past from a table of any system, for `manage.py evaluate_forecast`. Values in, values out."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from capture.rows import has_decimal_comma, is_day_first, read_date, read_number
from core.errors import Refused
from crm.frames import Frame
from pipeline.rates import Deal  # loads numpy
from scoring.learning.cells import Cell, known

# What columns are called where they come from (without “deal” or “opportunity” before it); the first that is there.
NAMES = {
    "created": [
        *("created", "created_at", "created_on", "created_date", "create_date", "creation_date", "date_created"),
        *("engage_date", "engaged", "open_date", "opened", "opened_at", "opened_on", "add_time", "start_date", "start"),
    ],
    "closed": [
        *("closed", "closed_at", "closed_on", "close_date", "closed_date", "closing_date", "date_closed"),
        *("actual_close_date", "actual_close", "close_time", "won_date", "end_date"),
    ],
    "stage": ["stage", "stage_name", "status", "outcome", "result", "state", "won", "is_won"],
    "amount": ["amount", "close_value", "value", "price", "revenue", "size", "total", "total_amount"],
    "product": ["product", "product_name", "type", "segment"],
    "currency": ["currency", "currency_code", "currency_iso_code", "amount_currency"],
    "id": ["id", "opportunity_id", "deal_id", "record_id"],
}
_OPTIONAL = {"product", "currency", "id"}
_WON, _LOST = {"won", "closedwon"}, {"lost", "closedlost"}
_IS_WON, _IS_LOST = {"1", "true", "yes", "win"}, {"0", "false", "no", "loss", "abandoned"}  # alone in their cell
_FIRST = date(1970, 1, 1).toordinal()
_NEARLY = 2  # days at the end of a month that may be without a deal, as weekends are
_ABSURD = 10**15
_NAMED = 3  # lines that are named of each reason


@dataclass
class Read:
    """The deals, and what of the table is not among them: reasons with their lines."""

    deals: list[Deal] = field(default_factory=list)
    left: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def notes(self) -> list[str]:
        """In words, most first."""
        worst = sorted(self.left.items(), key=lambda item: -len(item[1]))
        return [f"{_rows(len(lines))} left out: {reason} ({_lines(lines)})." for reason, lines in worst]


def read_deals(frame: Frame, given: Mapping[str, str], *, today: date) -> Read:
    """The table's deals; `given` names columns, and with `only` the currency. Raises Refused when none can be read."""
    columns = {name: _column(frame, name, given.get(name) or "") for name in NAMES}
    day_first = is_day_first([str(cell or "") for name in ("created", "closed") for cell in columns[name]])
    decimal_comma = has_decimal_comma(str(cell or "") for cell in columns["amount"])
    read = Read()
    kept = _kept(columns, given.get("only") or "", read)
    told = {(given.get(name) or "").strip().lower(): is_won for name, is_won in (("won", True), ("lost", False))}
    told.pop("", None)
    rows = list(zip(*columns.values(), strict=True))
    found = []
    for number in kept:
        deal = _deal(*map(known, rows[number][:5]), day_first=day_first, decimal_comma=decimal_comma, told=told)
        if isinstance(deal, Deal):
            found.append((deal, number + 2))
        else:
            read.left[deal].append(number + 2)
    _in_time(read, found, today)
    if not read.deals:
        raise Refused(deals=" ".join(["No row is a deal that can be used.", *read.notes()[:3]]))
    if all(deal.closed is None for deal in read.deals):
        words = ", ".join(list(dict.fromkeys(str(cell) for cell in columns["stage"] if cell))[:5]) or "blanks only"
        raise Refused(
            stage=f"No deal is over: nothing says Won or Lost with a day. The column says {words}. "
            "Name its words with --won and --lost."
        )
    return read


def whole_until(deals: Sequence[Deal]) -> int:
    """The first day that is not known: after the last one, or the next month's first where only a few days are left."""
    after = date.fromordinal(max(max(deal.closed or 0, deal.created) for deal in deals) + 1)
    begins = (after + timedelta(days=_NEARLY)).replace(day=1)
    return max(after, begins).toordinal()


def _deal(
    begun: Cell,
    ended: Cell,
    word: Cell,
    price: Cell,
    product: Cell,
    *,
    day_first: bool,
    decimal_comma: bool,
    told: Mapping[str, bool],
) -> Deal | str:
    """The deal of a row, or why it is none."""
    created, closed = (_day(cell, day_first) for cell in (begun, ended))
    said = str(word or "").strip()
    result = told.get(said.lower(), _result(said))
    is_over = result is not None
    if (begun is not None and created is None) or (is_over and ended is not None and closed is None):
        return "a date that cannot be read; write it as 2026-03-31"
    if is_over and closed is None:
        return "won or lost, but without the day on which it closed"
    opened = closed if created is None and is_over else created
    if opened is None:
        return "open, but without the day on which it was opened"
    if is_over and closed is not None and closed < opened:
        return "closed before it was opened"
    amount = None if price is None else read_number(_money(str(price)), decimal_comma=decimal_comma)
    if price is not None and (amount is None or not amount.is_finite()):
        return "an amount that is no number"
    if amount is not None and not 0 <= amount < _ABSURD:
        return "an amount below zero, or absurd"
    value = None if amount is None else float(amount)
    return Deal(opened, closed if is_over else None, result is True, value, str(product or ""))


def _in_time(read: Read, found: Sequence[tuple[Deal, int]], today: date) -> None:
    """Keep the deals but those of days before computers, and after today where most are before it: slips of the pen."""
    ends = sorted(deal.closed or deal.created for deal, _ in found)
    limit = today.toordinal() if ends and ends[len(ends) // 2] <= today.toordinal() else date.max.toordinal()
    for deal, line in found:
        if deal.created < _FIRST:
            read.left["a day before 1970"].append(line)
        elif max(deal.closed or 0, deal.created) > limit:
            read.left["opened, won or lost on a day still to come"].append(line)
        else:
            read.deals.append(deal)


def _kept(columns: Mapping[str, Sequence[Cell]], only: str, read: Read) -> list[int]:
    """The rows of one currency, each deal once: the last row of those with the same id."""
    codes = [str(known(cell) or "").upper() for cell in columns["currency"]]
    counts = Counter(code for code in codes if code)
    wanted = only.strip().upper() or (counts.most_common(1)[0][0] if counts else "")
    if only and wanted not in counts:
        there = ", ".join(sorted(counts)[:10]) or "none"
        raise Refused(only=f"No row is in {wanted}. There are: {there}.")
    keys = [known(cell) for cell in columns["id"]]
    last = {key: number for number, key in enumerate(keys) if key is not None}
    kept = []
    for number, (code, key) in enumerate(zip(codes, keys, strict=True)):
        if code and code != wanted:
            read.left[f"in another currency than {wanted}, which --only chooses"].append(number + 2)
        elif key is not None and last[key] != number:
            read.left["the same id as a later row"].append(number + 2)
        else:
            kept.append(number)
    return kept


def _result(text: str) -> bool | None:
    """Won, lost, or open: by the first word that tells."""
    whole = text.strip().lower()
    if whole in _IS_WON or whole in _IS_LOST:
        return whole in _IS_WON
    told = next((word for word in re.findall(r"[a-z]+", whole) if word in _WON or word in _LOST), None)
    return None if told is None else told in _WON


def _day(cell: Cell, day_first: bool) -> int | None:
    """The day's number, of a day or of an instant."""
    if cell is None:
        return None
    text = str(cell)
    found = read_date(text, day_first=day_first)
    return found.toordinal() if found else None


def _money(text: str) -> str:
    """Without the currency's code beside the number."""
    return re.sub(r"^[A-Za-z]{3}\s*|\s*[A-Za-z]{3}$", "", text.strip())


def _column(frame: Frame, name: str, given: str) -> Sequence[Cell]:
    spelt = {_plain(key): key for key in reversed(list(frame))}
    for key in list(spelt):
        spelt.setdefault(re.sub(r"^((deal|opportunity|opp)_)+", "", key), spelt[key])
    found = [spelt[_plain(one)] for one in ([given] if given else NAMES[name]) if _plain(one) in spelt]
    if found and name == "stage":  # a board's column beside what became of the deal
        found.sort(key=lambda key: not any(_result(str(known(cell) or "")) is True for cell in frame[key]))
    if found:
        return frame[found[0]]
    if name in _OPTIONAL and not given:
        return [None] * len(next(iter(frame.values())))
    there = ", ".join(list(frame)[:30])
    raise Refused(**{name: f"There is no column “{given or name}”. Name it with --{name}. There are: {there}."})


def _plain(name: str) -> str:
    """CloseDate, Close Date and close-date are one."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())).strip("_").lower()


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _lines(lines: Sequence[int]) -> str:
    named = ", ".join(str(line) for line in lines[:_NAMED])
    return f"line{'s' if len(lines) > 1 else ''} {named}{', …' if len(lines) > _NAMED else ''}"
