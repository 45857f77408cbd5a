"""Reference values of divisions, reports, curves and importances, computed by scikit-learn 1.2 (python3-sklearn).

Run:  /usr/bin/python3 make_selection.py OUT_DIR
"""
import json, pathlib, sys
import numpy as np
from sklearn import model_selection as ms

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


results = dict(folds=folds(), stratified=stratified(), heldOut=held_out())
(OUT / 'selection.json').write_text(json.dumps(results, indent=1) + '\n')
