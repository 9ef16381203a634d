import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

application = get_wsgi_application()

# What is loaded now stays for good: the collector need not walk through it again and again, in the middle of a page.
# A page makes thousands of short-lived values, which are gone without it; loops among them wait for the next round.
from django.conf import settings  # noqa: E402

import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 10, 10)
