"""What the Today page shows, by role."""

from crm.queries.manager import ManagerDay, manager_day
from crm.queries.marketer import MarketerDay, marketer_day
from crm.queries.rep import RepDay, rep_day
from crm.queries.start import first_steps

__all__ = ["ManagerDay", "MarketerDay", "RepDay", "first_steps", "manager_day", "marketer_day", "rep_day"]
