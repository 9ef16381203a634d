"""The pieces of hindsight as template tags: {% load report_pieces %}."""

from django import template

from reports.components import forecast

register = template.Library()

register.simple_tag(forecast.forecast_months)
register.simple_tag(forecast.forecast_sellers)
