from django.urls import path

from api.views import contacts, docs, events, forecast, funnel, hand_offs, merging, opportunities

urlpatterns = [
    path("schema/", docs.schema, name="api_schema"),
    path("docs/", docs.docs, name="api_docs"),
    path("v1/events", events.Events.as_view(), name="api_events"),
    path("v1/contacts", contacts.Contacts.as_view(), name="api_contacts"),
    path("v1/contacts/<int:pk>", contacts.OneContact.as_view(), name="api_contact"),
    path("v1/contacts/<int:pk>/evidence", contacts.ContactEvidence.as_view(), name="api_evidence"),
    path("v1/contacts/<int:pk>/score", contacts.ContactScore.as_view(), name="api_score"),
    path("v1/contacts/<int:pk>/score/history", contacts.ContactScoreHistory.as_view(), name="api_score_history"),
    path("v1/contacts/<int:pk>/merge", merging.MergeContact.as_view(), name="api_merge"),
    path("v1/contacts/<int:pk>/unmerge", merging.UnmergeContact.as_view(), name="api_unmerge"),
    path("v1/duplicates", merging.Duplicates.as_view(), name="api_duplicates"),
    path("v1/duplicates/<int:pk>", merging.OneDuplicate.as_view(), name="api_duplicate"),
    path("v1/opportunities", opportunities.Opportunities.as_view(), name="api_opportunities"),
    path("v1/opportunities/<int:pk>", opportunities.OneOpportunity.as_view(), name="api_opportunity"),
    path("v1/contacts/<int:pk>/promote", hand_offs.PromoteContact.as_view(), name="api_promote"),
    path("v1/hand-offs", hand_offs.HandOffs.as_view(), name="api_hand_offs"),
    path("v1/hand-offs/<int:pk>", hand_offs.OneHandOff.as_view(), name="api_hand_off"),
    path("v1/hand-offs/<int:pk>/assignment", hand_offs.HandOffAssignment.as_view(), name="api_assignment"),
    path("v1/hand-offs/<int:pk>/accept", hand_offs.AcceptHandOff.as_view(), name="api_hand_off_accept"),
    path("v1/hand-offs/<int:pk>/reject", hand_offs.RejectHandOff.as_view(), name="api_hand_off_reject"),
    path("v1/hand-offs/<int:pk>/undo", hand_offs.UndoHandOff.as_view(), name="api_hand_off_undo"),
    path("v1/forecast", forecast.ForecastNow.as_view(), name="api_forecast"),
    path("v1/forecast/changes", forecast.ForecastChanges.as_view(), name="api_forecast_changes"),
    path("v1/forecast/accuracy", forecast.ForecastAccuracy.as_view(), name="api_forecast_accuracy"),
    path("v1/forecast/leads", forecast.ForecastLeads.as_view(), name="api_forecast_leads"),
    path("v1/funnel", funnel.FunnelNumbers.as_view(), name="api_funnel"),
    path("v1/funnel/cohorts", funnel.FunnelCohorts.as_view(), name="api_funnel_cohorts"),
    path("v1/<path:rest>", docs.nothing_here, name="api_nothing"),
]
