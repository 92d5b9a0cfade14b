"""PyTorch's side of `bench -- train` and `bench -- start`: the loop that one writes for distillation.

The request is a JSON object (TorchTraining in bench/training.ts).
"""

import json
import struct
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from models import ConvNet, ResidualNet

HARD, SOFT, TEMPERATURE, LEARNING_RATE = 0.3, 0.7, 4.0, 1e-3

TEACHERS = {
    "conv": lambda: ConvNet((32, 64, 128), depth=2, guided=1, inputs=1),
    "resnet": lambda: ResidualNet(((16, 9), (32, 9), (64, 9)), inputs=1),
}
STUDENTS = {
    "conv": lambda: ConvNet((16, 32, 64), guided=1, inputs=1),
    "resnet": lambda: ResidualNet(((16, 3), (32, 3), (64, 3)), inputs=1),
}
HINT_CHANNELS = {"conv": (32, 64), "resnet": (32, 32)}


def main() -> None:
    request = json.loads(sys.argv[1])
    torch.set_num_threads(request["threads"])
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    device = torch.device(request["device"])
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    tell(event="start", device=f"torch {torch.__version__}, {where}")
    folder = Path(request["folder"])
    loaders = {
        split: DataLoader(
            TensorDataset(read_images(folder / f"{split}-images.idx"), read_labels(folder / f"{split}-labels.idx")),
            batch_size=request["batch"] if split == "train" else 250,
            shuffle=split == "train",
            pin_memory=device.type == "cuda",
        )
        for split in ("train", "test")
    }
    weights = folder / "teacher.pt"
    if request["who"] == "teacher":
        teacher = TEACHERS[request["pair"]]().apply(initialize)
        fit(teacher, None, loaders, folder / "teacher", request)
        torch.save(teacher.state_dict(), weights)
        return
    teacher = TEACHERS[request["pair"]]()
    teacher.load_state_dict(torch.load(weights, map_location="cpu"))
    student = STUDENTS[request["pair"]]().apply(initialize)
    fit(student, teacher, loaders, folder / "student", request)


def fit(
    student: nn.Module,
    teacher: nn.Module | None,
    loaders: dict[str, DataLoader],
    prefix: Path,
    request: dict[str, Any],
) -> None:
    device = torch.device(request["device"])
    memory_format = torch.channels_last if request["layout"] == "channels_last" else torch.contiguous_format
    student.to(device, memory_format=memory_format)
    adapter = None
    if teacher is not None:
        teacher.to(device, memory_format=memory_format).eval()
        if request["hints"]:
            adapter = nn.Conv2d(*HINT_CHANNELS[request["pair"]], 1).to(device, memory_format=memory_format)
    parameters = [*student.parameters(), *(adapter.parameters() if adapter else [])]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=request["adam"] == "fused" or None)
    best = -1.0
    told = False
    for epoch in range(request["epochs"]):
        student.train()
        running = 0.0
        for images, labels in loaders["train"]:
            images = images.to(device, non_blocking=True, memory_format=memory_format)
            labels = labels.to(device, non_blocking=True)
            logits, guided = student(images)
            loss = F.cross_entropy(logits, labels)
            if teacher is not None:
                with torch.no_grad():
                    targets, hint = teacher(images)
                loss = HARD * loss + SOFT * soft_target_loss(logits, targets)
                if adapter is not None:
                    loss = loss + F.mse_loss(adapter(guided), hint)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            running += loss.item()
            if not told:
                tell(event="step")
                told = True
        accuracy = evaluate(student, loaders["test"], device, memory_format)
        tell(event="epoch", accuracy=accuracy)
        state = {
            "student": student.state_dict(),
            "adapter": adapter.state_dict() if adapter else None,
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
            "loss": running / len(loaders["train"]),
        }
        torch.save(state, f"{prefix}-last.pt")
        if accuracy > best:
            best = accuracy
            torch.save(state, f"{prefix}-best.pt")


def initialize(module: nn.Module) -> None:
    """He et al. 2015, as the zoo's models start, so that both sides learn alike."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


def soft_target_loss(student: Tensor, teacher: Tensor) -> Tensor:
    soft = F.kl_div(
        F.log_softmax(student / TEMPERATURE, 1), F.softmax(teacher / TEMPERATURE, 1), reduction="batchmean"
    )
    return TEMPERATURE**2 * soft


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: torch.device, memory_format: torch.memory_format) -> float:
    model.eval()
    right = total = 0
    for images, labels in loader:
        logits, _ = model(images.to(device, memory_format=memory_format))
        right += (logits.argmax(1) == labels.to(device)).sum().item()
        total += len(labels)
    return right / total


def read_images(file: Path) -> Tensor:
    return read_idx(file).unsqueeze(1).float() / 255


def read_labels(file: Path) -> Tensor:
    return read_idx(file).long()


def read_idx(file: Path) -> Tensor:
    data = bytearray(file.read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * rank).reshape(shape)


def tell(**message: Any) -> None:
    print(json.dumps(message, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
