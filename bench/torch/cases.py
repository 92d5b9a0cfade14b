"""The cases of `bench -- step`; bench/cases/cases.ts builds the same with tfjs."""

from dataclasses import dataclass
from typing import Callable

from torch import nn

from models import ConvNet, Mlp, ResidualNet, SeparableNet


@dataclass
class Case:
    image_shape: tuple[int, int, int]
    """(channels, height, width)."""
    student: Callable[[], nn.Module]
    teacher: Callable[[], nn.Module] | None = None
    """Runs forward in every step; None where what it says is given with the batch."""
    hint_shape: tuple[int, int, int] | None = None
    """(channels, height, width) of the hint."""
    guided_channels: int = 0


def conv_student() -> nn.Module:
    return ConvNet((32, 64, 128), guided=1)


CASES = {
    "mlp": Case((1, 28, 28), lambda: Mlp((784, 800, 800, 10))),
    "conv-cached": Case((3, 32, 32), conv_student, hint_shape=(64, 16, 16), guided_channels=64),
    "conv-teacher": Case(
        (3, 32, 32),
        conv_student,
        teacher=lambda: ResidualNet(((32, 2), (64, 2), (128, 3))),
        hint_shape=(64, 16, 16),
        guided_channels=64,
    ),
    "resnet": Case(
        (3, 32, 32),
        student=lambda: ResidualNet(((16, 3), (32, 3), (64, 3))),
        teacher=lambda: ResidualNet(((16, 9), (32, 9), (64, 9))),
        hint_shape=(32, 16, 16),
        guided_channels=32,
    ),
    "depthwise": Case(
        (3, 32, 32),
        lambda: SeparableNet(32, ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1))),
    ),
}
