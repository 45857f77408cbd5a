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


def pr_area(t, scores, w):
    """Area under the precision-recall curve by quadrature of TP/(TP + FP), in which between two scores negatives come at
    a constant rate per positive (Davis and Goadrich 2006)."""
    from scipy.integrate import quad
    hits = answers = area = 0.0
    for score in sorted(set(scores), reverse=True):
        at = scores == score
        more, all_more = (w * t)[at].sum(), w[at].sum()
        if more > 0:
            rate = all_more / more
            f = (lambda x: 1 / rate) if answers == 0 else (lambda x: (hits + x) / (answers + rate * x))
            area += quad(f, 0, more, epsabs=1e-14, epsrel=1e-14)[0]
        hits, answers = hits + more, answers + all_more
    return area / (w * t).sum()


def with_weights():
    """Metrics without and with sample weights; a few weights are 0. Numbers are multiples of 1/64."""
    rng = np.random.default_rng(11)
    w = rng.integers(0, 9, ROWS) / 4
    labels = rng.integers(0, 4, ROWS)
    raw = rng.integers(1, 120, (ROWS, 4)).astype(float)
    raw[np.arange(ROWS), labels] += 60
    p = np.floor(256 * raw / raw.sum(1, keepdims=True)) / 256
    p[:, 0] += 1 - p.sum(1)
    answers = p.argmax(1)
    t = rng.integers(0, 2, ROWS)
    s = np.clip(np.floor(32 * (0.4 * t + 0.6 * rng.random(ROWS))), 1, 31) / 32     # many ties
    y2, t2 = rng.integers(1, 640, (ROWS, 3)) / 64, rng.integers(1, 640, (ROWS, 3)) / 64
    out = dict(weights=w.tolist(), probabilities=p.tolist(), labels=labels.tolist(), scores=s.tolist(),
               targets=t.tolist(), outputs=y2.tolist(), numbers=t2.tolist())
    for name, of in (("plain", np.ones(ROWS)), ("weighted", w)):
        by = dict(sample_weight=of)
        cosines = (y2 * t2).sum(1) / np.linalg.norm(y2, axis=1) / np.linalg.norm(t2, axis=1)
        macro = dict(average="macro", zero_division=0, **by)
        out[name] = dict(
            categories=dict(
                accuracy=m.accuracy_score(labels, answers, **by), precision=m.precision_score(labels, answers, **macro),
                recall=m.recall_score(labels, answers, **macro), f1=m.f1_score(labels, answers, **macro),
                balancedAccuracy=m.balanced_accuracy_score(labels, answers, **by),
                matthewsCorrelation=m.matthews_corrcoef(labels, answers, **by),
                topKAccuracy=m.top_k_accuracy_score(labels, p, k=2, **by),
                logLoss=m.log_loss(labels, p, eps=2.0 ** -23, **by)),
            yesOrNo=dict(
                accuracy=m.accuracy_score(t, s > 0.5, **by), precision=m.precision_score(t, s > 0.5, **by),
                auc=m.roc_auc_score(t, s, **by), averagePrecision=m.average_precision_score(t, s, **by),
                aucPR=pr_area(t, s, of), logLoss=m.log_loss(t, s, eps=2.0 ** -23, **by)),
            regression=dict(
                meanSquaredError=m.mean_squared_error(t2, y2, **by),
                meanAbsoluteError=m.mean_absolute_error(t2, y2, **by),
                rootMeanSquaredError=np.sqrt(m.mean_squared_error(t2, y2, **by)),
                meanAbsolutePercentageError=100 * m.mean_absolute_percentage_error(t2, y2, **by),
                meanSquaredLogarithmicError=m.mean_squared_log_error(t2, y2, **by),
                cosineSimilarity=float((of * cosines).sum() / of.sum()), r2=m.r2_score(t2, y2, **by)))
    return out


(OUT / "weighted-metrics.json").write_text(json.dumps(with_weights(), indent=1))
(OUT / "metrics.json").write_text(json.dumps(dict(categories=categories(), yesOrNo=yes_or_no()), indent=1))
