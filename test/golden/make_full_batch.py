"""Makes full-batch.json: five small tables, the initial weights of a network for each, and the loss that scikit-learn's
lbfgs reaches from them. Run by Debian's python3 with python3-sklearn: /usr/bin/python3 test/golden/make_full_batch.py

Losses are scikit-learn's: the mean loss plus alpha/(2 n) times the sum of the squared weights.
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn import datasets
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")


def standardized(x, digits):
    x = np.asarray(x, dtype=np.float64)
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return np.round(x, digits)


def recording(base):
    """An estimator that keeps a float32 copy of its initial weights, and starts from that."""

    class Recording(base):
        def _init_coef(self, fan_in, fan_out, dtype):
            weights, bias = super()._init_coef(fan_in, fan_out, dtype)
            weights, bias = weights.astype(np.float32).astype(dtype), bias.astype(np.float32).astype(dtype)
            if not hasattr(self, "initial"):
                self.initial = []
            self.initial.append((weights.copy(), bias.copy()))
            return weights, bias

    return Recording


def case(name, x, y, activation, hidden, alpha, regression=False):
    x = standardized(x, 3)
    y = standardized(y, 4) if regression else y
    kind = recording(MLPRegressor if regression else MLPClassifier)
    model = kind(
        hidden_layer_sizes=hidden, activation=activation, solver="lbfgs", alpha=alpha, max_iter=1000, tol=1e-5, random_state=3
    ).fit(x, y)
    return {
        "name": name,
        "activation": activation,
        "hidden": list(hidden),
        "alpha": alpha,
        "task": "regression" if regression else "binary" if len(set(y)) == 2 else "classes",
        "x": x.tolist(),
        "y": np.asarray(y).tolist(),
        # As (units, inputs), in layer order.
        "initial": [{"weight": w.T.ravel().tolist(), "bias": b.tolist()} for w, b in model.initial],
        "loss": float(model.loss_),
        "iterations": int(model.n_iter_),
    }


def every(data, step, columns=None):
    x, y = data.data[::step, :columns], data.target[::step]
    return x, y


def main():
    iris, wine, cancer = datasets.load_iris(), datasets.load_wine(), datasets.load_breast_cancer()
    diabetes = datasets.load_diabetes()
    friedman = datasets.make_friedman1(n_samples=120, n_features=6, noise=0.5, random_state=1)
    cases = [
        case("iris", iris.data, iris.target, "relu", (8,), 0.5),
        case("wine", *every(wine, 2), "tanh", (6,), 0.5),
        case("breast cancer", *every(cancer, 4, 10), "logistic", (6, 4), 0.1),
        case("diabetes", *every(diabetes, 4), "tanh", (6,), 1.0, regression=True),
        case("friedman1", *friedman, "relu", (10,), 0.3, regression=True),
    ]
    for one in cases:
        print(one["name"], one["loss"], one["iterations"])
    path = pathlib.Path(__file__).with_name("full-batch.json")
    path.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
    print(path.stat().st_size, "bytes")


main()
