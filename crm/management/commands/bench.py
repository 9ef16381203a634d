from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Measures against the physical limit of the same run; prints one JSON line per figure; cleans up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        scoring = what.add_parser("scoring", help="the judgement")
        scoring.add_argument("--contacts", type=int, default=100_000)
        scoring.add_argument("--events", type=int, default=2_000_000)
        pages = what.add_parser("pages", help="the pages over HTTP, and their SQL")
        pages.add_argument("--contacts", type=int, default=100_000)
        pages.add_argument("--events", type=int, default=1_000_000)
        pages.add_argument("--opportunities", type=int, default=25_000)
        pages.add_argument("--open-opportunities", type=int, default=5_000)

    def handle(self, *args: Any, what: str, contacts: int, events: int, **options: Any) -> None:
        if contacts < 1000 or events < 10_000:
            raise CommandError("Use at least 1,000 contacts and 10,000 events; less says nothing.")
        if what == "scoring":
            from crm.bench import scoring

            scoring.run(contacts=contacts, events=events)
        else:
            from crm.bench import pages

            pages.run(
                contacts=contacts,
                events=events,
                opportunities=options["opportunities"],
                open_opportunities=options["open_opportunities"],
            )
