"""What `leads` announces, in the past tense, with ids only. Who listens is in crm/reactions.py."""

from django.dispatch import Signal

engagement_recorded = Signal()  # contact_ids: whose timeline grew
contact_created = Signal()  # contact_ids: who is new, one by one (a batch announces its new ones as changed)
contact_changed = Signal()  # contact_ids: whose properties, tags or company changed
owner_changed = Signal()  # contact_ids: who has another owner, or none any more
contact_disqualified = Signal()  # contact_id: who is out of the race
evidence_recorded = Signal()  # contact_ids: who answered a criterion
consent_changed = Signal()  # contact_ids: who agreed to a purpose or took it back
human_rule_changed = Signal()  # rejudging_id: the run that judges history again
erasure_requested = Signal()  # erasure_id: somebody is to be forgotten
copy_requested = Signal()  # copy_id: somebody wants to know what we hold
