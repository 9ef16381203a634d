"""What `api` writes: what a call brings (`calls.py`), and what other programs are told (`webhooks.py`)."""

from api.services.calls import Stored, change, new_contact, store_events

__all__ = ["Stored", "change", "new_contact", "store_events"]
