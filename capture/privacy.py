"""What `capture` holds about a person (leads/privacy.py)."""

from leads.privacy import Held

_ANSWERS = ("form__title", "received_at", "status", "answers", "consents", "origin")
_EMPTY = {"answers": {}, "origin": {}, "visitor": ""}

HELD = [
    Held("capture.Submission", "Forms that you filled in", shows=_ANSWERS, blank=_EMPTY, by_address="answers"),
    Held("capture.Submission", "Surveys that we sent you", via="invited", shows=_ANSWERS, blank=_EMPTY),
    Held(
        "capture.ToldTraits",
        "What other programs told us about you",
        via="identity__contact",
        shows=("traits", "updated_at"),
        is_deleted=True,
    ),
    Held("capture.SamePerson", "Names that other programs know you by", via="one__contact", is_deleted=True),
    Held("capture.SamePerson", "Names that other programs know you by", via="other__contact", is_deleted=True),
    Held("capture.ImportedContact", "Lists on which you came", shows=("of__name", "changes"), is_deleted=True),
    Held("capture.UndoConflict", "What stayed of lists", shows=("text",), is_deleted=True),
]
