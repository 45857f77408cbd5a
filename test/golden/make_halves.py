"""Reference values of 16-bit types: float32 numbers by their bits, rounded by NumPy (float16) and PyTorch (bfloat16).

Run:  python3 make_halves.py OUT_DIR
"""
import json, pathlib, sys
import numpy as np
import torch

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(3)

# Any bits; magnitudes around those of weights, and of numbers below the smallest normal float16; ties and their
# neighbours; the ends of the ranges.
some = rng.integers(0, 2**32, 300, dtype=np.uint32)
weights = rng.normal(size=150).astype(np.float32).view(np.uint32)
small = (rng.normal(size=150) * 2.0**-18).astype(np.float32).view(np.uint32)
halves = rng.integers(0, 0x7BFF, 60).astype(np.uint16).view(np.float16).astype(np.float64)
after = np.nextafter(halves.astype(np.float16), np.float16(np.inf)).astype(np.float64)
ties = ((halves + after) / 2).astype(np.float32).view(np.uint32)
brains = (rng.integers(0, 0x7F7F, 60).astype(np.uint32) << 16) + 0x8000
ends = np.array([0, 0x80000000, 0x7F7FFFFF, 0x7F7F7FFF, 0x7F7F8000, 0x477FEFFF, 0x477FF000, 0x33000000, 0x33000001,
                 0x38800000, 0x387FFFFF, 0x00000001, 0x7F800000, 0xFF800000], dtype=np.uint32)
bits = np.concatenate([some, weights, small, ties, ties + 1, ties - 1, brains, brains + 1, brains - 1, ends]).astype(np.uint32)
values = bits.view(np.float32)
values = values[~np.isnan(values)]
with np.errstate(over="ignore"):
    half = values.astype(np.float16).view(np.uint16)
brain = torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)

out = dict(bits=values.view(np.uint32).tolist(), float16=half.tolist(), bfloat16=brain.tolist())
(OUT / "halves.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
