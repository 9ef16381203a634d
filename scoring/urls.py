from django.urls import path

from scoring import views

urlpatterns = [
    path("definition/", views.definition, name="definition"),
    path("leads/<int:pk>/score/", views.score_why, name="score_why"),
]
