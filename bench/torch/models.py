"""The networks of the cases, the same as bench/cases builds with tfjs: same layers, same shapes, same parameters."""

from torch import Tensor, nn


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Mlp(nn.Module):
    def __init__(self, sizes: tuple[int, ...]):
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in zip(sizes[:-2], sizes[1:-1]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        return self.layers(images), None


class ConvNet(nn.Module):
    """Blocks of `depth` convolutions with max pooling between them; the guided layer is the output of a block."""

    def __init__(self, channels: tuple[int, ...], depth: int = 1, guided: int | None = None, inputs: int = 3):
        super().__init__()
        self.guided = guided
        self.blocks = nn.ModuleList()
        for width in channels:
            layers: list[nn.Module] = []
            for _ in range(depth):
                layers += [conv_norm(inputs, width), nn.ReLU(inplace=True)]
                inputs = width
            self.blocks.append(nn.Sequential(*layers))
        self.pool = nn.MaxPool2d(2)
        self.logits = nn.Linear(inputs, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        maps, hint = images, None
        for index, block in enumerate(self.blocks):
            maps = block(maps)
            if index == self.guided:
                hint = maps
            if index < len(self.blocks) - 1:
                maps = self.pool(maps)
        return self.logits(maps.mean((2, 3))), hint


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.first = conv_norm(inputs, outputs, stride=stride)
        self.second = conv_norm(outputs, outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, kernel=1, stride=stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        inner = self.second(self.relu(self.first(maps)))
        return self.relu(inner + self.shortcut(maps))


class ResidualNet(nn.Module):
    """Stages of residual blocks, given as (channels, blocks); the hint is the output of the second stage."""

    def __init__(self, stages: tuple[tuple[int, int], ...], inputs: int = 3):
        super().__init__()
        width = stages[0][0]
        self.stem = nn.Sequential(conv_norm(inputs, width), nn.ReLU(inplace=True))
        self.stages = nn.ModuleList()
        for stage, (channels, count) in enumerate(stages):
            blocks = []
            for block in range(count):
                blocks.append(ResidualBlock(width, channels, 2 if stage > 0 and block == 0 else 1))
                width = channels
            self.stages.append(nn.Sequential(*blocks))
        self.logits = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        maps, hint = self.stem(images), None
        for index, stage in enumerate(self.stages):
            maps = stage(maps)
            if index == 1:
                hint = maps
        return self.logits(maps.mean((2, 3))), hint


class SeparableNet(nn.Module):
    """A 3×3 stem and depthwise separable blocks, given as (channels, stride)."""

    def __init__(self, stem: int, blocks: tuple[tuple[int, int], ...]):
        super().__init__()
        layers: list[nn.Module] = [conv_norm(3, stem), nn.ReLU(inplace=True)]
        width = stem
        for channels, stride in blocks:
            layers += [conv_norm(width, width, stride=stride, groups=width), nn.ReLU(inplace=True)]
            layers += [conv_norm(width, channels, kernel=1), nn.ReLU(inplace=True)]
            width = channels
        self.layers = nn.Sequential(*layers)
        self.logits = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        return self.logits(self.layers(images).mean((2, 3))), None
