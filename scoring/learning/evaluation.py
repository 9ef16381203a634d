"""How well the product's own way of learning does on a table of past records."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from joblib import Parallel, delayed

from core.errors import Refused
from scoring.learning import folds, measures
from scoring.learning.cells import Cell, Frame, Matrix, known, read_once, take
from scoring.learning.leaks import suspects
from scoring.learning.model import base_rate, learn

USEFUL, NOTHING = "useful", "no useful signal"
_YES = frozenset(
    [
        "won",
        "win",
        "closed won",
        "yes",
        "y",
        "true",
        "t",
        "1",
        "1.0",
        "positive",
        "success",
        "accepted",
        "converted",
        "customer",
        "bought",
        "buyer",
        "purchased",
    ]
)
_NO = frozenset(
    [
        "lost",
        "loss",
        "closed lost",
        "no",
        "n",
        "false",
        "f",
        "0",
        "0.0",
        "-1",
        "negative",
        "failure",
        "rejected",
        "not converted",
        "lead",
    ]
)


@dataclass(frozen=True)
class Evaluation:
    """Figures over rows that the model which judged them had not seen; log loss in nats."""

    rows: int
    base_rate: float
    auc: float
    log_loss: float
    base_log_loss: float
    brier: float
    base_brier: float
    ece: float
    lift_top_decile: float
    suspected_leaks: list[str]
    verdict: str

    def as_dict(self) -> dict[str, object]:
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def labels(cells: Sequence[Cell]) -> tuple[Matrix, Matrix]:
    """(rows that are decided, 1 where the record was won). Raises Refused when the column is no yes or no.

    Of several values, those that mean won and lost count; the others (open deals, blanks) are left out.
    """
    words = [None if value is None else _plain(str(value)) for value in map(known, cells)]
    present = {word for word in words if word is not None}
    yes, no = present & _YES, present & _NO
    if len(present) == 2 and not (yes and no):  # one of the two is plain, so the other one is, too
        no = no or {word for word in present for other in present - {word} if _denies(word, other)}
        yes, no = (yes, present - yes) if yes else (present - no if no else yes, no)
    if not yes or not no:
        shown = ", ".join(sorted(present)[:5]) or "nothing"
        raise Refused(
            label=f"Must say who was won and who was not: yes and no, 1 and 0, Won and Lost. It says {shown}."
        )
    decided = np.array([word in yes or word in no for word in words])
    return np.flatnonzero(decided), np.array([word in yes for word in words])[decided].astype(int)


def _plain(text: str) -> str:
    """In small letters, words apart by one space: “Closed - Won” is “closed won”."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip() if re.search(r"[^\W\d]", text) else text.strip()


def _denies(word: str, other: str) -> bool:
    """Whether a word says the opposite of the other: not paid, unpaid, no sale."""
    return re.fullmatch(rf"((not?|non) |un|non|dis|in){re.escape(other)}", word) is not None


def evaluate(
    frame: Frame,
    *,
    label: str,
    group: Sequence[str] = (),
    order: str = "",
    train_until: str = "",
    exclude: Sequence[str] = (),
    n_folds: int = 5,
    seed: int = 7,
    workers: int = 1,
) -> Evaluation:
    """Judge every row by a model taught without it and its group; columns that are suspected to leak are left out.

    Without `group`, rows that equal each other in every used column stay together; with `order`, those that are of one
    time, too: who comes later and is like somebody before is somebody else. With it models only know rows before
    those they judge, and the time itself teaches nothing. Where records are too few for the folds there are fewer
    folds. `workers` processes share them.
    """
    _check_names(frame, label=[label], group=group, order=[order] if order else [], exclude=exclude)
    if train_until and not order:
        raise Refused(train_until="Name the column of time with --order.")
    rows, outcome = labels(frame[label])
    decided = take(read_once(frame), rows)
    together = folds.groups_of(decided, group) if group else None
    unused = {label, order, *exclude, *(name for name in group if _names_groups(decided[name], together))}
    columns = {name: cells for name, cells in decided.items() if name not in unused}
    leaks = _leaks(columns, outcome, decided[order] if train_until else [], train_until, seed=seed)
    columns = {name: cells for name, cells in columns.items() if name not in leaks}
    groups = together if together is not None else folds.groups_of(columns or decided)
    won = int(outcome.sum())
    apart = folds.groups_of({**columns, order: decided[order]}) if order and together is None else groups
    n_folds = min(n_folds, won, len(outcome) - won, int(groups.max()) + 1)
    if n_folds < 2:
        everybody = np.full(len(outcome), base_rate(outcome))
        return _figures(outcome, everybody, everybody, groups, leaks)
    if train_until:
        splits = folds.until(decided[order], train_until, apart)
    elif order:
        splits = folds.by_time(decided[order], apart, folds=n_folds)
    else:
        splits = folds.by_group(outcome, groups, folds=n_folds, seed=seed)
    usable = [(learned, tested) for learned, tested in splits if len(learned) and len(tested)]
    if not usable:
        raise Refused(**{"train_until" if train_until else "order": "All rows lie on one side of this time."})
    said, base = np.full(len(outcome), np.nan), np.full(len(outcome), np.nan)
    judged: list[Matrix] = Parallel(n_jobs=min(workers, len(usable)))(
        delayed(_judge)(columns, outcome, groups, learned, tested, seed) for learned, tested in usable
    )
    for (learned, tested), probability in zip(usable, judged, strict=True):
        said[tested] = probability
        base[tested] = base_rate(outcome[learned])
    seen = np.flatnonzero(~np.isnan(said))
    return _figures(outcome[seen], said[seen], base[seen], groups[seen], leaks)


def _names_groups(cells: Sequence[Cell], groups: Matrix | None) -> bool:
    """Whether a column hardly ever says the same of two groups, so that nothing is learned from it about others."""
    return groups is None or len(np.unique(folds.groups_of({"": cells}))) > (int(groups.max()) + 1) / 2


def _leaks(columns: Frame, outcome: Matrix, order: Sequence[Cell], until: str, *, seed: int) -> list[str]:
    """Names of the suspects; with `until`, only rows that may be learned from are looked at."""
    groups = folds.groups_of(columns) if columns else np.arange(len(outcome))
    rows = next(folds.until(order, until, groups))[0] if until else np.arange(len(outcome))
    return [found.name for found in suspects(take(columns, rows), outcome[rows], groups[rows], seed=seed)]


def _judge(columns: Frame, outcome: Matrix, groups: Matrix, learned: Matrix, tested: Matrix, seed: int) -> Matrix:
    """The probabilities of the tested rows by a model that was taught the others."""
    if not columns:
        return np.full(len(tested), base_rate(outcome[learned]))
    model = learn(take(columns, learned), outcome[learned], groups[learned], seed=seed)
    return model.probability(take(columns, tested))


def _check_names(frame: Frame, **named: Sequence[str]) -> None:
    for field, names in named.items():
        for name in names:
            if name not in frame:
                raise Refused(**{field: f"There is no column “{name}”. There are: {', '.join(list(frame)[:40])}."})


def _figures(label: Matrix, said: Matrix, base: Matrix, groups: Matrix, leaks: list[str]) -> Evaluation:
    gain = measures.losses(label, base) - measures.losses(label, said)
    verdict = USEFUL if measures.is_better(gain, groups) else NOTHING
    if verdict == NOTHING:
        said = base  # what the product then shows
    constant = verdict == NOTHING
    return Evaluation(
        rows=len(label),
        base_rate=float(label.mean()),
        auc=0.5 if constant else measures.auc(label, said),
        log_loss=float(measures.losses(label, said).mean()),
        base_log_loss=float(measures.losses(label, base).mean()),
        brier=measures.brier(label, said),
        base_brier=measures.brier(label, base),
        ece=measures.ece(label, said),
        lift_top_decile=1.0 if constant else measures.lifts(label, said)[0],
        suspected_leaks=leaks,
        verdict=verdict,
    )
