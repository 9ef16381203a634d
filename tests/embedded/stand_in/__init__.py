"""What the launcher starts in its own tests: `manage.py`, and `wsgi.py` and `celery.py` of the package `crm`."""
