"""The pieces that pages make of what happened: values in, markup out. Tags: templatetags/activity_pieces.py."""
