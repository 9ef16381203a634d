from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.demo.browser import Failed
from crm.demo.journey import Journey


class Command(BaseCommand):
    help = "Watch a visitor of the running demo become a prospect: every step over HTTP, and what the product did."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="where the demo runs")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        try:
            Journey(url, self.stdout.write).run()
        except Failed as error:
            raise CommandError(str(error)) from None
