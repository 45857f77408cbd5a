"""Reference values of metrics, computed by scikit-learn (Debian package python3-sklearn).

Run:  python3 make_metrics.py OUT_DIR

Scores are multiples of 1/256, so that float32 holds them.
"""
import json, pathlib, sys
import numpy as np
from sklearn import metrics as m

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)
ROWS, CLASSES = 97, 5


def rates(t, answers, scores, **of):
    """Precision, recall, F1 and F-beta, averaged as `of` says."""
    return dict(
        precision=m.precision_score(t, answers, zero_division=0, **of),
        recall=m.recall_score(t, answers, zero_division=0, **of),
        f1=m.f1_score(t, answers, zero_division=0, **of),
        fBeta=m.fbeta_score(t, answers, beta=2, zero_division=0, **of),
    )


def ece(confidence, right, bins=10):
    """Expected calibration error by its definition, bins open below (Guo et al. 2017)."""
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return error


def categories():
    labels = rng.integers(0, CLASSES - 1, ROWS)                # the last class is never a target
    raw = rng.integers(1, 120, (ROWS, CLASSES)).astype(float)
    raw[np.arange(ROWS), labels] += 60
    scores = np.floor(256 * raw / raw.sum(1, keepdims=True)) / 256
    scores[:, 0] += 1 - scores.sum(1)                          # exact shares of 1/256
    answers = scores.argmax(1)
    names = list(range(CLASSES))
    by_class = rates(labels, answers, scores, average=None, labels=names)
    multi = m.multilabel_confusion_matrix(labels, answers, labels=names)
    tn, fp = multi[:, 0, 0], multi[:, 0, 1]
    occurring = sorted(set(labels) | set(answers))
    return dict(
        scores=scores.tolist(), labels=labels.tolist(),
        macro=rates(labels, answers, scores, average="macro", labels=occurring),
        micro=rates(labels, answers, scores, average="micro", labels=names),
        weighted=rates(labels, answers, scores, average="weighted", labels=names),
        byClass={k: v.tolist() for k, v in by_class.items()},
        specificity=(tn / (tn + fp)).tolist(),
        balancedAccuracy=m.balanced_accuracy_score(labels, answers),
        matthewsCorrelation=m.matthews_corrcoef(labels, answers),
        logLoss=m.log_loss(labels, scores, labels=names, eps=2.0 ** -23),
        calibrationError=ece(scores.max(1), answers == labels),
    )


def yes_or_no():
    t = rng.integers(0, 2, ROWS)
    p = np.clip(np.floor(256 * (0.3 * t + 0.7 * rng.random(ROWS))), 1, 255) / 256
    cases = {}
    for threshold in (0.5, 0.7):
        answers = (p > threshold).astype(int)
        tn, fp = m.confusion_matrix(t, answers)[0]
        cases[str(threshold)] = dict(
            rates(t, answers, p), specificity=tn / (tn + fp), binaryAccuracy=m.accuracy_score(t, answers),
            balancedAccuracy=m.balanced_accuracy_score(t, answers), matthewsCorrelation=m.matthews_corrcoef(t, answers))
    return dict(scores=p.tolist(), targets=t.tolist(), byThreshold=cases, logLoss=m.log_loss(t, p, eps=2.0 ** -23),
                calibrationError=ece(p, t))


(OUT / "metrics.json").write_text(json.dumps(dict(categories=categories(), yesOrNo=yes_or_no()), indent=1))
