"""The pieces pages are made of: values in, markup (or the context of a template) out. No app is known here."""
