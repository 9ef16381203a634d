"""What there is to do first where nothing has come in yet, and what of it has been done."""

from dataclasses import dataclass, replace

from capture.models import Import, Site
from leads.models import Contact
from pipeline.models import Opportunity, Quota
from scoring.models import Definition
from users.models import User
from users.roles import Can


@dataclass(frozen=True, slots=True)
class Step:
    """One thing, and the page on which it is done."""

    title: str
    why: str
    page: str  # name of the address
    label: str
    needs: Can
    is_done: bool = False
    is_next: bool = False  # the first that is to be done


def first_steps(user: User, without: type[Contact | Opportunity]) -> list[Step] | None:
    """What this person may do, in the order in which it helps; none once there is one of these. Seven queries."""
    if without._default_manager.exists():
        return None
    steps = [
        Step(
            "Invite your colleagues",
            "Reps get the prospects, marketing brings the leads, each with a Today of their own.",
            "settings_people",
            "People",
            Can.MANAGE_PEOPLE,
            User.objects.get_queryset().filter(is_active=True).exclude(pk=user.pk).exists(),
        ),
        Step(
            "Bring in the leads you have",
            "A list from another system or a spreadsheet; the columns are recognised, and nobody comes twice.",
            "import_new",
            "Import a list",
            Can.IMPORT_LEADS,
            Import.objects.exists() or Contact.objects.exists(),
        ),
        Step(
            "Put the tracker and a form on your site",
            "From then on visits and requests come in by themselves, with where they came from.",
            "settings_tracking",
            "Tracking",
            Can.MANAGE_CAPTURE,
            Site.objects.filter(last_event_at__isnull=False).exists(),
        ),
        Step(
            "Agree on what a prospect is",
            "One definition is at work from the start; change it together before you rely on it.",
            "definition",
            "Definition",
            Can.EDIT_DEFINITION,
            Definition.objects.filter(version__gt=1).exists(),
        ),
        Step(
            "Say what each rep is to win",
            "The forecast then stands beside a quota. Amounts can follow later.",
            "forecast_quotas",
            "Quotas",
            Can.MANAGE_FORECAST,
            Quota.objects.exists(),
        ),
    ]
    mine = [step for step in steps if user.can(step.needs)]
    following = next((step for step in mine if not step.is_done), None)
    return [replace(step, is_next=step is following) for step in mine]
