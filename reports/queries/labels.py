"""What the parts of a division are called, and when definitions changed."""

from collections.abc import Collection
from datetime import UTC, date

from capture.models import Form
from leads.models import Source
from pipeline.queries.filters import midnight
from scoring.models import Definition, Persona
from users.models import User

NONE = {
    "channel": "Not known",
    "campaign": "No campaign",
    "form": "No form",
    "owner": "Nobody",
    "persona": "No persona",
    "version": "Before any definition",
}


def labels(by: str, keys: Collection[str]) -> dict[str, str]:
    """By key; who or what is no more keeps its number. One query, or none."""
    named: dict[str, str] = {}
    numbers = [int(key) for key in keys if key.isdigit()]
    if by == "source":
        named = {key: str(label) for key, label in Source.choices}
    elif by == "form":
        named = dict(Form.objects.filter(slug__in=keys).values_list("slug", "title"))
    elif by == "owner":
        named = {str(pk): name for pk, name in User.objects.filter(pk__in=numbers).values_list("pk", "name")}
    elif by == "persona":
        rows = Persona.objects.filter(pk__in=numbers).values_list("pk", "name", "definition__version")
        named = {str(pk): f"{name} (v{version})" for pk, name, version in rows}
    elif by == "version":
        named = {str(row.version): str(row) for row in Definition.objects.filter(version__in=numbers)}
    unknown = {"owner": "Former colleague", "persona": "Former persona"}.get(by, "")
    return {key: named.get(key) or (f"{unknown} {key}".strip() if key else NONE.get(by, "Unknown")) for key in keys}


def activations(months: Collection[date]) -> dict[date, list[str]]:
    """By month: which definition became active on which day. One query."""
    found: dict[date, list[str]] = {}
    rows = Definition.objects.filter(activated_at__gte=midnight(min(months))).order_by("activated_at")
    for version, at in rows.values_list("version", "activated_at"):
        if at is not None:
            day = at.astimezone(UTC).date()
            found.setdefault(day.replace(day=1), []).append(f"v{version} active from {day:%-d %b}")
    return found
