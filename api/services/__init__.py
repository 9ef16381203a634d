"""What `api` writes: what a call brings (`calls.py`, `opportunities.py`); what others are told is in `webhooks.py`."""

from api.services.calls import Stored, change, new_contact, store_events
from api.services.opportunities import change_opportunity, move_opportunity, open_opportunity

__all__ = [
    "Stored",
    "change",
    "change_opportunity",
    "move_opportunity",
    "new_contact",
    "open_opportunity",
    "store_events",
]
