import django_stubs_ext
from django.apps import AppConfig

# So that ModelAdmin[User] and the like may be written. This app comes first; the scheduler, without apps, needs it not.
django_stubs_ext.monkeypatch()


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from crm import reactions

        reactions.connect()
