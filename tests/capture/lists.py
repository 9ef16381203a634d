"""Lists to import, and what is done with them in tests."""

from django.utils import timezone

from capture import services, tasks
from capture.models import Import
from users.models import User

LIST = (
    "First name,Last name,E-mail,Phone,Company,Country,Tags\n"
    "Ada,Nowak,ada@acme.example,+49 30 901820,Acme,Germany,fair\n"
    "Bo,Berg,bo@berg.example,,Berg AG,SE,\n"
    ",,nobody,,,,\n"
    "Ada,Nowak,ADA@acme.example,,,,vip\n"
    "Cy,Cole,,,Cole,Atlantis,\n"
    "Di,Dean,bo@berg.example,+46 8 1234567,,,\n"
    "Ed,East,ed@east.example,,East,,,surplus\n"
)


def upload(content: str | bytes, user: User | None = None, name: str = "list.csv") -> Import:
    data = content.encode() if isinstance(content, str) else content
    user = user or User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    return services.upload(name=name, content=data, started_by=user, now=timezone.now())


def run(of: Import) -> Import:
    assert services.start_import(of, now=timezone.now())
    tasks.run_import(import_id=of.pk)
    of.refresh_from_db()
    return of


def counts(of: Import) -> tuple[int, int, int, int]:
    assert of.done_rows == of.created + of.updated + of.skipped + of.rejected
    return (of.created, of.updated, of.skipped, of.rejected)


def people(count: int) -> str:
    rows = (f"P{n},Person,p{n}@firm{n % 50}.example,Firm {n % 50}" for n in range(count))
    return "First name,Last name,E-mail,Company\n" + "\n".join(rows)


def undo(of: Import) -> Import:
    services.start_undo(of, now=timezone.now())
    tasks.undo_import(import_id=of.pk)
    of.refresh_from_db()
    return of
