import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from core.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402

import_module(settings.ROOT_URLCONF)
settle()
