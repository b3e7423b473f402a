"""Trains small networks with PyTorch and scikit-learn and saves them as fixtures.

    python make.py              # all of them
    python make.py lens coulomb # some

Each function below makes one fixture: the data, the network, what it is trained for, and the
concept that it must encode for that. Everything is seeded.
"""

import sys

import torch
from torch import nn

import fixture
from fixture import FOLDER, Fixture, Target, draw
from training import Residual, Standardise, before_last, export, fit, gradients, mlp, polish

ROWS = 500


def regression(name, ranges, truth, label, net, about, exporter="new", opset=18, seed=1, steps=8000,
               least=0.999, monotone=True, fixed_batch=False):
    """A network with one output, trained on values of a function of the concept."""
    def loss(net, x):
        return nn.functional.mse_loss(net(x)[:, 0], label(*x.T))

    net = polish(fit(net, loss, ranges, steps=steps, seed=seed), loss, ranges)
    points = draw(seed + 1000, ranges, ROWS)
    slopes = gradients(net, points)
    path = FOLDER / f"{name}.onnx"
    export(net, path, (len(ranges),), exporter, opset, fixed_batch)
    target = Target("output", [truth], slopes, [0], least=least, monotone=monotone)
    fixture.save(Fixture(
        name, path.name, f"PyTorch, {exporter} exporter, opset {opset}", about, list(ranges),
        points, [target], "output", before_last(path), fixed_batch=fixed_batch,
    ))
    return net, points


def reduced_mass():
    torch.manual_seed(11)
    ranges = {"m1": (0.5, 3.0), "m2": (0.5, 3.0)}
    regression("reduced-mass", ranges, "m1*m2/(m1 + m2)", lambda m1, m2: m1 * m2 / (m1 + m2),
               nn.Sequential(Standardise(ranges), *mlp([2, 32, 32, 1], "tanh")),
               "tanh, depth 2, regression", "old", 13)


def energy():
    torch.manual_seed(12)
    ranges = {"m": (0.5, 2.0), "v": (-2.0, 2.0), "k": (0.5, 2.0), "x": (-2.0, 2.0)}
    regression("energy", ranges, "m*v^2 + k*x^2", lambda m, v, k, x: (m * v**2 + k * x**2).sqrt(),
               nn.Sequential(Standardise(ranges), *mlp([4, 40, 40, 40, 1], "gelu", nn.LayerNorm)),
               "GELU, layer norms, depth 3, regression of the root of the energy", "new", 20)


def angular_momentum():
    torch.manual_seed(13)
    ranges = {name: (-1.5, 1.5) for name in ("x", "y", "vx", "vy")}
    block = mlp([32, 32, 32], "silu")
    net = nn.Sequential(nn.Linear(4, 32), nn.SiLU(), Residual(*block), nn.SiLU(), nn.Linear(32, 1))
    regression("angular-momentum", ranges, "x*vy - y*vx",
               lambda x, y, vx, vy: torch.tanh((x * vy - y * vx) / 3), net,
               "SiLU, a residual connection, depth 3, regression", "new", 18)


def coulomb():
    torch.manual_seed(14)
    ranges = {"q1": (0.5, 2.0), "q2": (0.5, 2.0), "r": (0.7, 2.0)}
    regression("coulomb", ranges, "q1*q2/r^2", lambda q1, q2, r: (q1 * q2 / r**2).log(),
               nn.Sequential(Standardise(ranges), *mlp([3, 32, 32, 32, 1], "softplus")),
               "softplus, depth 3, regression of a logarithm", "old", 17)


def lens():
    torch.manual_seed(15)
    ranges = {"f": (0.5, 1.5), "s": (2.5, 5.0)}
    regression("lens", ranges, "f*s/(s - f)", lambda f, s: f * s / (s - f),
               nn.Sequential(Standardise(ranges), *mlp([2, 24, 24, 24, 24, 1], "silu")),
               "SiLU, depth 4, regression", "old", 17)


def ideal_gas():
    torch.manual_seed(16)
    ranges = {"p": (0.5, 2.0), "V": (0.5, 2.0), "T": (0.5, 2.0)}
    regression("ideal-gas", ranges, "p*V/T", lambda p, V, T: (p * V / T).log(),
               nn.Sequential(Standardise(ranges), *mlp([3, 64, 64, 32, 1], "relu")),
               "ReLU, depth 3, regression of a logarithm", "old", 17, least=0.99)


def joule_heat():
    torch.manual_seed(17)
    ranges = {"I": (0.3, 2.0), "R": (0.5, 3.0)}
    regression("joule-heat", ranges, "I^2*R", lambda I, R: (I**2 * R).sqrt(),
               # Behind an affine map an exporter would merge a batch norm into it.
               nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 64), nn.LeakyReLU(0.05),
                             nn.BatchNorm1d(64), nn.Linear(64, 64), nn.LeakyReLU(0.05),
                             nn.Linear(64, 1)),
               "leaky ReLU, batch norms, depth 2, regression", "new", 18, least=0.99)


def bernoulli():
    torch.manual_seed(18)
    ranges = {"p": (0.0, 2.0), "rho": (0.5, 1.5), "v": (0.0, 2.0)}
    regression("bernoulli", ranges, "p + rho*v^2/2", lambda p, rho, v: p + rho * v**2 / 2,
               nn.Sequential(Standardise(ranges), *mlp([3, 32, 32, 1], "elu")),
               "ELU, depth 2, regression, batch fixed to 1", "old", 17, fixed_batch=True)


def wave():
    torch.manual_seed(19)
    ranges = {"k": (0.5, 1.5), "x": (0.0, 2.0), "w": (0.5, 1.5), "t": (0.0, 2.0)}
    regression("wave", ranges, "k*x - w*t", lambda k, x, w, t: torch.sin(k * x - w * t),
               nn.Sequential(Standardise(ranges), *mlp([4, 32, 32, 32, 32, 32, 1], "gelu (tanh)")),
               "GELU by tanh, depth 5, regression of a sine: not monotone", "old", 17,
               monotone=False)


def bottleneck():
    """One neuron is the only way through. Sine and cosine together need all of its concept."""
    torch.manual_seed(20)
    ranges = {name: (-1.0, 1.0) for name in ("x1", "x2", "x3")}
    truth = "x1*x2 + x3^2"
    front = nn.Sequential(*mlp([3, 32, 32, 1], "tanh"))
    net = nn.Sequential(*front, *mlp([1, 24, 24, 2], "tanh"))

    def loss(net, x):
        turn = 2 * (x[:, 0] * x[:, 1] + x[:, 2] ** 2)
        return nn.functional.mse_loss(net(x), torch.stack([turn.sin(), turn.cos()], 1))

    net = polish(fit(net, loss, ranges), loss, ranges)
    points = draw(1020, ranges, ROWS)
    at_neuron, at_output = gradients(net[:5], points), gradients(net, points)[:1]
    path = FOLDER / "bottleneck.onnx"
    export(net, path, (3,), "old", 17)
    neck = before_last(path, skip=2)
    fixture.save(Fixture(
        "bottleneck", path.name, "PyTorch, old exporter, opset 17",
        "tanh, one neuron in the middle, depth 5, regression of sine and cosine", list(ranges),
        points,
        [Target(neck, [truth], at_neuron, [0]),
         Target("output", [truth], at_output, [0], monotone=False, least=0.99)],
        "output", neck,
    ))


def detector():
    """Yes or no: is a point inside a disk of radius r? The answers are noisy near the rim."""
    torch.manual_seed(21)
    ranges = {"x": (-1.3, 1.3), "y": (-1.3, 1.3), "r": (0.3, 1.5)}
    noise = torch.Generator().manual_seed(21)

    def loss(net, x):
        probability = torch.sigmoid((x[:, 2] ** 2 - x[:, 0] ** 2 - x[:, 1] ** 2) / 0.6)
        answer = torch.bernoulli(probability, generator=noise)
        return nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], answer)

    net = fit(nn.Sequential(*mlp([3, 32, 32, 1], "silu")), loss, ranges, size=4096, steps=12000)
    points = draw(1021, ranges, ROWS)
    slopes = gradients(net, points)
    path = FOLDER / "detector.onnx"
    export(nn.Sequential(*net, nn.Sigmoid()), path, (3,), "new", 18)
    logit = fixture.last_of("Gemm", path)
    fixture.save(Fixture(
        "detector", path.name, "PyTorch, new exporter, opset 18",
        "SiLU, depth 2, binary classifier with a sigmoid at its end", list(ranges), points,
        [Target(logit, ["x^2 + y^2 - r^2"], slopes, [0])], "output", logit,
    ))


def pendulum():
    """Ten classes, bins of the energy that overlap, so that margins are functions of it."""
    torch.manual_seed(22)
    ranges = {"x": (-3.0, 3.0), "v": (-2.5, 2.5)}
    centres = torch.linspace(-1.0, 4.0, 10)

    def loss(net, x):
        energy = x[:, 1] ** 2 / 2 - x[:, 0].cos()
        shares = torch.softmax(-((energy[:, None] - centres) ** 2) / 2, dim=1)
        return nn.functional.cross_entropy(net(x), shares)

    net = nn.Sequential(Standardise(ranges), *mlp([2, 48, 48, 10], "gelu"))
    net = polish(fit(net, loss, ranges), loss, ranges)
    points = draw(1022, ranges, ROWS)
    truth = ["v^2/2 - cos(x)"]
    steep = gradients(lambda x: net(x)[:, 7] - net(x)[:, 2], points)
    flat = gradients(lambda x: net(x)[:, 5] - net(x)[:, 4], points)
    path = FOLDER / "pendulum.onnx"
    export(nn.Sequential(net, nn.Softmax(dim=1)), path, (2,), "old", 17)
    logits = fixture.last_of("Gemm", path)
    fixture.save(Fixture(
        "pendulum", path.name, "PyTorch, old exporter, opset 17",
        "GELU, depth 2, ten classes with a softmax at the end", list(ranges), points,
        [Target(logits, truth, steep, margin=(7, 2)), Target(logits, truth, flat, margin=(5, 4))],
        "output", logits,
    ))


def determinant():
    """A Siamese encoder: matrices of equal determinant are to be near one another."""
    torch.manual_seed(23)
    ranges = {name: (-1.0, 1.0) for name in ("a", "b", "c", "d")}
    stream = torch.Generator().manual_seed(23)

    def det(x):
        return x[:, 0] * x[:, 3] - x[:, 1] * x[:, 2]

    def loss(net, anchor):
        positive = 2 * torch.rand(anchor.shape, generator=stream) - 1
        factor = det(anchor) / det(positive)
        # A row is rescaled to the anchor's determinant; what would leave the data is left out.
        kept = (factor.abs() < 2) & (factor.abs() > 0.5)
        positive[:, :2] *= factor[:, None]
        anchor, positive = anchor[kept], positive[kept]
        negative = 2 * torch.rand(anchor.shape, generator=stream) - 1
        near = (net(anchor) - net(positive)).square().sum(1)
        far = (net(anchor) - net(negative)).square().sum(1)
        return torch.relu(near - far + 1).mean()

    net = nn.Sequential(*mlp([4, 48, 48, 1], "silu"))
    net = fit(net, loss, ranges, size=2048, steps=10000)
    points = draw(1023, ranges, ROWS)
    slopes = gradients(net, points)
    path = FOLDER / "determinant.onnx"
    export(net, path, (4,), "new", 18)
    fixture.save(Fixture(
        "determinant", path.name, "PyTorch, new exporter, opset 18",
        "SiLU, depth 2, Siamese encoder trained on triplets", list(ranges), points,
        [Target("output", ["a*d - b*c"], slopes, [0])], "output", before_last(path),
    ))


if __name__ == "__main__":
    import further

    makers = [
        reduced_mass, energy, angular_momentum, coulomb, lens, ideal_gas, joule_heat, bernoulli,
        wave, bottleneck, detector, pendulum, determinant, *further.MAKERS,
    ]
    chosen = set(sys.argv[1:])
    for maker in makers:
        if not chosen or maker.__name__.replace("_", "-") in chosen:
            maker()
