from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from crm import reference


class Command(BaseCommand):
    help = "Makes an installation ready: migrates, collects static files, adds what is missing. May run at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="add demo data once, and print the demo logins")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        reference.ensure()
        if demo:
            call_command("demo_data", stdout=self.stdout)
