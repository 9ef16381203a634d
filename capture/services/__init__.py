"""The verbs of `capture`: ways in for facts."""

from capture.services.collecting import collect_events
from capture.services.filling import begin_fill, continue_fill, fills_to_continue
from capture.services.forms import change_form, create_form, discard_draft, publish, revive, save_draft
from capture.services.importing import (
    cancel_import,
    change_about,
    check_mapping,
    choose_columns,
    choose_sheet,
    continue_import,
    forget_uploads,
    rehearse_import,
    run_import,
    run_undo,
    start_import,
    start_undo,
    upload,
)
from capture.services.inviting import (
    claim_invitation,
    drop_invitation,
    give_invitation_back,
    invitation_sent,
    send_form,
    sendable,
    take_back_invitation,
)
from capture.services.noting import forget_notes
from capture.services.review import (
    TO_MAIL,
    claim_mail,
    confirm_submission,
    forget_held,
    give_mail_back,
    mail_sent,
    mark_spam,
    release,
    release_all,
    save_spam_rules,
)
from capture.services.same_person import follow_same_people
from capture.services.setup import open_site, save_site
from capture.services.submissions import Submitted, submit_form
from capture.services.told import apply_waiting

__all__ = [
    "TO_MAIL",
    "Submitted",
    "apply_waiting",
    "begin_fill",
    "cancel_import",
    "change_about",
    "change_form",
    "check_mapping",
    "choose_columns",
    "choose_sheet",
    "claim_invitation",
    "claim_mail",
    "collect_events",
    "confirm_submission",
    "continue_fill",
    "continue_import",
    "create_form",
    "discard_draft",
    "drop_invitation",
    "fills_to_continue",
    "follow_same_people",
    "forget_held",
    "forget_notes",
    "forget_uploads",
    "give_invitation_back",
    "give_mail_back",
    "invitation_sent",
    "mail_sent",
    "mark_spam",
    "open_site",
    "publish",
    "rehearse_import",
    "release",
    "release_all",
    "revive",
    "run_import",
    "run_undo",
    "save_draft",
    "save_site",
    "save_spam_rules",
    "send_form",
    "sendable",
    "start_import",
    "start_undo",
    "submit_form",
    "take_back_invitation",
    "upload",
]
