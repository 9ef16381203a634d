from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.demo import build, logins


class Command(BaseCommand):
    help = "Fills the installation with an invented company's year, once, and prints the demo logins."

    def handle(self, *args: Any, **options: Any) -> None:
        if not logins.exist():
            try:
                build.build(now=timezone.now())
            except build.NotPossible as error:
                raise CommandError(str(error)) from None
        self.stdout.write(logins.table())
