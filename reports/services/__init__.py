"""What hindsight keeps up to date, by noun."""

from reports.services.funnel import FACTS, Marks, advanced, refresh_funnel

__all__ = ["FACTS", "Marks", "advanced", "refresh_funnel"]
