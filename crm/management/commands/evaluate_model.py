import json
import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from capture import tables
from core.errors import Refused


class Command(BaseCommand):
    help = (
        "Teaches the model of purchase with a CSV of past records; judges every row by a model that has not seen it. "
        "Prints one JSON line. Log loss in nats; columns that seem to know the answer are named and left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--csv", required=True, type=Path, help="encoding and delimiter are found")
        parser.add_argument("--label", required=True, metavar="COLUMN", help="who was won: yes/no, 1/0, Won/Lost …")
        parser.add_argument(
            "--group",
            nargs="+",
            default=[],
            metavar="COLUMN",
            help="rows equal in these stay together (without: exact copies)",
        )
        parser.add_argument("--order", default="", metavar="COLUMN", help="time: earlier rows judge later ones")
        parser.add_argument(
            "--train-until", default="", metavar="VALUE", help="learn up to this value of --order, test after it"
        )
        parser.add_argument("--exclude", nargs="+", default=[], metavar="COLUMN", help="columns to leave out")
        parser.add_argument("--folds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, csv: Path, folds: int, seed: int, **options: Any) -> None:
        from scoring.learning.evaluation import evaluate  # heavy: loads scikit-learn

        if not 2 <= folds <= 50:
            raise CommandError("--folds: from 2 to 50.")
        try:
            frame = read_frame(csv)
            found = evaluate(
                frame,
                label=_named(frame, [options["label"]])[0],
                group=_named(frame, options["group"]),
                order=next(iter(_named(frame, [options["order"]])), "") if options["order"] else "",
                train_until=options["train_until"],
                exclude=_named(frame, options["exclude"]),
                n_folds=folds,
                seed=seed,
                workers=os.cpu_count() or 1,
            )
        except Refused as refused:
            raise CommandError(
                "\n".join(f"--{field.replace('_', '-')}: {text}" for field, text in refused.fields.items())
            ) from None
        self.stdout.write(json.dumps(found.as_dict()))


def read_frame(path: Path) -> dict[str, list[str | float | None]]:
    """The table's columns by name; short rows are filled up with blanks. Raises Refused naming what is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(csv=f"{path} cannot be read: {error.strerror}.") from None
    text = tables.text_of(content, tables.encoding_of(content))
    rows = [record.cells for record in tables.records(text, tables.delimiter_of(text))]
    if len(rows) < 2:
        raise Refused(csv="This table has no rows below its header.")
    names: list[str] = []
    for number, cell in enumerate(rows[0], 1):
        name = cell or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return {
        name: [cells[place] if place < len(cells) else None for cells in rows[1:]] for place, name in enumerate(names)
    }


def _named(frame: Iterable[str], given: list[str]) -> list[str]:
    """Columns as they are spelt in the table, given one by one or separated by commas, in any case."""
    spelt = {name.strip().lower(): name for name in frame}
    wanted = [
        part
        for item in given
        for part in ([item] if item.strip().lower() in spelt else item.split(","))
        if part.strip()
    ]
    return [spelt.get(name.strip().lower(), name.strip()) for name in wanted]
