"""The team's own fields."""

from leads.custom import Rule
from leads.models import CustomField


def custom_rules(about: str = "contact") -> dict[str, Rule]:
    """What each custom field takes, by its key."""
    return {field.key: field.rule for field in CustomField.objects.filter(about=about)}
