"""Fitting the weights of priorities to verdicts: a logistic regression held near the published weights.

The model is the one that ranks: total = bias + the sum over indicators of sign * weight * strength. The sign
comes with each indicator from its source and is not fitted; weights stay at or above a part of their
published value, so that none changes its direction or falls silent, and below a multiple of it, so that none
decides alone. The published weights are the prior (a normal distribution around each): few verdicts move
them little. An indicator whose published weight is 0 stays at 0, whatever verdicts say: what no source
gives a direction to, such as a stated ethnicity, never moves a rank.

Figures are cross-validated: each decided lead is judged by weights that were fitted without it.

Loading this costs some 100 MB and a second, so only those import it who fit (`accord.caseload.refitting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss, ndcg_score
from sklearn.model_selection import StratifiedKFold

from accord.caseload.decided_leads import Example, Figures, Step, check_enough
from accord.caseload.priorities import Weights

FLOOR, CEILING = 0.25, 3.0
"""A weight stays between these parts of its published value."""
SPREAD, LEAST_SPREAD = 0.5, 0.25
"""The prior's standard deviation: this part of the published weight, and at least so much."""
BIAS_SPREAD = 2.0
FOLDS = 5
SEED = 20_260_501
"""Folds are drawn the same way each time, so that the same verdicts give the same figures."""
LEAST_ALIKE, MOST_STEPS = 20, 10
"""Decided leads of a step at least, and steps at most."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """Fitted weights, their figures and the published ones', and how scores relate to what was confirmed."""

    weights: Weights
    figures: Figures
    published: Figures
    steps: tuple[Step, ...]


def fit(examples: Sequence[Example], published: Weights, version: int) -> Fitted:
    """Fit the weights to decided leads.

    :raises TooFewVerdicts: with too few of either kind.
    """
    check_enough(examples)
    model = _Model(published)
    features, confirmed = model.features(examples), _confirmed(examples)
    unseen = _unseen_totals(model, features, confirmed)
    return Fitted(
        weights=model.weights(model.fitted(features, confirmed), version),
        figures=figures(unseen, confirmed),
        published=figures(model.totals(features, model.prior), confirmed),
        steps=steps(unseen, confirmed),
    )


def judged(examples: Sequence[Example], weights: Weights) -> Figures:
    """How these weights, as they are, order decided leads: for weights that were not fitted to them."""
    model = _Model(weights)
    return figures(model.totals(model.features(examples), model.prior), _confirmed(examples))


def cross_validated(examples: Sequence[Example], published: Weights) -> Figures:
    """How weights fitted to the other decided leads order each of them.

    :raises TooFewVerdicts: as `fit`.
    """
    check_enough(examples)
    model, confirmed = _Model(published), _confirmed(examples)
    return figures(_unseen_totals(model, model.features(examples), confirmed), confirmed)


class _Model:
    """The parameters in a fixed order: the bias, each listed weight, the weight of unlisted indicators."""

    def __init__(self, published: Weights) -> None:
        self.published = published
        self.kinds = sorted(published.weights)
        self.prior: Numbers = np.array(
            [published.bias, *(published.weights[kind] for kind in self.kinds), published.unlisted]
        )
        spread = np.maximum(SPREAD * self.prior, LEAST_SPREAD)
        spread[0] = BIAS_SPREAD
        self._precision = 1.0 / spread**2
        least, most = FLOOR * self.prior, CEILING * self.prior
        least[0], most[0] = -np.inf, np.inf
        self._bounds = list(zip(least, most, strict=True))

    def features(self, examples: Sequence[Example]) -> Numbers:
        """A row a lead: 1 for the bias, the evidence of each kind, and that of all unlisted kinds."""
        found = np.zeros((len(examples), len(self.prior)))
        found[:, 0] = 1.0
        columns = {kind: column for column, kind in enumerate(self.kinds, start=1)}
        for row, example in enumerate(examples):
            for kind, amount in example.evidence.items():
                found[row, columns.get(kind, -1)] += amount
        return found

    def totals(self, features: Numbers, parameters: Numbers) -> Numbers:
        return np.asarray(features @ parameters, dtype=np.float64)

    def fitted(self, features: Numbers, confirmed: Numbers) -> Numbers:
        """The most probable parameters, given the verdicts and the published weights."""

        def loss(parameters: Numbers) -> tuple[float, Numbers]:
            total = features @ parameters
            off = parameters - self.prior
            value = np.logaddexp(0.0, total).sum() - confirmed @ total
            value += 0.5 * (self._precision * off**2).sum()
            slope = features.T @ (expit(total) - confirmed) + self._precision * off
            return float(value), slope

        found = minimize(loss, self.prior, jac=True, method="L-BFGS-B", bounds=self._bounds)
        return np.asarray(found.x, dtype=np.float64)

    def weights(self, parameters: Numbers, version: int) -> Weights:
        bias, *weights, unlisted = (round(float(one), 4) for one in parameters)
        listed = dict(zip(self.kinds, weights, strict=True))
        return Weights(version, bias, unlisted, listed, self.published.sources)


def _confirmed(examples: Sequence[Example]) -> Numbers:
    return np.array([float(example.confirmed) for example in examples])


def _unseen_totals(model: _Model, features: Numbers, confirmed: Numbers) -> Numbers:
    """Each lead's total by weights that were fitted without it."""
    totals = np.empty(len(confirmed))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for known, unseen in folds.split(features, confirmed):
        totals[unseen] = model.totals(features[unseen], model.fitted(features[known], confirmed[known]))
    return totals


def figures(totals: Numbers, confirmed: Numbers) -> Figures:
    """How well totals order decided leads."""
    order = np.argsort(-totals, kind="stable")
    # Half at most, so that false flags are not simply all that there are.
    first = min(50, len(confirmed) // 2)
    return Figures(
        leads=len(confirmed),
        confirmed=int(confirmed.sum()),
        precision_at_20=round(float(confirmed[order[:20]].mean()), 4),
        ndcg_at_50=round(float(ndcg_score([confirmed], [totals], k=50)), 4),
        false_flags=int(first - confirmed[order[:first]].sum()),
        first=first,
        log_loss=round(float(log_loss(confirmed, expit(totals), labels=[0, 1])), 4),
    )


def steps(totals: Numbers, confirmed: Numbers) -> tuple[Step, ...]:
    """Decided leads by total, in steps of which a higher one never has a lower chance.

    The leads are cut by rank into groups of `LEAST_ALIKE` or more before anybody looks at what was confirmed,
    so that chance makes no group look good; then neighbours that go the wrong way are put together (isotonic
    regression). The chance is the part that was confirmed, with Wilson's 95 % interval.
    """
    order = np.argsort(totals, kind="stable")
    groups = np.array_split(order, max(1, min(MOST_STEPS, len(order) // LEAST_ALIKE)))
    shares = [confirmed[group].mean() for group in groups]
    sizes = [len(group) for group in groups]
    levels = IsotonicRegression().fit_transform(np.arange(len(groups)), shares, sample_weight=sizes)
    return tuple(
        _step(totals[alike], confirmed[alike])
        for level in np.unique(levels)
        for alike in [
            np.concatenate([group for group, at in zip(groups, levels, strict=True) if at == level])
        ]
    )


def _step(totals: Numbers, confirmed: Numbers) -> Step:
    leads, held = len(totals), int(confirmed.sum())
    sure = binomtest(held, leads).proportion_ci(method="wilson")
    low, high = _rounded(totals.min()), _rounded(totals.max())
    return Step(low, high, leads, held, *map(_rounded, (held / leads, sure.low, sure.high)))


def _rounded(value: float) -> float:
    return round(float(value), 4)
