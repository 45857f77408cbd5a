"""safetensors files of PyTorch's weights, and what the networks give, in float64 (Debian package python3-torch).

Run:  python3 make_pytorch_files.py OUT_DIR

Debian has no package of safetensors: `save_file` writes the format (github.com/huggingface/safetensors, README), with
the tensors ordered as that library orders them, by type and then by name.
"""
import json, pathlib, struct, sys
import torch
from torch import nn

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
NAMES = {torch.float64: "F64", torch.int64: "I64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def save_file(path, tensors, metadata={"format": "pt"}):
    order = list(NAMES)
    header, data = {}, b""
    for name in sorted(tensors, key=lambda name: (order.index(tensors[name].dtype), name)):
        tensor = tensors[name].contiguous()
        # NumPy knows no bfloat16: its bits are those of an int16.
        bits = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
        raw = bits.numpy().tobytes()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    if metadata is not None:
        header["__metadata__"] = metadata
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Named(nn.Module):
    """Modules whose names have another order than their layers: out, then h10 and h9."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(6, 2)
        self.h10 = nn.Linear(6, 6)
        self.h9 = nn.Linear(6, 6)
        self.first = nn.Linear(4, 6)

    def forward(self, x):
        return self.out(torch.tanh(self.h10(torch.tanh(self.h9(torch.tanh(self.first(x)))))))


torch.manual_seed(5)
x = torch.randn(7, 4)
sequence = nn.Sequential(
    nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 5), nn.LayerNorm(5), nn.PReLU(5), nn.Linear(5, 3), nn.Softmax(1)
)
sequence.train()
for _ in range(20):
    sequence(torch.randn(16, 4) * 2 + 1)
for parameter in sequence.parameters():
    parameter.data += 0.05 * torch.randn_like(parameter)
named = Named()


def outputs(network):
    with torch.no_grad():
        return network.double().eval()(x.double()).tolist()


expected = {"x": x.double().tolist()}
for name, dtype in {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16, "float64": torch.float64}.items():
    state = sequence.state_dict()
    tensors = {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}
    # The outputs are those of the rounded weights.
    again = nn.Sequential(*[type(module)(*arguments) for module, arguments in zip(sequence, [(4, 8), (8,), (), (8, 5), (5,), (5,), (5, 3), (1,)])]).double()
    again.load_state_dict({key: value.double() if value.is_floating_point() else value for key, value in tensors.items()})
    expected[name] = outputs(again)
    prefix = "module." if name == "float16" else ""
    save_file(OUT / f"{name}.safetensors", {prefix + key: value for key, value in tensors.items()}, None if name == "float64" else {} if name == "bfloat16" else {"format": "pt"})
save_file(OUT / "named.safetensors", named.state_dict())
expected["named"] = outputs(named)
(OUT / "expected.json").write_text(json.dumps(expected, indent=1))
