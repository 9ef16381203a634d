"""The product as in production, with two bare views beside it for comparison."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from django.conf import settings

settings.ROOT_URLCONF = "crm.bench.urls"

from crm.wsgi import application  # noqa: E402

__all__ = ["application"]
