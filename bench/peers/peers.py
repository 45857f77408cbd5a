"""The Python contestants: PyTorch, scikit-learn, and OpenBLAS by way of NumPy. Answers the requests of worker.mjs."""

import json
import sys
import time
import warnings

import numpy as np

PROBE = 256
GROUP = 16
GROUPS = 1024
STEP = 0x9E3779B9


def numbers(seed, first, count):
    """Draws first … first + count − 1 of the generator in measure/statistics.mjs."""
    state = (seed + (np.arange(first + 1, first + count + 1, dtype=np.uint64) * STEP)) & 0xFFFFFFFF
    z = state
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        z = ((z ^ (z >> shift)) * factor) & 0xFFFFFFFF
    return (z ^ (z >> 16)) / 2.0**32


def data_of(network):
    """The data of workloads/data.mjs."""
    inputs, classes, rows = network["sizes"][0], network["sizes"][-1], network["rows"]
    patterns = numbers(20, 0, classes * inputs).astype(np.float32).reshape(classes, inputs).astype(np.float64)
    draws = numbers(20, classes * inputs, rows * (1 + inputs)).reshape(rows, 1 + inputs)
    labels = np.floor(draws[:, 0] * classes).astype(np.int64)
    return (0.5 * patterns[labels] + 0.5 * draws[:, 1:]).astype(np.float32), labels


def first_weights(network):
    """The weights of contestants/weights.mjs."""
    at, layers = 0, []
    for inputs, units in zip(network["sizes"], network["sizes"][1:]):
        limit = np.sqrt(6 / (inputs + units))
        weight = limit * (2 * numbers(7, at, inputs * units) - 1)
        at += inputs * units
        layers.append((weight.astype(np.float32).reshape(units, inputs), np.zeros(units, np.float32)))
    return layers


class Torch:
    def __init__(self):
        import torch

        torch.set_num_threads(1)
        self.torch, self.version = torch, torch.__version__.split("+")[0]

    def build(self, network, x, labels):
        torch = self.torch
        layers = []
        for weight, bias in first_weights(network):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=network["learningRate"])
        loss_of = torch.nn.CrossEntropyLoss()
        xs, ys, batch = torch.from_numpy(x), torch.from_numpy(labels), network["batch"]

        def train(epochs):
            for _ in range(epochs):
                order = torch.randperm(len(ys))
                for first in range(0, len(ys), batch):
                    rows = order[first : first + batch]
                    optimizer.zero_grad()
                    loss_of(model(xs[rows]), ys[rows]).backward()
                    optimizer.step()

        def predict(rows):
            with torch.no_grad():
                return torch.softmax(model(torch.from_numpy(rows)), 1).numpy()

        return train, predict


class Sklearn:
    def __init__(self):
        import sklearn
        from sklearn.neural_network import MLPClassifier

        warnings.filterwarnings("ignore")
        self.classifier, self.version = MLPClassifier, sklearn.__version__

    def build(self, network, x, labels):
        model = self.classifier(
            hidden_layer_sizes=network["sizes"][1:-1],
            solver="sgd",
            learning_rate_init=network["learningRate"],
            momentum=0,
            nesterovs_momentum=False,
            alpha=0,
            batch_size=network["batch"],
            max_iter=1,
            tol=0,
            n_iter_no_change=10**9,
            random_state=1,
        )
        model.partial_fit(x[: network["batch"]], labels[: network["batch"]], classes=np.arange(network["sizes"][-1]))
        for i, (weight, bias) in enumerate(first_weights(network)):
            model.coefs_[i] = np.ascontiguousarray(weight.T)
            model.intercepts_[i] = bias

        def train(epochs):
            for _ in range(epochs):
                model.partial_fit(x, labels)

        return train, model.predict_proba


class OpenBlas:
    def __init__(self):
        self.version = "numpy " + np.__version__


def timed(run, *arguments):
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start


class Answers:
    def open(self, module, options):
        self.contestant = {"torch": Torch, "sklearn": Sklearn, "openblas": OpenBlas}[module]()
        return {"version": self.contestant.version}

    def build(self, network):
        self.network = network
        self.x, self.labels = data_of(network)
        self.train_epochs, self.predict = self.contestant.build(network, self.x, self.labels)
        return {"trains": True}

    def loss(self):
        outputs = self.predict(self.x[:PROBE]).astype(np.float64)
        return float(-np.log(np.maximum(outputs[np.arange(PROBE), self.labels[:PROBE]], 1e-30)).mean())

    def learn(self, epochs):
        before = self.loss()
        self.train_epochs(epochs)
        return {"before": before, "after": self.loss()}

    def train(self, atLeast):
        rows = self.network["rows"]
        first = timed(self.train_epochs, 1)
        if first >= atLeast:
            return {"rate": rows / first}
        epochs = int(np.ceil(1.2 * atLeast / first))
        return {"rate": epochs * rows / timed(self.train_epochs, epochs)}

    def one(self, atLeast):
        rows = [self.x[i : i + 1].copy() for i in range(PROBE)]

        def ask(first):
            for i in range(first, first + GROUP):
                self.predict(rows[i % PROBE])

        start, times = time.perf_counter(), []
        while not times or time.perf_counter() - start < atLeast:
            times.append(timed(ask, len(times) * GROUP))
        return {"seconds": float(np.median(times[-GROUPS:])) / GROUP}

    def batch(self, atLeast):
        start, calls = time.perf_counter(), 0
        while calls == 0 or time.perf_counter() - start < atLeast:
            self.predict(self.x[:PROBE])
            calls += 1
        return {"rate": calls * PROBE / (time.perf_counter() - start)}

    def gemm(self, size, atLeast):
        m, n, k = size["m"], size["n"], size["k"]
        a, b, c = (np.ones(shape, np.float32) for shape in ((m, k), (k, n), (m, n)))
        start, best = time.perf_counter(), float("inf")
        while time.perf_counter() - start < atLeast:
            best = min(best, timed(lambda: np.dot(a, b, out=c)))
        return {"rate": 2 * m * n * k / best}


answers = Answers()
for line in sys.stdin:
    request = json.loads(line)
    head, what = {"id": request.pop("id")}, request.pop("do")
    try:
        answer = {**head, "result": getattr(answers, what)(**request)}
    except Exception as error:
        answer = {**head, "error": f"{type(error).__name__}: {error}"}
    # The format of JSON.stringify: the reader checks the beginning of the line.
    print(json.dumps(answer, separators=(",", ":")), flush=True)
