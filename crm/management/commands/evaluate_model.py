import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import Refused
from crm.frames import named, read_frame


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
            frame = read_frame(csv, option="csv")
            found = evaluate(
                frame,
                label=named(frame, [options["label"]])[0],
                group=named(frame, options["group"]),
                order=next(iter(named(frame, [options["order"]])), "") if options["order"] else "",
                train_until=options["train_until"],
                exclude=named(frame, options["exclude"]),
                n_folds=folds,
                seed=seed,
                workers=os.cpu_count() or 1,
            )
        except Refused as refused:
            raise CommandError(
                "\n".join(f"--{field.replace('_', '-')}: {text}" for field, text in refused.fields.items())
            ) from None
        self.stdout.write(json.dumps(found.as_dict()))
