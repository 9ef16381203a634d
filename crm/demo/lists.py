"""Lists that the marketer of the demo brought: one imported, one still waiting for its columns."""

from datetime import datetime, timedelta

from capture import services
from capture.models import Import
from leads.models import Contact, Lifecycle
from users.models import User

FAIR = 14


def bring_lists(midnight: datetime) -> None:
    """Scans of a fair (people known already get its tag; some rows cannot be read), and an export with another job."""
    marketer = User.objects.get(email="marketer@demo.example")
    leads = Contact.objects.filter(standing__lifecycle=Lifecycle.LEAD).exclude(email="").order_by("-pk")
    known = list(leads.select_related("company")[: FAIR + 4])
    rows = [
        f"{one.first_name},{one.last_name},{one.email},,{one.company.name if one.company else ''}"
        for one in known[:FAIR]
    ]
    rows += ["Nobody,Readable,scan failed,,", "Ida,Unknown,,not a number at all and no address either,", ",,,,Booth 12"]
    at = midnight - timedelta(days=3)
    done = _upload("trade fair scans.csv", "First name,Last name,E-mail,Country,Company", rows, marketer, at)
    services.choose_columns(done, mapping=_mapping(done), day_first=False, tag="trade fair")
    services.start_import(done, now=at)
    services.run_import(done.pk, now=at)
    Import.objects.filter(pk=done.pk).update(started_at=at, ended_at=at + timedelta(seconds=2))
    waiting = [f"{one.first_name},{one.last_name},{one.email},Head of planning" for one in known[FAIR:]]
    waiting += ["Ada,Exempel,ada.exempel@demo-newcomer.example,Buyer", "Tom,Broken,tom at broken,Clerk"]
    _upload("export of the old CRM.csv", "First Name,Last Name,Email,Job Title", waiting, marketer, midnight)


def _upload(name: str, header: str, rows: list[str], by: User, at: datetime) -> Import:
    of = services.upload(name=name, content="\n".join([header, *rows]).encode(), started_by=by, now=at)
    Import.objects.filter(pk=of.pk).update(created_at=at)
    return of


def _mapping(of: Import) -> dict[int, str]:
    return {int(number): field for number, field in of.mapping.items()}
