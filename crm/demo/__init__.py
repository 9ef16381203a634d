"""Demo data: an invented company's year, made of facts, judged by the real definition, and loaded in bulk."""
