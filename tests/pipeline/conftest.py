import pytest

from pipeline import services
from tests.conftest import Cast


@pytest.fixture
def offered(cast: Cast) -> Cast:
    """Reps are asked; they have four working hours to answer."""
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    return cast
