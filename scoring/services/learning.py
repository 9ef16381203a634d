"""The probability of purchase: taught, kept when it is better, said of everybody. Only workers load scikit-learn."""

import hmac
import io
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from core.errors import Refused
from leads.days import day_of
from leads.models import Standing
from scoring import purchase
from scoring.models import Likelihood, ModelState, PurchaseModel
from scoring.queries import features
from users.models import User

if TYPE_CHECKING:
    from scoring.learning.model import Learned

SEED = 7
RANGE_SIZE = 4000
HELD_OUT = 4  # the newest quarter judges what the earlier three taught
STUCK_AFTER = timedelta(minutes=30)
LIVES_FOR = timedelta(days=7)
QUIET_FOR = timedelta(minutes=3)  # as long as ranges are being written nobody else needs to start
_REASONS = 4


def ask_for_model(*, now: datetime, actor: User | None = None) -> PurchaseModel:
    """Have a new version trained in the background; only one at a time."""
    newest = PurchaseModel.objects.order_by("-version").values_list("version", flat=True).first() or 0
    try:
        with transaction.atomic():
            return PurchaseModel.objects.create(version=newest + 1, asked_at=now, asked_by=actor)
    except IntegrityError:
        raise Refused("A version is being trained already. It will be here in a few minutes.") from None


def train(model_id: int, *, now: datetime) -> PurchaseModel | None:
    """Teach a version with the past and put it in use if it is better on time it has not seen. Safe to repeat.

    What is in use is the very model that was measured, so nobody has to believe that another one is as good.
    """
    is_mine = (
        PurchaseModel.objects.filter(pk=model_id, state=ModelState.ASKED)
        .exclude(started_at__gt=now - STUCK_AFTER)
        .update(started_at=now)
    )
    if not is_mine:
        return None
    try:
        known = features.training_rows(now)
        card, learned, said = _teach(known, _model_in_use(), now)
    except Exception as error:
        PurchaseModel.objects.filter(pk=model_id).update(
            state=ModelState.FAILED, trained_at=now, card={"error": type(error).__name__}
        )
        raise
    return _keep(model_id, card, learned, is_better=said, now=now)


def _teach(
    known: features.Known, current: "Learned | None", now: datetime
) -> tuple[dict[str, Any], "Learned | None", bool]:
    """The card, the model when it has a signal, and whether it does better than the one in use.

    The earlier three quarters teach. Figures come from models that knew neither the newest quarter nor the companies
    they judge; the model and the one in use are compared on that quarter, which neither has seen.
    """
    import numpy as np

    from scoring.learning import card
    from scoring.learning.cells import read_once, take
    from scoring.learning.leaks import suspects
    from scoring.learning.model import learn

    facts = _counts(known, now)
    late_from = len(known) - len(known) // HELD_OUT
    if late_from in {0, len(known)}:
        return facts, None, True
    early, late = np.arange(late_from), np.arange(late_from, len(known))
    label, groups = np.array(known.bought), np.array(known.groups)
    static = {name: known.frame[name] for name in purchase.WITHOUT_HISTORY}
    leaks = suspects(take(static, early), label[early], groups[early], seed=SEED)
    left_out = {leak.name for leak in leaks}
    frame = read_once({name: cells for name, cells in known.frame.items() if name not in left_out})
    said, base = card.unseen(frame, label, groups, early=early, late=late, seed=SEED)
    model = learn(take(frame, early), label[early], groups[early], seed=SEED)
    test = take(known.frame, late)
    facts |= {
        "cut": known.at[late_from].date().isoformat(),
        "left_out": [[leak.name, leak.why] for leak in leaks],
        "taught": len(early),
        "taught_won": int(label[early].sum()),
        **card.measured(label[late], said, base, groups[late]),
        "features": card.importance(model, test, label[late]),
        "log_loss_of_former": None if current is None else card.loss(current, test, label[late]),
    }
    is_useful = facts["is_useful"] = bool(facts["is_useful"] and model.has_signal)
    shown = card.loss(model, test, label[late]) if is_useful else facts["base_log_loss"]
    facts["log_loss_in_use"] = shown
    former = facts["log_loss_of_former"]
    return facts, model if is_useful else None, former is None or shown < former


def _counts(known: features.Known, now: datetime) -> dict[str, Any]:
    """How many rows and people there are, and how many of them bought."""
    people = dict.fromkeys(known.contact_ids, 0)
    for contact, bought in zip(known.contact_ids, known.bought, strict=True):
        people[contact] |= bought
    won = sum(people.values())
    return {
        "rows": len(known),
        "won": sum(known.bought),
        "people": len(people),
        "people_won": won,
        "too_young": features.too_young(now),
        "horizon": purchase.HORIZON_DAYS,
        "base_rate": (won + 1) / (len(people) + 10),
        "from": known.at[0].date().isoformat() if len(known) else None,
        "until": known.at[-1].date().isoformat() if len(known) else None,
    }


@transaction.atomic
def _keep(
    model_id: int, card: dict[str, Any], learned: "Learned | None", *, is_better: bool, now: datetime
) -> PurchaseModel:
    """Store what was trained; when it is better it takes the place of the one in use."""
    model = PurchaseModel.objects.select_for_update(no_key=True).get(pk=model_id)
    model.card, model.trained_at, model.is_useful = card, now, learned is not None
    if learned is not None:
        model.content, model.library = packed(learned)
    model.state = ModelState.WORSE
    if is_better:
        PurchaseModel.objects.filter(state=ModelState.ACTIVE).update(
            state=ModelState.RETIRED, retired_at=now, content=None
        )
        model.state = ModelState.ACTIVE
    else:
        model.content = None
    model.save()
    return model


def packed(learned: "Learned") -> tuple[bytes, str]:
    """The model as bytes that we can prove to have written, and the release that can read them."""
    import joblib
    import sklearn

    buffer = io.BytesIO()
    joblib.dump(learned, buffer, compress=3)
    content = buffer.getvalue()
    return _signature(content) + content, str(sklearn.__version__)


def unpacked(content: bytes | memoryview | None, library: str) -> "Learned | None":
    """The model; none when it is not ours, or of another release of scikit-learn (the next training replaces it)."""
    import joblib
    import sklearn

    stored = bytes(content or b"")
    size = sha256().digest_size
    if library != sklearn.__version__ or not hmac.compare_digest(stored[:size], _signature(stored[size:])):
        return None
    learned: Learned = joblib.load(io.BytesIO(stored[size:]))
    return learned


def _signature(content: bytes) -> bytes:
    return hmac.new(b"purchase model" + settings.SECRET_KEY.encode(), content, sha256).digest()


def _model_in_use() -> "Learned | None":
    current = PurchaseModel.objects.filter(state=ModelState.ACTIVE, is_useful=True).first()
    return unpacked(current.content, current.library) if current else None


def say_next(*, now: datetime) -> int | None:
    """Say the probability of the next range of contacts for today; None when everybody has theirs. Safe to repeat."""
    model = PurchaseModel.objects.filter(state=ModelState.ACTIVE).first()
    if model is None:
        return None
    day = day_of(now)
    after = model.walked_to if model.walked_on == day else 0
    ids = list(Standing.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:RANGE_SIZE])
    if not ids:
        if model.walked_on != day:
            PurchaseModel.objects.filter(pk=model.pk).update(walked_on=day, walked_to=0, walked_at=now)
        return None
    learned = unpacked(model.content, model.library) if model.is_useful else None
    rows = _said(learned, ids, now) if learned is not None else []
    with transaction.atomic():
        held = PurchaseModel.objects.select_for_update(no_key=True).get(pk=model.pk)
        if held.state != ModelState.ACTIVE or (held.walked_on, held.walked_to) != (model.walked_on, model.walked_to):
            return after  # somebody else was here meanwhile
        Likelihood.objects.filter(pk__in=ids).exclude(pk__in=[row[0] for row in rows]).delete()
        _store(rows, version=model.version, day=day)
        held.walked_on, held.walked_to, held.walked_at = day, ids[-1], now
        held.save(update_fields=["walked_on", "walked_to", "walked_at"])
    return ids[-1]


def _said(learned: "Learned", ids: list[int], now: datetime) -> list[tuple[int, int, list[list[Any]]]]:
    """(contact, permille, its strongest reasons) of each who may still buy."""
    known = features.rows_now(ids, now)
    if not len(known):
        return []
    probabilities = learned.probability(known.frame)
    strongest = learned.influences(known.frame, most=_REASONS)
    return [
        (
            contact,
            round(1000 * float(probability)),
            [[name, _in_words(known.frame[name][n]), round(100 * moved)] for name, moved in moves],
        )
        for n, (contact, probability, moves) in enumerate(zip(known.contact_ids, probabilities, strongest, strict=True))
    ]


def _in_words(value: features.Value) -> str:
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def _store(rows: list[tuple[int, int, list[list[Any]]]], *, version: int, day: int) -> None:
    """Write them where they changed; in one statement."""
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO scoring_likelihood (contact_id, permille, reasons, version, day)
            SELECT c.id, x.permille, x.reasons, %s, %s
            FROM unnest(%s::bigint[], %s::smallint[], %s::jsonb[]) x (contact_id, permille, reasons)
            JOIN leads_contact c ON c.id = x.contact_id AND c.erased_at IS NULL
            ORDER BY c.id
            ON CONFLICT (contact_id) DO UPDATE
            SET permille = excluded.permille, reasons = excluded.reasons, version = excluded.version, day = excluded.day
            WHERE (scoring_likelihood.permille, scoring_likelihood.reasons, scoring_likelihood.version)
              IS DISTINCT FROM (excluded.permille, excluded.reasons, excluded.version)
            """,
            [
                version,
                day,
                [row[0] for row in rows],
                [row[1] for row in rows],
                [json.dumps(row[2]) for row in rows],
            ],
        )


def due(*, now: datetime) -> tuple[int | None, bool]:
    """(a version that waits to be trained, whether somebody's probability of today is missing): what the sweep does."""
    newest = PurchaseModel.objects.order_by("-version").first()
    if newest is None or (newest.state != ModelState.ASKED and newest.asked_at < now - LIVES_FOR):
        newest = ask_for_model(now=now)
    waiting = newest.state == ModelState.ASKED and (newest.started_at is None or newest.started_at <= now - STUCK_AFTER)
    active = PurchaseModel.objects.filter(state=ModelState.ACTIVE).first()
    is_quiet = active is None or active.walked_at is None or active.walked_at < now - QUIET_FOR
    walks = (
        active is not None
        and is_quiet
        and (active.walked_on != day_of(now) or Standing.objects.filter(pk__gt=active.walked_to).exists())
    )
    return (newest.pk if waiting else None), walks
