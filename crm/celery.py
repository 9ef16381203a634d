import os

from celery import Celery
from celery.signals import worker_before_create_process

from core.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_before_create_process.connect
def _settle(**_: object) -> None:
    settle()
