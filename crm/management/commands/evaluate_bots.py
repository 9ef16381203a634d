import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.human import LINE, Rule, clean_agent, judge


class Command(BaseCommand):
    help = (
        "How many labelled user agents are told right: a file of lines “bot<TAB>agent” and “browser<TAB>agent”. "
        "Prints one JSON line; --list shows the wrong ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", action="store_true", dest="shows")

    def handle(self, *args: Any, file: Path, shows: bool, **options: Any) -> None:
        try:
            lines = file.read_text("utf-8", "replace").splitlines()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        labelled = [line.split("\t", 1) for line in lines if "\t" in line]
        counts = {"bot": [0, 0], "browser": [0, 0]}  # label -> [quarantined, all]
        taken = 0.0
        judge("warm up", (), Rule())
        for label, agent in labelled:
            if label not in counts:
                raise CommandError(f"A line starts with “{label[:40]}”. Write bot or browser.")
            start = time.perf_counter()
            is_held = judge(clean_agent(agent), (), Rule()).is_quarantined
            taken += time.perf_counter() - start
            counts[label][0] += is_held
            counts[label][1] += 1
            if shows and is_held != (label == "bot"):
                self.stderr.write(f"{label}\t{agent}")
        if not counts["bot"][1] or not counts["browser"][1]:
            raise CommandError("There are no labelled agents of both sorts in this file.")
        (caught, bots), (wrong, browsers) = counts["bot"], counts["browser"]
        figures = {
            "line": LINE,
            "bots": bots,
            "bots_caught": caught,
            "share_of_bots": round(caught / bots, 4),
            "browsers": browsers,
            "browsers_wrongly_caught": wrong,
            "share_of_browsers": round(wrong / browsers, 4),
            "microseconds_an_agent": round(1e6 * taken / (bots + browsers)),
        }
        self.stdout.write(json.dumps(figures))
