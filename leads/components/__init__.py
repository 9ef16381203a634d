"""The pieces that pages make of contacts: values in, markup out. Tags: leads/templatetags/lead_pieces.py."""
