"""The pieces that pages make of hindsight: values in, markup out. Tags: templatetags/report_pieces.py."""
