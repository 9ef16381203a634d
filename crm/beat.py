"""The scheduler's own Celery: it knows what is due and where it is queued, not what is done, and loads no models."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm", fixups=[], set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
