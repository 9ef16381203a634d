"""Files beside an opportunity."""

from datetime import datetime

from django.db import transaction

from core.errors import Refused
from pipeline import files
from pipeline.models import OpportunityFile
from pipeline.services.rows import hold_opportunity
from users.models import User


@transaction.atomic
def add_file(*, opportunity_id: int, name: str, content: bytes, actor: User, now: datetime) -> OpportunityFile:
    """Keep a file, also beside what is closed; the version of the card stays: it shows no files."""
    kept = files.name_of(name)
    files.check_size(len(content))
    opportunity = hold_opportunity(opportunity_id, None)
    if OpportunityFile.objects.filter(opportunity=opportunity).count() >= files.MOST:
        raise Refused(file=f"There are {files.MOST} files already. Remove one first.")
    return OpportunityFile.objects.create(
        opportunity=opportunity, name=kept, size=len(content), content=content, added_by=actor, added_at=now
    )


@transaction.atomic
def remove_file(*, opportunity_id: int, file_id: int) -> bool:
    """Gone for good; false when it was."""
    return bool(OpportunityFile.objects.filter(opportunity=opportunity_id, pk=file_id).delete()[0])
