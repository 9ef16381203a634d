"""What `capture` announces, in the past tense, with ids only. Who listens is in crm/reactions.py."""

from django.dispatch import Signal

invitation_made = Signal()  # invitation_id: a form is to be mailed to a contact
confirmation_asked = Signal()  # submission_id: counts once the link in a mail was followed
