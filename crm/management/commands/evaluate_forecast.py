import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import Refused
from crm.frames import Frame, read_frame

# What columns are called where they come from; the first that is there is taken.
NAMES = {
    "created": [
        "created",
        "created_at",
        "created_date",
        "create_date",
        "engage_date",
        "engaged",
        "open_date",
        "opened",
    ],
    "closed": ["closed", "closed_at", "close_date", "closed_date", "closing_date", "actual_close", "won_date"],
    "stage": ["stage", "deal_stage", "status", "outcome", "result"],
    "amount": ["amount", "close_value", "value", "deal_value", "price", "revenue"],
    "product": ["product", "product_name", "type", "segment"],
}


class Command(BaseCommand):
    help = (
        "Stands on the first day of each past period of a CSV of deals, forecasts what it would bring, and compares. "
        "Columns (found by name, or given): --created (the day a deal was opened), --closed (the day it was won or "
        "lost; blank while open), --stage (Won, Lost, anything else is open), --amount, --product (optional). "
        "One JSON line per period and method, then one per method. Money in the deals' currency, errors in percent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deals", required=True, type=Path, help="any table as text")
        for name in NAMES:
            parser.add_argument(f"--{name}", default="", metavar="COLUMN")
        parser.add_argument(
            "--as-of", default="", metavar="DATE", help="first day that is not known; else after the last"
        )
        parser.add_argument("--period", choices=["month", "quarter"], default="month")
        parser.add_argument(
            "--history", type=int, default=1, help="whole periods with closings before the first judged"
        )
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--runs", type=int, default=2000, help="simulated futures per period")

    def handle(self, *args: Any, deals: Path, **options: Any) -> None:
        from pipeline.backtest import backtest  # loads numpy
        from scoring.learning.columns import day

        if not 100 <= options["runs"] <= 100_000:
            raise CommandError("--runs: from 100 to 100,000.")
        if options["history"] < 1:
            raise CommandError("--history: at least 1.")
        try:
            known = read_deals(read_frame(deals, option="deals"), options)
            last = max(max(deal.closed or 0, deal.created) for deal in known)
            as_of = int(day(options["as_of"]) or 0) if options["as_of"] else last + 1
            if as_of < 1:
                raise Refused(as_of="Give a date as 2026-03-31.")
            records = backtest(
                known,
                as_of=as_of,
                length=1 if options["period"] == "month" else 3,
                history=options["history"],
                seed=options["seed"],
                runs=options["runs"],
            )
            if not any(record.periods for record in records):
                raise Refused(deals="No whole period has deals that ended in it and enough history before it.")
        except Refused as refused:
            wrong = (f"--{field.replace('_', '-')}: {text}" for field, text in refused.fields.items())
            raise CommandError("\n".join(wrong)) from None
        for lines in zip(*(record.periods for record in records), strict=True):
            for line in lines:
                self._write(
                    period=line.period,
                    method=line.method,
                    forecast=line.forecast,
                    p10=line.p10,
                    p50=line.p50,
                    p90=line.p90,
                    actual=line.actual,
                    absolute_percentage_error=line.absolute_percentage_error,
                    covered=line.covered,
                )
        for record in records:
            self._write(method=record.method, periods=len(record.periods), mape=record.mape, coverage=record.coverage)

    def _write(self, **values: object) -> None:
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}
        self.stdout.write(json.dumps(rounded))


def read_deals(frame: Frame, given: dict[str, Any]) -> "list[Any]":
    """The table's deals. Rows without a day of opening count from the day they closed; raises Refused on nonsense."""
    from pipeline.forecast import Deal
    from scoring.learning.columns import day, known, number

    columns = {name: _column(frame, name, str(given.get(name) or "")) for name in NAMES}
    found = []
    for line, (created, closed, stage, amount, product) in enumerate(zip(*columns.values(), strict=True), 2):
        begun, ended = (_day(day(value) if value else None) for value in (known(created), known(closed)))
        word = str(known(stage) or "").lower()
        is_won, is_lost = "won" in word.split(), "lost" in word.split()
        is_over = (is_won or is_lost) and ended is not None
        if begun is None:
            if not is_over:
                continue
            begun = ended
        if is_over and ended is not None and begun is not None and ended < begun:
            raise Refused(closed=f"Line {line}: closed before it was opened. Correct or remove this deal.")
        price = known(amount)
        value = number(price) if price is not None else None
        if value is not None and value < 0:
            raise Refused(amount=f"Line {line}: the amount is below zero. Correct or remove this deal.")
        found.append(Deal(begun or 0, ended if is_over else None, is_won and is_over, value, str(known(product) or "")))
    if not found:
        raise Refused(deals="No row has the day on which the deal was opened, as 2026-03-31.")
    return found


def _day(value: float | None) -> int | None:
    return None if value is None else int(value)


def _column(frame: Frame, name: str, given: str) -> Sequence[str | float | None]:
    spelt = {key.strip().lower().replace(" ", "_"): key for key in frame}
    wanted = [given] if given else NAMES[name]
    for candidate in wanted:
        key = spelt.get(candidate.strip().lower().replace(" ", "_"))
        if key is not None:
            return frame[key]
    if name == "product" and not given:
        return [None] * len(next(iter(frame.values())))
    there = ", ".join(list(frame)[:30])
    raise Refused(**{name: f"There is no column “{given or name}”. Name it with --{name}. There are: {there}."})
