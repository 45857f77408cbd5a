"""ONNX files of scikit-learn's models as skl2onnx writes them, with what scikit-learn predicts.

Run:  python3 make_skl2onnx_files.py OUT.json     (Debian packages python3-sklearn and python3-onnx; skl2onnx of pip)

The file is one JSON object by version of skl2onnx: a second run with another version adds its own. Of each model it has
the file in base64, the classes, and `predict_proba` or `predict` of the rows `x`, computed by scikit-learn in float64.
"""
import base64, json, pathlib, sys, warnings

import numpy as np
import skl2onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

warnings.filterwarnings("ignore")
OUT = pathlib.Path(sys.argv[1])

random = np.random.RandomState(3)
X = random.normal(size=(200, 5)).astype(np.float32) * 3 + 1
x = random.normal(size=(6, 5)).astype(np.float32) * 3 + 1
two = (X[:, 0] + X[:, 1] > 2).astype(int)
three = np.digitize(X[:, 0] * X[:, 1], [-1, 2])
names = np.array(["cat", "dog", "owl"])[three]
several = np.stack([two, (X[:, 2] > 1).astype(int), (X[:, 3] > 0).astype(int)], 1)
quantity = X[:, 0] * X[:, 1] + np.sin(X[:, 2])
SETTINGS = dict(hidden_layer_sizes=(4,), max_iter=60, random_state=1)


def classifier(**options):
    return MLPClassifier(**{**SETTINGS, **options})


def regressor(**options):
    return MLPRegressor(**{**SETTINGS, **options})


MODELS = {
    **{f"{a} for three classes": (classifier(activation=a), three) for a in ["relu", "tanh", "logistic", "identity"]},
    **{f"{a} for a quantity": (regressor(activation=a), quantity) for a in ["relu", "tanh", "logistic", "identity"]},
    "two classes": (classifier(), two),
    "two hidden layers": (classifier(hidden_layer_sizes=(5, 4)), three),
    "classes with names": (classifier(), names),
    "two classes with names": (classifier(), np.array(["no", "yes"])[two]),
    "several classes at once": (classifier(), several),
    "two quantities": (regressor(), np.stack([quantity, X[:, 3]], 1)),
    "standard scaler": (make_pipeline(StandardScaler(), classifier()), names),
    "standard scaler without mean": (make_pipeline(StandardScaler(with_mean=False), regressor()), quantity),
    "min-max scaler": (make_pipeline(MinMaxScaler((-1, 1)), regressor()), quantity),
    "robust scaler": (make_pipeline(RobustScaler(), classifier()), two),
    "scaler by the largest": (make_pipeline(MaxAbsScaler(), regressor()), quantity),
    "logistic regression": (make_pipeline(StandardScaler(), LogisticRegression()), names),
    "logistic regression of two classes": (LogisticRegression(), two),
    "linear regression": (LinearRegression(), quantity),
}
FLOATS = FloatTensorType([None, 5])
#: Other ways to write them: model, options of the converter, type of the input.
WAYS = {
    "without zipmap": ("classes with names", {"zipmap": False}, FLOATS),
    "a column for each class": ("classes with names", {"zipmap": "columns"}, FLOATS),
    "a column for each of two classes": ("two classes", {"zipmap": "columns"}, FLOATS),
    "float64": ("standard scaler", {}, DoubleTensorType([None, 5])),
    "logistic regression in float64": ("logistic regression", {}, DoubleTensorType([None, 5])),
    "integers": ("standard scaler", {}, Int64TensorType([None, 5])),
    "one row": ("classes with names", {}, FloatTensorType([1, 5])),
}


def written(model, options, kind):
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    options = {"options": {id(last): options}} if options else {}
    return convert_sklearn(model, initial_types=[("x", kind)], target_opset=15, **options).SerializeToString()


def shares(model, rows):
    if not hasattr(model, "predict_proba"):
        return np.asarray(model.predict(rows)).reshape(len(rows), -1)
    return model.predict_proba(rows)


models = {}
for model, y in MODELS.values():
    model.fit(X.astype(np.float64), y)
for name, (of, options, kind) in {**{name: (name, {}, FLOATS) for name in MODELS}, **WAYS}.items():
    model, y = MODELS[of]
    try:
        file = written(model, options, kind)
    except Exception as error:
        print(f"{name}: not written by this version, {type(error).__name__}: {str(error)[:80]}")
        continue
    rows = np.trunc(x) if name == "integers" else x
    models[name] = {
        "file": base64.b64encode(file).decode(),
        "rows": "integers" if name == "integers" else "x",
        "y": np.round(shares(model, rows), 9).tolist(),
        # Of several classes at once skl2onnx writes the numbers of the outputs.
        "classes": np.asarray(model.classes_).tolist() if hasattr(model, "classes_") else None,
    }

known = json.loads(OUT.read_text()) if OUT.exists() else {}
known[skl2onnx.__version__] = {"x": x.tolist(), "models": models}
OUT.write_text(json.dumps(known, indent=1) + "\n")
print(skl2onnx.__version__, len(models))
