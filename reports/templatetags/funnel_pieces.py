"""The tables of the funnel as template tags: {% load funnel_pieces %}."""

from django import template

from reports.components import funnel

register = template.Library()

for drawn in (funnel.funnel_steps, funnel.funnel_rows, funnel.cohort_rows, funnel.comparison_rows, funnel.cost_rows):
    register.simple_tag(drawn)
register.simple_tag(funnel.days)
