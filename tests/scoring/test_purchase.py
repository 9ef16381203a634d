"""The probability of purchase in the product: training, who gets which, and its pages."""

import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from core.errors import Refused
from leads.models import Lifecycle
from leads.services import enter_lifecycle
from scoring import tasks
from scoring.learning.columns import Encoder
from scoring.learning.model import Learned, learn
from scoring.models import Likelihood, ModelState, PurchaseModel
from scoring.queries import features
from scoring.services import learning
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


# --- versions ---


def test_only_one_version_is_trained_at_a_time() -> None:
    first = learning.ask_for_model(now=NOW)
    with pytest.raises(Refused):
        learning.ask_for_model(now=NOW)
    assert first.version == 1


def test_without_a_past_the_base_rate_is_shown_and_nothing_is_stored() -> None:
    factories.contact()
    model = learning.train(learning.ask_for_model(now=NOW).pk, now=NOW)
    assert model is not None
    assert (model.state, model.is_useful, model.content) == (ModelState.ACTIVE, False, None)
    assert model.card["base_rate"] == 0.1
    while learning.say_next(now=NOW) is not None:
        pass
    assert not Likelihood.objects.exists()
    assert learning.train(model.pk, now=NOW) is None  # it was trained already


def test_a_version_that_somebody_trains_is_left_alone_until_they_are_stuck() -> None:
    model = learning.ask_for_model(now=NOW)
    PurchaseModel.objects.filter(pk=model.pk).update(started_at=NOW)
    assert learning.train(model.pk, now=NOW + timedelta(minutes=5)) is None
    assert learning.due(now=NOW + timedelta(minutes=5)) == (None, False)
    assert learning.due(now=NOW + timedelta(minutes=31))[0] == model.pk
    assert learning.train(model.pk, now=NOW + timedelta(minutes=31)) is not None


def test_a_training_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learning.ask_for_model(now=NOW)

    def broken(now: datetime) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(features, "training_rows", broken)
    with pytest.raises(ZeroDivisionError):
        learning.train(model.pk, now=NOW)
    model.refresh_from_db()
    assert model.state == ModelState.FAILED
    assert learning.ask_for_model(now=NOW).version == 2


def past(rows: int = 420) -> features.Known:
    """People who bought when they had talked to us; half of the time of each kind."""
    talked = [n % 4 == 0 for n in range(rows)]
    return features.Known(
        contact_ids=list(range(rows)),
        at=[NOW - timedelta(days=600 - n) for n in range(rows)],
        groups=list(range(rows)),
        frame={
            "talks": [float(1 + n % 5) if t else 0.0 for n, t in enumerate(talked)],
            "age": [float(n % 50) for n in range(rows)],
            "source": ["form" if n % 3 else "card" for n in range(rows)],
            "country": ["DE"] * rows,
            "industry": [None] * rows,
            "size": [None] * rows,
            "level": ["bought it" if t and n % 9 else None for n, t in enumerate(talked)],
        },
        bought=[int(t and n % 12 != 0) for n, t in enumerate(talked)],
    )


def test_what_was_filled_in_after_the_sale_is_left_out_and_the_rest_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "training_rows", lambda now: past())
    model = learning.train(learning.ask_for_model(now=NOW).pk, now=NOW)
    assert model is not None
    assert (model.state, model.is_useful) == (ModelState.ACTIVE, True)
    assert [row[0] for row in model.card["left_out"]] == ["level"]  # it knew the answer
    assert "level" not in [name for name, _ in model.card["features"]]
    assert model.card["log_loss"] < model.card["base_log_loss"]
    learned = learning.unpacked(model.content, model.library)
    assert learned is not None
    assert [column.name for column in learned.encoder.columns] == ["talks", "age", "source"]


@pytest.mark.parametrize(("is_better", "state"), [(True, ModelState.ACTIVE), (False, ModelState.WORSE)])
def test_a_version_takes_over_only_when_it_is_better(
    monkeypatch: pytest.MonkeyPatch, is_better: bool, state: ModelState
) -> None:
    former = in_use()
    learned = Learned(0.3, Encoder(), slope=1.0)
    monkeypatch.setattr(learning, "_teach", lambda known, current, now: ({"auc": 0.8}, learned, is_better))
    model = learning.train(learning.ask_for_model(now=NOW).pk, now=NOW)
    former.refresh_from_db()
    assert model is not None
    assert model.state == state
    assert (model.content is not None) is is_better
    assert former.state == (ModelState.RETIRED if is_better else ModelState.ACTIVE)
    assert (former.content is None) is is_better
    assert PurchaseModel.objects.filter(state=ModelState.ACTIVE).count() == 1


def model_of_talks() -> Learned:
    known = past()
    frame = {"talks": known.frame["talks"]}
    return learn(frame, np.array(known.bought), np.array(known.groups), seed=7)


def in_use(learned: Learned | None = None) -> PurchaseModel:
    learned = learned or model_of_talks()
    content, library = learning.packed(learned)
    card = {"people": 240, "people_won": 50, "base_rate": 0.2, "auc": 0.9}
    return PurchaseModel.objects.create(
        version=1,
        state="active",
        asked_at=NOW,
        trained_at=NOW,
        is_useful=True,
        content=content,
        library=library,
        card=card,
    )


def test_only_what_we_wrote_is_read() -> None:
    content, library = learning.packed(Learned(0.2, Encoder()))
    loaded = learning.unpacked(content, library)
    assert loaded is not None
    assert loaded.base_rate == 0.2
    assert learning.unpacked(content[:-1] + b"x", library) is None
    assert learning.unpacked(content, "0.1") is None
    assert learning.unpacked(None, library) is None


def test_everybody_gets_a_probability_with_reasons_and_only_changes_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning, "RANGE_SIZE", 2)
    contacts = [factories.contact() for _ in range(4)]
    customer = factories.contact()
    enter_lifecycle(customer.pk, Lifecycle.CUSTOMER, now=NOW)
    factories.event(contacts[0], "demo_requested", days_ago=1)
    in_use()
    ranges = 0
    while learning.say_next(now=NOW) is not None:
        ranges += 1
    assert ranges == 3
    said = Likelihood.objects.in_bulk()
    assert set(said) == {contact.pk for contact in contacts}
    assert said[contacts[0].pk].permille > said[contacts[1].pk].permille
    assert said[contacts[0].pk].reasons[0][0] == "talks"
    Likelihood.objects.filter(pk=contacts[1].pk).update(day=1)
    enter_lifecycle(contacts[2].pk, Lifecycle.DISQUALIFIED, now=NOW)
    tomorrow = NOW + timedelta(minutes=1)
    PurchaseModel.objects.update(walked_on=None, walked_to=0)
    while learning.say_next(now=tomorrow) is not None:
        pass
    assert Likelihood.objects.get(pk=contacts[1].pk).day == 1  # said the same: not written again
    assert not Likelihood.objects.filter(pk=contacts[2].pk).exists()


def test_the_sweep_asks_weekly_and_finds_who_has_no_probability_of_today() -> None:
    model_id, walks = learning.due(now=NOW)
    assert model_id is not None
    assert not walks
    PurchaseModel.objects.all().delete()
    in_use()
    factories.contact()
    assert learning.due(now=NOW) == (None, True)
    while learning.say_next(now=NOW) is not None:
        pass
    assert learning.due(now=NOW + timedelta(hours=1)) == (None, False)
    factories.contact()
    assert learning.due(now=NOW + timedelta(hours=1)) == (None, True)
    assert learning.due(now=NOW + timedelta(days=8))[0] is not None


def test_the_task_trains_then_says(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, **ids: asked.append(task.name))
    tasks.train_model(model_id=learning.ask_for_model(now=NOW).pk)
    assert asked == ["scoring.tasks.say_likelihoods"]
    tasks.train_model(model_id=10**12)
    assert len(asked) == 1


# --- pages ---


def test_the_panel_says_percent_base_rate_and_reasons(cast: Cast) -> None:
    contact = factories.contact()
    model = in_use()
    Likelihood.objects.create(
        contact=contact,
        permille=123,
        reasons=[["talks", "3", 120], ["size", "11 to 50", -30]],
        version=model.version,
        day=10,
    )
    page = client_of(cast.rita).get(reverse("contact_likelihood", args=[contact.pk]), headers={"HX-Request": "true"})
    text = page.content.decode()
    assert "<html" not in text
    for words in ("12 %", "20 %", "Times they talked to us in 90 days", "raises it a lot", "lowers it somewhat"):
        assert words in text
    Likelihood.objects.update(version=99)  # said by another version
    assert (
        "Not worked out" in client_of(cast.rita).get(reverse("contact_likelihood", args=[contact.pk])).content.decode()
    )


def test_the_panel_without_a_signal_shows_the_base_rate(cast: Cast) -> None:
    contact = factories.contact()
    url = reverse("contact_likelihood", args=[contact.pk])
    assert "No model has been trained yet" in client_of(cast.rita).get(url).content.decode()
    PurchaseModel.objects.create(
        version=1, state="active", asked_at=NOW, card={"people": 212, "people_won": 9, "base_rate": 0.045}
    )
    page = client_of(cast.rita).get(url).content.decode()
    assert "No useful signal yet: 9 of 212 leads bought; we show the base rate." in page
    assert "4.5 %" in page
    enter_lifecycle(contact.pk, Lifecycle.CUSTOMER, now=NOW)
    assert "a customer already" in client_of(cast.rita).get(url).content.decode()


def test_a_rep_of_another_team_does_not_see_it(cast: Cast) -> None:
    contact = factories.contact(owner=cast.rita)
    url = reverse("contact_likelihood", args=[contact.pk])
    assert client_of(cast.ravi).get(url).status_code == 200
    assert client_of(cast.sven).get(url).status_code == 404
    assert client_of(cast.adam).post(url).status_code == 405


def test_the_model_card(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    url = reverse("purchase_model")
    assert "No model yet" in client_of(cast.vera).get(url).content.decode()
    monkeypatch.setattr(features, "training_rows", lambda now: past())
    learning.train(learning.ask_for_model(now=NOW, actor=cast.mara).pk, now=NOW)
    page = client_of(cast.vera).get(url).content.decode()
    for words in ("Useful: of two leads", "Few buyers", "Level, from the job title", "by itself it ranks", "In use"):
        assert words in page
    assert page.count('class="calibration-point"') == 10
    assert "Train a new version" not in page
    assert "Train a new version" in client_of(cast.mara).get(url).content.decode()


def test_training_is_asked_for_once(cast: Cast) -> None:
    url = reverse("purchase_model_train")
    client = client_of(cast.mara)
    assert client.post(url).status_code == 302
    page = client.post(url, follow=True).content.decode()
    assert "is being trained already" in page
    assert PurchaseModel.objects.count() == 1
    assert client.get(url).status_code == 405
    assert client_of(cast.rita).post(url).status_code == 403
    part = client.get(reverse("purchase_model") + "?part=waiting", headers={"HX-Request": "true"})
    assert "being trained" in part.content.decode()
    PurchaseModel.objects.update(state="failed")
    part = client.get(reverse("purchase_model") + "?part=waiting", headers={"HX-Request": "true"})
    assert part["HX-Refresh"] == "true"


def test_web_processes_never_load_scikit_learn() -> None:
    code = "import crm.wsgi, sys; print([n for n in ('sklearn', 'numpy', 'scipy', 'joblib') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.strip() == "[]"
