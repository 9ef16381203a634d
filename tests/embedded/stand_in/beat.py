from crm.celery import app

__all__ = ["app"]
