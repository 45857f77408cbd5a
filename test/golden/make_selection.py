"""Reference values of divisions, reports, curves and importances, computed by scikit-learn 1.2 (python3-sklearn).

Run:  /usr/bin/python3 make_selection.py OUT_DIR
"""
import json, pathlib, sys, warnings
import numpy as np
from sklearn import calibration, inspection, linear_model, metrics as m, model_selection as ms, preprocessing

OUT = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(11)


def folds():
    """Divisions without shuffling: the test rows of each fold."""
    cases = []
    for rows, count in [(10, 2), (10, 3), (7, 7), (103, 5)]:
        tests = [test.tolist() for _, test in ms.KFold(count).split(np.zeros(rows))]
        cases.append(dict(rows=rows, folds=count, tests=tests))
    return cases


def stratified():
    cases = []
    for rows, classes, count in [(30, 3, 3), (50, 4, 5), (97, 5, 4), (40, 2, 10)]:
        labels = np.minimum(rng.integers(0, classes, rows), rng.integers(0, classes, rows))
        labels[:classes] = np.arange(classes)[::-1]
        count = min(count, np.bincount(labels).min()) if np.bincount(labels).min() > 1 else 2
        tests = [test.tolist() for _, test in ms.StratifiedKFold(int(count)).split(labels, labels)]
        cases.append(dict(labels=labels.tolist(), folds=int(count), tests=tests))
    return cases


def held_out():
    """Rows of each class in the test of a stratified split. No two remainders are equal, so that nothing is drawn."""
    cases = []
    for sizes, share in [([50, 30, 20], 0.25), ([61, 23, 16], 0.3), ([10, 13, 29], 0.2), ([33, 80], 0.4)]:
        labels = np.repeat(np.arange(len(sizes)), sizes)
        split = ms.StratifiedShuffleSplit(1, test_size=share, random_state=0)
        (_, test), = split.split(labels, labels)
        cases.append(dict(sizes=sizes, share=share, counts=np.bincount(labels[test], minlength=len(sizes)).tolist()))
    return cases


def report(truth, predicted, indicators=None, **of):
    """Text and numbers of classification_report; lists of labels go to scikit-learn as indicators."""
    t, p = (truth, predicted) if indicators is None else (indicators(truth), indicators(predicted))
    names = None if indicators is None else [str(one) for one in indicators.classes]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        # The text takes zero_division in the averages as well.
        text = m.classification_report(t, p, target_names=names, **of)
        of.pop('digits', None)
        data = m.classification_report(t, p, target_names=names, output_dict=True, **of)
    return dict(truth=truth, predicted=predicted, text=text, data=data,
                options={dict(sample_weight='sampleWeight', zero_division='zeroDivision').get(k, k): v for k, v in of.items()},
                accuracy=m.accuracy_score(t, p, sample_weight=of.get('sample_weight')))


class Indicators:
    def __init__(self, classes):
        self.classes = classes
        self.of = preprocessing.MultiLabelBinarizer(classes=classes)

    def __call__(self, lists):
        return self.of.fit_transform(lists)


def reports():
    labels = np.array(['setosa', 'versicolor', 'virginica', 'none of these, a long name'])
    t = labels[rng.integers(0, 4, 60)]
    p = np.where(rng.random(60) < 0.6, t, labels[rng.integers(0, 3, 60)])
    t, p = t.tolist(), p.tolist()
    w = (rng.integers(0, 9, 60) / 4).tolist()
    numbers = rng.integers(-2, 3, 40).tolist()
    answers = [int(x) for x in np.clip(np.array(numbers) + rng.integers(-1, 2, 40), -2, 2)]
    lists = [[str(x) for x in np.flatnonzero(row)] for row in rng.random((30, 4)) < 0.4]
    given = [[str(x) for x in np.flatnonzero(row)] for row in rng.random((30, 4)) < 0.4]
    halves = (['a'] * 8 + ['b'] * 8, ['a'] + ['b'] * 7 + ['a'] * 3 + ['b'] * 5)
    return [
        report(t, p), report(t, p, digits=4), report(t, p, sample_weight=w), report(numbers, answers),
        report(t, p, labels=['virginica', 'setosa']), report(['a', 'a'], ['b', 'b']),
        report(['a', 'a'], ['b', 'b'], zero_division=1), report(*halves), report(*halves, digits=1),
        report(lists, given, Indicators(['0', '1', '2', '3'])),
        report(lists, given, Indicators(['0', '1', '2', '3']), zero_division=1),
    ]


def confusion():
    t = rng.integers(0, 4, 50)
    p = np.where(rng.random(50) < 0.5, t, rng.integers(0, 3, 50))
    w = rng.integers(0, 9, 50) / 4
    cases = []
    for normalize in [None, 'true', 'pred', 'all']:
        for weight in [None, w]:
            matrix = m.confusion_matrix(t, p, normalize=normalize, sample_weight=weight)
            cases.append(dict(normalize=normalize, weighted=weight is not None, matrix=matrix.tolist()))
    part = m.confusion_matrix(t, p, labels=[2, 0]).tolist()
    return dict(truth=t.tolist(), predicted=p.tolist(), weights=w.tolist(), cases=cases, part=part)


def binary():
    """Scores with many ties, in the curves of scikit-learn."""
    t = rng.integers(0, 2, 80)
    s = np.round(np.clip(0.3 * t + 0.7 * rng.random(80), 0, 1), 2)
    w = rng.integers(0, 9, 80) / 4
    fpr, tpr, thresholds = m.roc_curve(t, s, drop_intermediate=False)
    precision, recall, _ = m.precision_recall_curve(t, s)
    curves = []
    for strategy in ['uniform', 'quantile']:
        for bins in [1, 5, 7]:
            observed, predicted = calibration.calibration_curve(t, s, n_bins=bins, strategy=strategy)
            curves.append(dict(strategy=strategy, bins=bins, observed=observed.tolist(), predicted=predicted.tolist()))
    at = sorted(set(s.tolist()))
    best = lambda measure: max((measure(t, s >= one), one) for one in at)
    return dict(
        truth=t.tolist(), scores=s.tolist(), weights=w.tolist(), curves=curves, brier=m.brier_score_loss(t, s),
        fpr=fpr.tolist(), tpr=tpr.tolist(), thresholds=thresholds.tolist()[1:],
        precision=precision.tolist(), recall=recall.tolist(),
        auc=m.roc_auc_score(t, s), weightedAuc=m.roc_auc_score(t, s, sample_weight=w),
        averagePrecision=m.average_precision_score(t, s),
        weightedAveragePrecision=m.average_precision_score(t, s, sample_weight=w),
        best=dict(f1=best(m.f1_score), accuracy=best(m.accuracy_score),
                  balancedAccuracy=best(m.balanced_accuracy_score), matthewsCorrelation=best(m.matthews_corrcoef)),
    )


def importance():
    """A linear model, whose coefficients are data here. The orders differ, so means over many repetitions are compared."""
    x = rng.normal(size=(200, 3))
    y = 3 * x[:, 0] - x[:, 1] + rng.normal(size=200) / 10
    model = linear_model.LinearRegression().fit(x, y)
    found = inspection.permutation_importance(model, x, y, n_repeats=400, random_state=0)
    return dict(x=x.tolist(), y=y.tolist(), coefficients=model.coef_.tolist(), intercept=float(model.intercept_),
                score=model.score(x, y), means=found.importances_mean.tolist(), deviations=found.importances_std.tolist())


results = dict(folds=folds(), stratified=stratified(), heldOut=held_out(), reports=reports(), confusion=confusion(),
               binary=binary(), importance=importance())
(OUT / 'selection.json').write_text(json.dumps(results) + '\n')
