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
        scoring.add_argument("--sizes", help="numbers of contacts with 20 events each, for the growth: 100000,300000")
        ingest = what.add_parser("ingest", help="events and leads over HTTP, with worker and scheduler")
        ingest.add_argument("--contacts", type=int, default=20_000)
        ingest.add_argument("--events", type=int, default=200_000)
        ingest.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
        imports = what.add_parser("import", help="lists of people, new, updating and undone")
        imports.add_argument("--rows", type=int, default=100_000)
        doubles = what.add_parser("duplicates", help="the look for people who are in here twice")
        doubles.add_argument("--contacts", type=int, default=300_000)
        pages = what.add_parser("pages", help="the pages over HTTP, and their SQL")
        pages.add_argument("--contacts", type=int, default=100_000)
        pages.add_argument("--events", type=int, default=1_000_000)
        pages.add_argument("--opportunities", type=int, default=25_000)
        pages.add_argument("--open-opportunities", type=int, default=5_000)
        pages.add_argument("--users", type=int, default=20, help="reps, in teams of five")

    def handle(self, *args: Any, what: str, contacts: int = 1000, events: int = 10_000, **options: Any) -> None:
        if contacts < 1000 or events < 10_000:
            raise CommandError("Use at least 1,000 contacts and 10,000 events; less says nothing.")
        if what == "import":
            from crm.bench import imports

            if options["rows"] < 1000:
                raise CommandError("Use at least 1,000 rows; less says nothing.")
            imports.run(rows=options["rows"])
        elif what == "duplicates":
            from crm.bench import duplicates

            duplicates.run(contacts=contacts)
        elif what == "ingest":
            from crm.bench import ingest

            ingest.run(contacts=contacts, events=events, seconds=options["seconds"])
        elif what == "scoring":
            from crm.bench import scoring

            scoring.run(_sizes(options["sizes"]) or [(contacts, events)])
        else:
            from crm.bench import pages

            pages.run(
                contacts=contacts,
                events=events,
                opportunities=options["opportunities"],
                open_opportunities=options["open_opportunities"],
                users=options["users"],
            )


def _sizes(text: str | None) -> list[tuple[int, int]]:
    """(contacts, events) of each size."""
    try:
        numbers = [int(part) for part in (text or "").split(",") if part]
    except ValueError:
        raise CommandError("Give sizes as numbers with commas: --sizes 100000,300000,1000000") from None
    if any(number < 1000 for number in numbers):
        raise CommandError("Use at least 1,000 contacts; less says nothing.")
    return [(number, 20 * number) for number in numbers]
