"""What hindsight keeps up to date, by noun."""

from reports.services.costs import remove_cost, set_cost, take_costs
from reports.services.funnel import Marks, Proof, advanced, prove_funnel, refresh_funnel
from reports.services.outlook import refresh_outlook
from reports.services.snapshots import take_snapshot

__all__ = [
    "Marks",
    "Proof",
    "advanced",
    "prove_funnel",
    "refresh_funnel",
    "refresh_outlook",
    "remove_cost",
    "set_cost",
    "take_costs",
    "take_snapshot",
]
