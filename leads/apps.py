from django.apps import AppConfig
from django.conf import settings


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from leads import normalise

        normalise.home_country = settings.PHONE_COUNTRY
