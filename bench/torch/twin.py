"""Starts from the weights and batches that bench/cases/twin.ts wrote, for `bench -- step --check`."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def read_twin(file: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file."""
    data = bytearray(Path(file).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    dtypes = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        dtype = dtypes[entry["dtype"]]
        count = (last - first) // 4
        tensors[name] = torch.frombuffer(data, dtype=dtype, count=count, offset=start + first).reshape(entry["shape"])
    return tensors


def load_weights(model: nn.Module, part: str, twin: dict[str, Tensor]) -> None:
    """Both sides have their weights in the order in which the layers run."""
    names = [name for name in model.state_dict() if not name.endswith("num_batches_tracked")]
    state = {name: twin[f"{part}/{index}"] for index, name in enumerate(names)}
    model.load_state_dict(state, strict=False)
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (2, 2) and module.kernel_size == (3, 3):
            pad_like_tensorflow(module)


def pad_like_tensorflow(module: nn.Conv2d) -> None:
    """TensorFlow pads maps of even size after their last pixel only; the work is the same, the values are not."""
    module.padding = (0, 0)
    module.register_forward_pre_hook(lambda _, inputs: F.pad(inputs[0], (0, 1, 0, 1)))


def twin_batch(twin: dict[str, Tensor], index: int) -> tuple[Tensor | None, ...]:
    names = ("images", "labels", "teacherLogits", "teacherHint")
    images, labels, logits, hint = (twin.get(f"batch/{index}/{name}") for name in names)
    return images, labels.long(), logits, hint
