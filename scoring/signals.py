"""What `scoring` announces, in the past tense, with ids only."""

from django.dispatch import Signal

contact_qualified = Signal()  # contact_id: whose verdict turned to qualified
definition_activated = Signal()  # definition_id
preview_asked = Signal()  # preview_id: of everybody, too many to be counted at once
back_test_asked = Signal()  # back_test_id
shadow_started = Signal()  # shadow_id
