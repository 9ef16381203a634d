"""What `scoring` announces, in the past tense, with ids only."""

from django.dispatch import Signal

contact_qualified = Signal()  # contact_id: whose verdict turned to qualified
definition_activated = Signal()  # definition_id
