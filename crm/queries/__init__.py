"""What the Today page shows, by role."""

from crm.queries.manager import ManagerDay, manager_day
from crm.queries.marketer import MarketerDay, marketer_day
from crm.queries.rep import RepDay, rep_day

__all__ = ["ManagerDay", "MarketerDay", "RepDay", "manager_day", "marketer_day", "rep_day"]
