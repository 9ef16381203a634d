"""What every installation starts with: registry, BANT, definition v1, forms and a site, a pipeline."""

import capture.reference
import leads.reference
import pipeline.reference
import scoring.reference


def ensure() -> None:
    """Add what is missing, bottom app first; may run at any time."""
    leads.reference.ensure()
    scoring.reference.ensure()
    capture.reference.ensure()
    pipeline.reference.ensure()
