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
    """The card, the model when it has a signal, and whether it does better than the one in use."""
    import numpy as np

    from scoring.learning import card, folds
    from scoring.learning.columns import take
    from scoring.learning.leaks import suspects
    from scoring.learning.model import learn

    people = dict(zip(known.contact_ids, known.bought, strict=True)) | {
        contact: 1 for contact, bought in zip(known.contact_ids, known.bought, strict=True) if bought
    }
    facts: dict[str, Any] = {
        "rows": len(known),
        "won": sum(known.bought),
        "people": len(people),
        "people_won": sum(people.values()),
        "too_young": features.too_young(now),
        "horizon": purchase.HORIZON_DAYS,
        "base_rate": (sum(people.values()) + 1) / (len(people) + 10),
    }
    if not len(known):
        return facts, None, True
    facts |= {"from": known.at[0].date().isoformat(), "until": known.at[-1].date().isoformat()}
    label, groups = np.array(known.bought), np.array(known.groups)
    cut = known.at[len(known) - max(1, len(known) // HELD_OUT) - 1]
    ordered: list[features.Value] = [at.timestamp() for at in known.at]
    learned_rows, tested = next(folds.until(ordered, str(cut.timestamp()), groups))
    if not len(learned_rows) or not len(tested):
        return facts, None, True
    past = take(known.frame, learned_rows)
    leaks = suspects(past, label[learned_rows], groups[learned_rows], seed=SEED)
    names = {leak.name for leak in leaks}
    past = {name: cells for name, cells in past.items() if name not in names}
    model = learn(past, label[learned_rows], groups[learned_rows], seed=SEED)
    test = take(known.frame, tested)
    facts |= {
        "cut": cut.date().isoformat(),
        "left_out": [[leak.name, leak.why] for leak in leaks],
        "taught": len(learned_rows),
        "taught_won": int(label[learned_rows].sum()),
    }
    facts |= card.measured(model, test, label[tested], groups[tested])
    facts["features"] = card.importance(model, test, label[tested])
    now_loss = None if current is None else card.loss(current, test, label[tested])
    facts["log_loss_of_former"] = now_loss
    is_better = now_loss is None or facts["log_loss"] < now_loss
    return facts, model if facts["is_useful"] else None, is_better


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
