"""What `scoring` announces, in the past tense, with ids only."""

from django.dispatch import Signal

contact_qualified = Signal()  # contact_id: whose verdict turned to qualified
judgement_changed = Signal()  # contact_ids: whose score or verdict is another one since their facts changed
definition_activated = Signal()  # definition_id
preview_asked = Signal()  # preview_id: of everybody, too many to be counted at once
back_test_asked = Signal()  # back_test_id
load_trial_asked = Signal()  # load_trial_id
shadow_started = Signal()  # shadow_id
