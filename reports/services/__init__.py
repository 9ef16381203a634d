"""What hindsight keeps up to date, by noun."""

from reports.services.funnel import FACTS, Marks, advanced, refresh_funnel
from reports.services.outlook import refresh_outlook
from reports.services.snapshots import take_snapshot

__all__ = ["FACTS", "Marks", "advanced", "refresh_funnel", "refresh_outlook", "take_snapshot"]
