import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from capture.rows import read_date
from core.errors import Refused
from crm.frames import read_frame

_COLUMNS = ("created", "closed", "stage", "amount", "product", "currency", "id")


class Command(BaseCommand):
    help = (
        "Stands on the first day of each past period of a CSV of deals, forecasts what it would bring, and compares. "
        "Columns (found by name, or given): --created (the day a deal was opened), --closed (the day it was won or "
        "lost; blank, or the day that is expected, while open), --stage (Won, Lost, or the words that --won and --lost "
        "name; anything else is open), --amount, "
        "and if there are such --product, --currency (the most frequent one is judged, or --only that), --id (of rows "
        "with the same one the last counts). Rows that cannot be used are left out: stderr says which and why. "
        "One JSON line per period and method, then one per method. Money in the deals' currency, errors in percent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deals", required=True, type=Path, help="any table as text")
        for name in _COLUMNS:
            parser.add_argument(f"--{name}", default="", metavar="COLUMN")
        for name in ("won", "lost"):
            parser.add_argument(
                f"--{name}",
                default="",
                metavar="WORDS",
                help=f"what --stage says of a {name} deal, where it is another word",
            )
        parser.add_argument("--only", default="", metavar="CODE", help="the currency to judge, where there are several")
        parser.add_argument(
            "--as-of",
            default="",
            metavar="DATE",
            help="first day that is not known; else after the last, or the month's end within two days",
        )
        parser.add_argument("--period", choices=["month", "quarter"], default="month")
        parser.add_argument(
            "--history", type=int, default=1, help="whole periods with closings before the first judged"
        )
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--runs", type=int, default=2000, help="simulated futures per period, at most")

    def handle(self, *args: Any, deals: Path, **options: Any) -> None:
        from crm.deals import read_deals, whole_until  # loads numpy
        from pipeline.backtest import backtest

        if not 100 <= options["runs"] <= 100_000:
            raise CommandError("--runs: from 100 to 100,000.")
        if options["history"] < 1:
            raise CommandError("--history: at least 1.")
        try:
            read = read_deals(read_frame(deals, option="deals"), options, today=timezone.now().date())
            known = read.deals
            asked = read_date(options["as_of"], day_first=True)
            if options["as_of"] and asked is None:
                raise Refused(as_of="Give a date as 2026-03-31.")
            latest = max(whole_until(known), timezone.now().date().toordinal() + 1)
            if asked and asked.toordinal() > latest:
                raise Refused(as_of=f"That day is still to come. Give one up to {date.fromordinal(latest)}.")
            as_of = asked.toordinal() if asked else whole_until(known)
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
        for note in read.notes():
            self.stderr.write(note)
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
