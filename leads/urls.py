from django.urls import path

from leads.views import bulk, company, consent, contact, edit, events, evidence, lists, privacy

urlpatterns = [
    path("leads/", lists.index, name="leads"),
    path("leads/count/", lists.count, name="leads_count"),
    path("leads/bulk/", bulk.bulk, name="leads_bulk"),
    path("leads/undo/<int:pk>/", bulk.undo, name="leads_undo"),
    path("leads/new/", edit.new, name="contact_new"),
    path("leads/tags/", edit.tag_options, name="tag_options"),
    path("leads/<int:pk>/", contact.show, name="contact"),
    path("leads/<int:pk>/head/", contact.head, name="contact_head"),
    path("leads/<int:pk>/facts/", contact.facts, name="contact_facts"),
    path("leads/<int:pk>/timeline/", contact.stream, name="contact_timeline"),
    path("leads/<int:pk>/edit/", edit.change, name="contact_edit"),
    path("leads/<int:pk>/owner/", edit.owner, name="contact_owner"),
    path("leads/<int:pk>/tags/", edit.tag_add, name="contact_tag_add"),
    path("leads/<int:pk>/tags/<int:tag_pk>/remove/", edit.tag_remove, name="contact_tag_remove"),
    path("leads/<int:pk>/disqualify/", edit.disqualify, name="contact_disqualify"),
    path("leads/<int:pk>/consent/", consent.new, name="contact_consent"),
    path("leads/<int:pk>/requalify/", edit.requalify, name="contact_requalify"),
    path("leads/<int:pk>/evidence/<slug:key>/", evidence.new, name="evidence_new"),
    path("leads/<int:pk>/to-do/", contact.todo, name="contact_todo"),
    path("companies/<int:pk>/", company.show, name="company"),
    path("companies/<int:pk>/edit/", company.change, name="company_edit"),
]
    path("events/", events.index, name="events"),
    path("events/count/", events.count, name="events_count"),
    path("events/decide/", events.decide, name="events_decide"),
    path("events/undo/", events.undo, name="events_undo"),
    path("events/rule/", events.rule, name="events_rule"),
    path("events/rule/progress/", events.progress, name="events_progress"),
