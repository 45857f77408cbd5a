"""NumPy's files and what is in them, and the weights of scikit-learn's networks with their outputs (Debian packages
python3-numpy, python3-sklearn).

Run:  python3 make_numpy_files.py OUT_DIR
"""
import io, json, pathlib, sys, warnings, zipfile
import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)
expected = {}


def listed(array):
    """dtype, shape and values; integers as text, since JSON's readers round them, floats by their bits."""
    values = array.ravel(order="C")
    if array.dtype.kind in "iu":
        values = [str(one) for one in values.tolist()]
    elif array.dtype.kind == "f":
        wide = np.float32 if array.dtype.itemsize < 8 else np.float64
        values = values.astype(wide).view(np.uint8).tolist() if sys.byteorder == "little" else None
    else:
        values = [int(one) for one in values.tolist()]
    return {"dtype": array.dtype.newbyteorder("=").name, "shape": list(array.shape), "values": values}


def keep(file, arrays):
    expected[file] = {name: listed(np.asarray(array)) for name, array in arrays.items()}


arrays = {}
for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]:
    if code[0] == "f":
        values = np.array([0.0, -0.0, 1.5, -2.25, 1e-7, 65504, np.inf, -np.inf, 3.14159, 1e-3, 7, -1], code)
    elif code == "?":
        values = np.array([1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1], code)
    else:
        info = np.iinfo(code)
        values = np.array([info.min, info.max, 0, 1, 2, 3, 4, 5, 6, 7, 8, 100], code)
    for order in "<>":
        typed = values.astype(np.dtype(code).newbyteorder(order)).reshape(2, 3, 2)
        arrays[f"{code.replace('?', 'b')}_{'big' if order == '>' else 'little'}_C"] = typed
        arrays[f"{code.replace('?', 'b')}_{'big' if order == '>' else 'little'}_F"] = np.asfortranarray(typed)
arrays["none"] = np.float32(2.5)
arrays["empty"] = np.zeros((0, 3), "f4")
arrays["one"] = np.arange(5, dtype="f4")
arrays["transposed"] = np.arange(12, dtype="f8").reshape(3, 4).T
# Words whose counts differ, and a name that is not ASCII.
arrays["Größe 大"] = np.arange(6, dtype="i4").reshape(6, 1)
np.savez(OUT / "stored.npz", **arrays)
np.savez_compressed(OUT / "deflated.npz", **arrays)
keep("stored.npz", arrays)
keep("deflated.npz", arrays)

# Blocks of every kind, over 32 KB, so that distances are long.
noise = rng.integers(0, 256, 9000).astype("u1")
text = np.frombuffer(b"the quick brown fox jumps over the lazy dog " * 900, "u1")
skewed = np.minimum(rng.geometric(0.3, 20000), 255).astype("u1")
large = {"noise": noise, "text": text, "skewed": skewed, "zeros": np.zeros(30000, "u1"), "again": np.concatenate([noise, noise])}
for level in [1, 9]:
    with zipfile.ZipFile(OUT / f"level-{level}.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, array in large.items():
            data = io.BytesIO()
            np.save(data, array)
            archive.writestr(zipfile.ZipInfo(name + ".npy"), data.getvalue(), zipfile.ZIP_DEFLATED, level)
    expected[f"level-{level}.npz"] = {name: {"sum": int(array.sum()), "length": len(array)} for name, array in large.items()}


class Unseekable(io.RawIOBase):
    """A pipe: sizes and CRC stand behind the data."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


few = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.ones(3, "f8")}
pipe = Unseekable()
with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, array in few.items():
        data = io.BytesIO()
        np.save(data, array)
        # Without the end .npy, which np.load takes off.
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as file:
            file.write(data.getvalue())
(OUT / "pipe.npz").write_bytes(pipe.data)
keep("pipe.npz", few)

# As an archive of many gigabytes has them: offsets and counts in the records of zip64.
limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 1
np.savez(OUT / "zip64.npz", **few)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
keep("zip64.npz", few)

for version in [(1, 0), (2, 0), (3, 0)]:
    with open(OUT / f"version-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, few["a"], version=version)
    keep(f"version-{version[0]}.npy", {"": few["a"]})

np.save(OUT / "refuse-objects.npy", np.array([{"a": 1}, None], object), allow_pickle=True)
np.save(OUT / "refuse-text.npy", np.array(["one", "two"]))
np.save(OUT / "refuse-bytes.npy", np.array([b"one", b"two"]))
np.save(OUT / "refuse-structure.npy", np.zeros(2, [("x", "f4"), ("y", "i4")]))
np.save(OUT / "refuse-complex.npy", np.zeros(2, "c8"))
np.save(OUT / "refuse-dates.npy", np.array(["2020-01-01"], "M8[D]"))
np.savez(OUT / "refuse-objects.npz", weights=few["a"], names=np.array([None], object))

(OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


# scikit-learn: weights by the snippets of docs/scikit-learn.md, and outputs in float64.
def save(path, mlp, scaler=None):
    layers = [a for W, b in zip(mlp.coefs_, mlp.intercepts_) for a in (W.T, b)]
    scaling = [] if scaler is None else [scaler.mean_, scaler.scale_**2]
    np.savez(path, *scaling, *layers)


X = rng.normal([3, -1, 0.5, 10], [2, 1, 0.1, 5], (120, 4))
classes = (X[:, 0] > 3).astype(int) + (X[:, 3] > 12)
scaler = StandardScaler().fit(X)
cases = {
    "classifier": (MLPClassifier((8, 5), "relu", random_state=1, max_iter=60), scaler, classes),
    "binary": (MLPClassifier((6,), "tanh", random_state=2, max_iter=60), scaler, classes > 0),
    "multilabel": (MLPClassifier((7,), "logistic", random_state=3, max_iter=60), scaler, np.stack([classes > 0, X[:, 1] > 0], 1)),
    "regressor": (MLPRegressor((9, 4), "relu", random_state=4, max_iter=60), scaler, X[:, :2] / 3),
    "linear": (MLPRegressor((3,), "identity", random_state=5, max_iter=60), None, X[:, 0] / 3),
}
x = X[:9].astype("f4")
outputs = {"x": x.tolist()}
for name, (mlp, scaling, y) in cases.items():
    inputs = X if scaling is None else scaling.transform(X)
    mlp.fit(inputs, y)
    rows = x.astype("f8") if scaling is None else scaling.transform(x.astype("f8"))
    predict = mlp.predict_proba if isinstance(mlp, MLPClassifier) else mlp.predict
    save(OUT / f"sklearn-{name}.npz", mlp, scaling)
    outputs[name] = {"activation": mlp.activation, "out": mlp.out_activation_, "outputs": np.asarray(predict(rows)).tolist()}
(OUT / "sklearn.json").write_text(json.dumps(outputs, separators=(",", ":")) + "\n")
