"""PyTorch's side of `bench -- step`: takes as many steps as it is told to on stdin, and tells how long they took.

The request is a JSON object (bench/protocol.ts): {name, batch, threads, layout, device, adam, twin}.
"""

import json
import sys
import time
from typing import Any, Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cases import CASES, Case
from twin import load_weights, read_twin, twin_batch

HARD, SOFT, TEMPERATURE, LEARNING_RATE = 0.3, 0.7, 4.0, 1e-3
MATMUL_SIZE = 1536
BATCHES = 4


def main() -> None:
    request = json.loads(sys.argv[1])
    torch.set_num_threads(request["threads"])
    torch.manual_seed(1)
    # Lets cuDNN choose its fastest algorithms, as one does where all batches have one size.
    torch.backends.cudnn.benchmark = True
    if request["name"] == "matmul":
        step, sizes = matmul_step(request)
    else:
        step, sizes = distillation_step(CASES[request["name"]], request)
    device = torch.device(request["device"])
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    tell(event="ready", sizes=sizes, stepMultiplyAdds=None, device=f"torch {torch.__version__}, {where}")
    taken = 0
    for line in sys.stdin:
        steps = int(line)
        loss = float("nan")
        started, used_before = time.perf_counter(), time.process_time()
        for _ in range(steps):
            # Reading the value waits for the device.
            loss = step(taken).item()
            taken += 1
        milliseconds = 1000 * (time.perf_counter() - started) / steps
        processor_milliseconds = 1000 * (time.process_time() - used_before) / steps
        tell(event="turn", milliseconds=milliseconds, processorMilliseconds=processor_milliseconds, loss=loss, compilation=None)


def distillation_step(case: Case, request: dict[str, Any]) -> tuple[Callable[[int], Tensor], dict[str, Any]]:
    device = torch.device(request["device"])
    memory_format = torch.channels_last if request["layout"] == "channels_last" else torch.contiguous_format
    student = place(case.student(), device, memory_format).train()
    teacher = place(case.teacher(), device, memory_format).eval() if case.teacher else None
    adapter = (
        place(nn.Conv2d(case.guided_channels, case.hint_shape[0], 1), device, memory_format)
        if case.hint_shape
        else None
    )
    parameters = [*student.parameters(), *(adapter.parameters() if adapter else [])]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=request["adam"] == "fused" or None)
    batches = [make_batch(case, request["batch"], memory_format) for _ in range(BATCHES)]
    models = {"student": student, "adapter": adapter, "teacher": teacher}
    shapes = {"student": case.image_shape, "adapter": guided_shape(case), "teacher": case.image_shape}
    checking = request["twin"] is not None
    sizes = {part: size_of(model, shapes[part], count=checking) for part, model in models.items()}
    student.train()
    if checking:
        twin = read_twin(request["twin"])
        batches = [twin_batch(twin, index) for index in range(BATCHES)]
        for part, model in models.items():
            if model is not None:
                load_weights(model, part, twin)

    def step(index: int) -> Tensor:
        images, labels, logits, hint = (
            None if tensor is None else tensor.to(device, non_blocking=True) for tensor in batches[index % BATCHES]
        )
        if teacher is not None:
            with torch.no_grad():
                logits, hint = teacher(images)
        found, guided = student(images)
        soft = F.kl_div(
            F.log_softmax(found / TEMPERATURE, 1), F.softmax(logits / TEMPERATURE, 1), reduction="batchmean"
        )
        loss = HARD * F.cross_entropy(found, labels) + SOFT * TEMPERATURE**2 * soft
        if adapter is not None:
            loss = loss + F.mse_loss(adapter(guided), hint)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, sizes


def guided_shape(case: Case) -> tuple[int, int, int] | None:
    return (case.guided_channels, *case.hint_shape[1:]) if case.hint_shape else None


def matmul_step(request: dict[str, Any]) -> tuple[Callable[[int], Tensor], dict[str, Any]]:
    device = torch.device(request["device"])
    left, right = (torch.rand(MATMUL_SIZE, MATMUL_SIZE, device=device) - 0.5 for _ in range(2))
    nothing = {"parameters": 0, "multiplyAdds": 0}
    return lambda _: (left @ right)[0, 0], {"student": nothing, "adapter": nothing, "teacher": nothing}


def place(model: nn.Module, device: torch.device, memory_format: torch.memory_format) -> nn.Module:
    return model.to(device, memory_format=memory_format)


def make_batch(case: Case, batch: int, memory_format: torch.memory_format) -> tuple[Tensor | None, ...]:
    """Images, labels, and what the teacher says where it is given, on the host and in the layout of the models."""

    def maps(shape: tuple[int, int, int]) -> Tensor:
        return torch.randn(batch, *shape).contiguous(memory_format=memory_format)

    cached = case.teacher is None
    return (
        maps(case.image_shape),
        torch.randint(10, (batch,)),
        torch.randn(batch, 10) if cached else None,
        maps(case.hint_shape) if cached and case.hint_shape else None,
    )


def size_of(model: nn.Module | None, shape: tuple[int, int, int] | None, count: bool) -> dict[str, int | None]:
    if model is None or shape is None:
        return {"parameters": 0, "multiplyAdds": 0}
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"parameters": parameters, "multiplyAdds": multiply_adds(model, shape) if count else None}


def multiply_adds(model: nn.Module, shape: tuple[int, int, int]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    device = next(model.parameters()).device
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(torch.zeros(1, *shape, device=device))
    return counter.get_total_flops() // 2


def tell(**message: Any) -> None:
    print(json.dumps(message, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
