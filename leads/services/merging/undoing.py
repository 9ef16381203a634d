"""What undoing a merge has to know about the merges around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import locks
from core.errors import Refused, Stale
from leads.merging import AUTOMATIC, FORMER, SURVIVOR, Conflict, Step, Values, taken_back, without
from leads.models import Merge
from leads.services.merging import moving
from users.models import User


class Conflicts(Stale):
    """Fields that the merge changed, and somebody after it: say for each what to do."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = list(conflicts)
        texts = {one.field: "The merge changed this, and somebody after it. Say which value goes where."
                 for one in conflicts}  # fmt: skip
        super().__init__(**texts)


def check_whose(chosen: Mapping[str, str], mine: Values, theirs: Values) -> None:
    """Refuse a choice of a field that neither has, or of nobody's value."""
    errors = {}
    for name, whose in chosen.items():
        if (name not in mine and name not in theirs) or name in AUTOMATIC:
            errors[name] = "This is no field to choose."
        elif whose not in (SURVIVOR, FORMER):
            errors[name] = f"Choose {SURVIVOR} or {FORMER}."
    if errors:
        raise Refused(**errors)


@dataclass(frozen=True, slots=True)
class Plan:
    """What undoing a merge would do: the survivor's values, what goes with the restored, what has to be answered."""

    merge: Merge
    later: list[Merge]
    rewritten: list[tuple[Values, Values]]
    given: Values
    goes: Values
    conflicts: list[Conflict]

    @classmethod
    def of(
        cls,
        merge: Merge,
        later: list[Merge],
        current: Values,
        answers: Mapping[str, str],
        *,
        ask: frozenset[str] = frozenset(),
    ) -> "Plan":
        steps = [Step(one.before, one.after, one.former["values"], one.former["chosen"]) for one in (merge, *later)]
        (would_be, is_), *rewritten = without(steps)
        return cls(merge, later, rewritten, *taken_back(would_be, is_, current, answers, ask=ask))

    def settle(self) -> None:
        """Refuse while something has to be answered."""
        if self.conflicts:
            raise Conflicts(self.conflicts)

    def finish(self, *, now: datetime, by: User | None) -> None:
        """Keep that it is undone, and what the later merges would have found and made without it."""
        for other, (before, after) in zip(self.later, self.rewritten, strict=True):
            other.before, other.after = before, after
            other.save(update_fields=["before", "after"])
        note_undone(self.merge, now=now, by=by)


def check_undoable(merge_id: int) -> tuple[Merge, list[Merge]]:
    """The merge and those into the same survivor that came after it, locked; refused while one of them carries it."""
    found = Merge.objects.filter(pk=merge_id).first()
    if found is None or found.undone_at is not None:
        raise Refused("This merge has been undone already.")
    alike = {"contact": found.contact_id, "company": found.company_id}
    rows = locks.locked(Merge.objects.standing().filter(**alike, pk__gte=merge_id))
    if not rows or rows[0].pk != merge_id:
        raise Refused("This merge has been undone already.")
    merge, later = rows[0], rows[1:]
    for other in later:
        if moving.carries(other, merge):
            raise Refused(f"{other.former_name} was merged itself since. Undo that merge first, then this one.")
        if {image["model"] for image in other.aside} - _OWN:
            raise Refused(f"The later merge with {other.former_name} depends on this one. Undo that one first.")
    return merge, [other for other in later if not moving.carries(merge, other)]


# Of these, everybody has a row, or nobody else's matters: putting one aside says nothing about the merges before.
_OWN = {"leads.standing", "leads.duplicate"}


def note_undone(merge: Merge, *, now: datetime, by: User | None) -> None:
    """Keep that it was, without the values of people who have a record of their own again."""
    merge.undone_at, merge.undone_by = now, by
    merge.former, merge.before, merge.after, merge.moved, merge.aside = {}, {}, {}, {}, []
    merge.save()
