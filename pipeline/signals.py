"""What `pipeline` announces, in the past tense, with ids only."""

from django.dispatch import Signal

opportunity_opened = Signal()  # opportunity_id
opportunity_won = Signal()  # opportunity_id
opportunity_lost = Signal()  # opportunity_id
worth_changed = Signal()  # nothing: the reporting currency is another one, or a rate is gone
hand_off_offered = Signal()  # hand_off_id
hand_off_accepted = Signal()  # hand_off_id
hand_off_rejected = Signal()  # hand_off_id
hand_off_expired = Signal()  # hand_off_id
