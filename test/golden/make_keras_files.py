"""Files in the layouts of Keras 2 and 3, written with h5py (Debian package python3-h5py), and outputs of their networks
in float64, computed here from the files alone.

Run:  python3 make_keras_files.py OUT_DIR            makes the files and expected.json
      python3 make_keras_files.py --expect FOLDER    makes expected.json for files of Keras that are in a folder
"""
import io, json, math, pathlib, re, sys, zipfile
import h5py
import numpy as np

# ---- What a network of a file computes ----


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


SELU = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "swish": lambda z: z * sigmoid(z),
    "silu": lambda z: z * sigmoid(z),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "selu": lambda z: SELU[1] * np.where(z > 0, z, SELU[0] * np.expm1(z)),
    "gelu": lambda z: z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2,
    "softplus": lambda z: np.logaddexp(0, z),
}


def snake(name):
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class Third:
    """Weights of Keras 3, by the classes of the layers in their order."""

    def __init__(self, group):
        self.group, self.seen = group, {}

    def layer(self, layer):
        name = snake(layer["class_name"])
        number = self.seen[name] = self.seen.get(name, -1) + 1
        return self.group.get(name + (f"_{number}" if number else ""))

    def inner(self, layer):
        return Third(self.layer(layer)["layers"])

    def weights(self, layer):
        group = self.layer(layer)
        group = None if group is None else group.get("vars")
        return [] if group is None else [group[str(i)][()] for i in range(len(group))]


class Second:
    """Weights of Keras 2, by the names of the layers of the outermost model."""

    def __init__(self, group, queue=None):
        self.group, self.queue = group, queue

    def inner(self, layer):
        names = self.group[layer["config"]["name"]].attrs["weight_names"]
        return Second(None, [self.group[layer["config"]["name"]][name][()] for name in names])

    def weights(self, layer, count):
        if self.queue is not None:
            return [self.queue.pop(0) for _ in range(count)]
        # Files have no group for the input of a Sequential model.
        group = self.group.get(layer["config"]["name"])
        return [] if group is None else [group[name][()] for name in group.attrs["weight_names"]]


def count_of(name, config):
    """Number of weights."""
    return {
        "Dense": 1 + config.get("use_bias", True),
        "BatchNormalization": 2 + config.get("scale", True) + config.get("center", True),
        "LayerNormalization": config.get("scale", True) + config.get("center", True),
        "PReLU": 1,
        "Normalization": 3,
    }.get(name, 0)


def function(layer, source):
    """What a layer computes."""
    name, config = layer["class_name"], layer["config"]
    if name in ("Sequential", "Functional", "Model"):
        return model(layer, source.inner(layer))
    w = source.weights(layer) if isinstance(source, Third) else source.weights(layer, count_of(name, config))
    w = [one.view(np.uint16).astype("u4").__lshift__(16).view("f4") if one.dtype.kind == "V" else one for one in w]
    w = [np.asarray(one, "f8") for one in w]
    activation = ACTIVATIONS[config.get("activation", "linear")] if isinstance(config.get("activation", "linear"), str) else None
    axes = config.get("scale", True), config.get("center", True)
    if name == "Dense":
        return lambda x: activation(x @ w[0] + (w[1] if config.get("use_bias", True) else 0))
    if name in ("Dropout", "GaussianNoise", "InputLayer"):
        return lambda x: x
    if name == "Flatten":
        return lambda x: x.reshape(len(x), -1)
    if name == "Activation":
        return activation
    if name == "ReLU":
        return ACTIVATIONS["relu"]
    if name == "Softmax":
        return softmax
    if name == "LeakyReLU":
        slope = config.get("negative_slope", config.get("alpha"))
        return lambda x: np.where(x > 0, x, slope * x)
    if name == "PReLU":
        return lambda x: np.where(x > 0, x, w[0] * x)
    if name == "BatchNormalization":
        scale, shift = (w[0] if axes[0] else 1), (w[int(axes[0])] if axes[1] else 0)
        return lambda x: (x - w[-2]) / np.sqrt(w[-1] + config["epsilon"]) * scale + shift
    if name == "LayerNormalization":
        scale, shift = (w[0] if axes[0] else 1), (w[int(axes[0])] if axes[1] else 0)
        return lambda x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config["epsilon"]) * scale + shift
    if name == "Normalization":
        return lambda x: (x - w[0]) / np.sqrt(w[1])
    if name == "Rescaling":
        return lambda x: x * config["scale"] + config["offset"]
    if name == "Concatenate":
        return lambda *xs: np.concatenate(xs, -1)
    if name == "Add":
        return lambda *xs: sum(xs)
    if name == "Multiply":
        return lambda *xs: math.prod(xs)
    raise ValueError(name)


def histories(value):
    """Tensors in the arguments of a call: [layer, use, output], in order."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"]]
        return [one for inner in value.values() for one in histories(inner)]
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return [value[:3]]
        return [one for inner in value for one in histories(inner)]
    return []


def calls(layer):
    nodes = layer["inbound_nodes"]
    return [histories(node["args"]) if isinstance(node, dict) else histories(node) for node in nodes]


def model(described, source):
    config = described["config"]
    layers = config["layers"] if isinstance(config, dict) else config
    functions = [function(layer, source) for layer in layers]
    if described["class_name"] == "Sequential":

        def chain(x):
            for one in functions:
                x = one(x)
            return x

        return chain
    by_name = {layer["name"]: (layer, one) for layer, one in zip(layers, functions)}

    def graph(*xs):
        values = {(name, 0): x for (name, _, _), x in zip(histories(config["input_layers"]), xs)}

        def value(name, use):
            if (name, use) not in values:
                layer, one = by_name[name]
                # The first use of a model in a model is its definition, in Keras 2.
                uses = calls(layer)
                values[name, use] = one(*[value(*history[:2]) for history in uses[use if use < len(uses) else use - 1]])
            return values[name, use]

        found = [value(*history[:2]) for history in histories(config["output_layers"])]
        return found if len(found) > 1 else found[0]

    return graph


def opened(path):
    """The configuration of a file and its weights."""
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        described = json.loads(archive.read("config.json"))
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
        for name in ["layers", "_layer_checkpoint_dependencies"]:
            if name in file:
                return described, Third(file[name])
    file = h5py.File(path, "r")
    return json.loads(file.attrs["model_config"]), Second(file["model_weights"])


def inputs_of(described):
    config = described["config"]
    layers = config["layers"] if isinstance(config, dict) else config
    shapes = {}
    for layer in layers:
        one = layer["config"]
        shape = one.get("batch_shape") or one.get("batch_input_shape")
        if shape is not None and (layer["class_name"] == "InputLayer" or not shapes):
            shapes[one["name"]] = shape[1:]
        if described["class_name"] == "Sequential" and shapes:
            return list(shapes.values())
    return [shapes[name] for name, _, _ in histories(config["input_layers"])]


def expected(path, rows=4, seed=11):
    described, source = opened(path)
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=(rows, *shape)).astype("f4") for shape in inputs_of(described)]
    outputs = model(described, source)(*[one.astype("f8") for one in inputs])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return {"inputs": [one.ravel().tolist() for one in inputs], "outputs": [one.ravel().tolist() for one in outputs]}


if sys.argv[1] == "--expect":
    folder = pathlib.Path(sys.argv[2])
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in (".keras", ".h5") and not path.name.startswith("refuse") and not path.name.endswith(".weights.h5"):
            found[path.name] = expected(path)
    (folder / "expected.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
    sys.exit()

# ---- Files of our own ----

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(3)


def tensor(history):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": history}}


def layer(kind, name, config, *calls):
    """A layer as Keras 3 writes it; `calls` are lists of layers, or of [layer, use, output]."""
    inbound = [[tensor([one, 0, 0] if isinstance(one, str) else one) for one in call] for call in calls]
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}, **config},
        "registered_name": None,
        **({"name": name, "inbound_nodes": [{"args": one if len(one) == 1 else [one], "kwargs": {}} for one in inbound]} if calls or kind == "InputLayer" else {}),
    }


def dense(name, units, activation, *calls, **config):
    return layer("Dense", name, {"units": units, "activation": activation, "use_bias": True, **config}, *calls)


def sequential(name, layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": name, "trainable": True, "layers": layers}, "registered_name": None}


def functional(name, layers, inputs, outputs):
    leaves = [[[one, 0, 0] for one in names] for names in (inputs, outputs)]
    leaves = [one[0] if len(one) == 1 else one for one in leaves]
    config = {"name": name, "trainable": True, "layers": layers, "input_layers": leaves[0], "output_layers": leaves[1]}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def fresh(kind, config, inputs):
    """Weights of a layer, and the width of its output."""
    normal = lambda *shape: (rng.normal(size=shape) / math.sqrt(shape[0])).astype("f4")
    if kind == "Dense":
        units = config["units"]
        return [normal(inputs, units)] + ([normal(units)] if config["use_bias"] else []), units
    if kind == "BatchNormalization":
        learned = [1 + normal(inputs)] * config.get("scale", True) + [normal(inputs)] * config.get("center", True)
        return [*learned, normal(inputs), (0.5 + rng.random(inputs)).astype("f4")], inputs
    if kind == "LayerNormalization":
        return [1 + normal(inputs), normal(inputs)], inputs
    if kind == "PReLU":
        return [normal(inputs)], inputs
    if kind == "Normalization":
        return [normal(inputs), (0.5 + rng.random(inputs)).astype("f4"), np.int32(0)], inputs
    return [], inputs


def write_third(described, group, widths, dtype="f4"):
    """Writes weights as Keras 3 does: by the class of each layer and its number. `widths` are those of the inputs."""
    config = described["config"]
    seen, width = {}, dict(widths)
    last = next(iter(widths.values()))
    for one in config["layers"]:
        name = snake(one["class_name"])
        number = seen[name] = seen.get(name, -1) + 1
        own = group.require_group("layers").create_group(name + (f"_{number}" if number else ""))
        if one["class_name"] == "InputLayer":
            last = width[one["config"]["name"]] = widths.get(one["config"]["name"], last)
            own.create_group("vars")
            continue
        nodes = [history[0] for call in calls(one)[:1] for history in call] if "inbound_nodes" in one else []
        if nodes:
            last = sum(width[node] for node in nodes) if one["class_name"] == "Concatenate" else width[nodes[0]]
        if one["class_name"] in ("Sequential", "Functional"):
            inner = one["config"]["layers"][0]["config"]["name"]
            last = write_third(one, own, {inner: last}, dtype)
        else:
            weights, last = fresh(one["class_name"], one["config"], last)
            variables = own.create_group("vars")
            for i, value in enumerate(weights):
                if dtype == "bfloat16" and value.dtype.kind == "f":
                    bits = (value.view("u4") >> 16).astype("u2")
                    variables.create_dataset(str(i), data=bits.view("V2")).attrs["dtype"] = "bfloat16"
                else:
                    variables[str(i)] = value.astype(dtype) if value.dtype.kind == "f" else value
        width[one["config"]["name"]] = last
    return last


def write_keras(path, described, widths, dtype="f4", version="3.13.2", libver="earliest"):
    data = io.BytesIO()
    with h5py.File(data, "w", libver=libver) as file:
        write_third(described, file, widths, dtype)
        # What an optimizer leaves.
        variables = file.create_group("optimizer").create_group("vars")
        variables["0"], variables["1"] = np.int64(7), np.float32(1e-3)
    config = json.dumps({**described, "compile_config": {"optimizer": "adam", "loss": "mse"}})
    with zipfile.ZipFile(OUT / path, "w") as archive:
        for name, text in [("metadata.json", json.dumps({"keras_version": version})), ("config.json", config)]:
            archive.writestr(zipfile.ZipInfo(name), text)
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), data.getvalue())
    return data.getvalue()


def plain(one):
    """A layer as Keras 2 wrote it."""
    config = {key: value for key, value in one["config"].items() if key != "dtype"}
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    if "layers" in config:
        config["layers"] = [plain(inner) for inner in config["layers"]]
    result = {"class_name": one["class_name"], "config": config}
    if "inbound_nodes" in one:
        result["name"] = one["name"]
        result["inbound_nodes"] = [[history + [{}] for history in call] for call in calls(one)]
    for name in ("input_layers", "output_layers"):
        if name in config:
            config[name] = histories(config[name])
    return result


NAMES = {
    "Dense": ["kernel", "bias"],
    "BatchNormalization": ["gamma", "beta", "moving_mean", "moving_variance"],
    "LayerNormalization": ["gamma", "beta"],
    "PReLU": ["alpha"],
    "Normalization": ["mean", "variance", "count"],
}


def write_second(path, described, width, version="2.11.0"):
    """Writes a whole model as Keras 2 did: weights by the names of layers, the configuration as an attribute."""
    described = plain({**described, "config": {**described["config"]}})
    with h5py.File(OUT / path, "w") as file:
        file.attrs["model_config"] = json.dumps(described).encode()
        file.attrs["keras_version"], file.attrs["backend"] = version, "tensorflow"
        weights = file.create_group("model_weights")

        def write(one, group, width):
            if one["class_name"] in ("Sequential", "Functional"):
                names = []
                for inner in one["config"]["layers"]:
                    more, width = write(inner, group, width)
                    names += more
                return names, width
            values, width = fresh(one["class_name"], one["config"], width)
            left_out = [name for name, flag in [("gamma", "scale"), ("beta", "center")] if not one["config"].get(flag, True)]
            own = [name for name in NAMES.get(one["class_name"], []) if name not in left_out][: len(values)]
            names = [f"{one['config']['name']}/{name}:0" for name in own]
            for name, value in zip(names, values):
                group[name] = value
            return names, width

        for one in described["config"]["layers"]:
            group = weights.create_group(one["config"]["name"])
            names, width = write(one, group, width)
            group.attrs["weight_names"] = np.array([name.encode() for name in names], "S") if names else np.zeros(0)


def first(width, name="input_layer"):
    return layer("InputLayer", name, {"batch_shape": [None, width]})


chain = sequential(
    "sequential",
    [
        first(4),
        layer("Normalization", "normalization", {"axis": -1, "invert": False, "mean": None, "variance": None}),
        dense("dense_7", 8, "gelu"),
        layer("BatchNormalization", "batch_normalization_3", {"axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}),
        layer("Dropout", "dropout", {"rate": 0.5}),
        dense("dense_8", 6, "linear", use_bias=False),
        layer("PReLU", "p_re_lu", {"shared_axes": None}),
        layer("LayerNormalization", "layer_normalization", {"axis": -1, "epsilon": 0.001, "center": True, "scale": True}),
        dense("dense_9", 5, "selu"),
        layer("LeakyReLU", "leaky", {"negative_slope": 0.25}),
        dense("dense_10", 3, "softmax"),
    ],
)
bytes_of = {}
for name, dtype in [("float32", "f4"), ("float16", "f2"), ("float64", "f8"), ("bfloat16", "bfloat16")]:
    bytes_of[name] = write_keras(f"chain-{name}.keras", chain, {"input_layer": 4}, dtype)
few = sequential("few", [first(3), dense("a", 4, "elu"), dense("b", 2, "softplus")])
write_keras("few-hdf5-1.8.keras", few, {"input_layer": 3}, libver="latest")
write_keras("refuse-many-hdf5-1.8.keras", chain, {"input_layer": 4}, libver="latest")
(OUT / "chain.weights.h5").write_bytes(bytes_of["float32"])
(OUT / "chain.json").write_text(json.dumps(chain))

# More than eight layers of a class: their groups have no alphabetical order, and a table of names is full.
write_keras("many.keras", sequential("deep", [first(3)] + [dense(f"d{i}", 3 + i % 4, "tanh") for i in range(13)]), {"input_layer": 3})

tower = functional("tower", [first(4, "inside"), dense("inner", 4, "tanh", ["inside"]), layer("BatchNormalization", "norm", {"axis": -1, "momentum": 0.9, "epsilon": 0.01, "center": False, "scale": True}, ["inner"])], ["inside"], ["norm"])
head = sequential("head", [first(9, "into"), dense("only", 2, "sigmoid")])
graph = functional(
    "functional",
    [
        first(4, "left"),
        first(4, "right"),
        dense("shared", 4, "relu", ["left"], ["right"]),
        {**tower, "name": "tower", "inbound_nodes": [{"args": [tensor(["shared", 0, 0])], "kwargs": {}}]},
        layer("Add", "add", {}, ["tower", ["shared", 1, 0]]),
        layer("Multiply", "multiply", {}, ["add", "left"]),
        dense("wide", 5, "swish", ["add"]),
        layer("Concatenate", "concatenate", {"axis": -1}, ["multiply", "wide"]),
        {**head, "name": "head", "inbound_nodes": [{"args": [tensor(["concatenate", 0, 0])], "kwargs": {}}]},
        dense("other", 3, "linear", ["concatenate"]),
    ],
    ["left", "right"],
    ["head", "other"],
)
write_keras("graph.keras", graph, {"left": 4, "right": 4})
write_second("chain-2.h5", chain, 4)
nested = functional("model", [first(4), {**tower, "name": "tower", "inbound_nodes": [{"args": [tensor(["input_layer", 0, 0])], "kwargs": {}}]}, dense("out", 2, "softmax", [["tower", 1, 0]])], ["input_layer"], ["out"])
write_second("nested-2.h5", nested, 4)
write_keras("refuse-lstm.keras", sequential("s", [first(4), layer("LSTM", "lstm", {"units": 3})]), {"input_layer": 4})

found = {path.name: expected(path) for path in sorted(OUT.iterdir()) if re.search(r"^(?!refuse).*(\.keras|-2\.h5)$", path.name)}
(OUT / "expected.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
