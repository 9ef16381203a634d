"""Places of cards in a column: floating-point numbers, ascending, with room in between."""

STEP = 1024.0
LEAST_GAP = 1e-6


def first(top: float | None) -> float:
    """Above the topmost card."""
    return STEP if top is None else top - STEP


def between(above: float, below: float | None) -> float | None:
    """Between two neighbours; none when there is no room left and the column must be spaced anew."""
    if below is None:
        return above + STEP
    middle = (above + below) / 2
    if below - above < LEAST_GAP or not above < middle < below:
        return None
    return middle
