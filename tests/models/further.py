"""More fixtures: layers with several concepts, other file formats, scikit-learn, images."""

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx
from torch import nn

import fixture
from fixture import FOLDER, Fixture, Target, draw
from training import Standardise, as_saved, before_last, export, fit, gradients, mlp, polish

ROWS = 500


class Pruned(nn.Linear):
    """An affine map of which only the entries of a mask are there."""

    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask)

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.mask, self.bias)

    def dense(self):
        linear = nn.Linear(self.in_features, self.out_features)
        linear.weight.data, linear.bias.data = self.weight.data * self.mask, self.bias.data
        return linear


class Branches(nn.Module):
    """Three trunks with one neuron at their ends, each spread over 20 neurons, and four
    neurons that see the inputs: a hidden layer of 64."""

    def __init__(self, ranges):
        super().__init__()
        self.scaled = Standardise(ranges)
        self.trunks = nn.ModuleList(nn.Sequential(*mlp([4, 24, 24, 1], "tanh")) for _ in range(3))
        self.spread = nn.ModuleList(nn.Linear(1, 20) for _ in range(3))
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        x = self.scaled(x)
        parts = [spread(trunk(x)) for trunk, spread in zip(self.trunks, self.spread)]
        return torch.cat([*parts, self.linear(x)], dim=1)


def motion():
    """Three concepts in one hidden layer of 64 neurons: each of its neurons holds one."""
    torch.manual_seed(31)
    ranges = {"x": (0.3, 1.8), "y": (0.3, 1.8), "vx": (-1.5, 1.5), "vy": (-1.5, 1.5)}
    truths = ["vx^2 + vy^2", "x*vy - y*vx", "x^2 + y^2"]
    mask = torch.zeros(4, 64)
    for task in range(3):
        mask[task, 20 * task : 20 * task + 20] = 1
    mask[3, 60:] = 1
    branches, last = Branches(ranges), Pruned(mask)

    def loss(net, points):
        x, y, vx, vy = points.T
        tasks = [
            (vx**2 + vy**2) / 2, torch.tanh((x * vy - y * vx) / 2), (1 + x**2 + y**2).log(),
            (x - y + 0.5 * vx).relu(),
        ]
        return nn.functional.mse_loss(net(points), torch.stack(tasks, 1))

    net = fit(nn.Sequential(branches, nn.ReLU(), last), loss, ranges)
    points = draw(1031, ranges, ROWS)
    layer = gradients(nn.Sequential(branches, nn.ReLU()), points)
    path = FOLDER / "motion.onnx"
    export(nn.Sequential(branches, nn.ReLU(), last.dense()), path, (4,), "new", 18)
    hidden = before_last(path)
    # Where a ReLU is off there is no gradient: the targets are neurons that are always on.
    share_on = (np.linalg.norm(layer, axis=2) > 0).mean(axis=1)
    targets, groups = [], []
    for concept, truth in enumerate(truths):
        members = list(range(20 * concept, 20 * concept + 20))
        best = max(members, key=lambda n: share_on[n])
        targets.append(Target(hidden, [truth], layer[[best]], [best]))
        groups.append({"layer": hidden, "truths": [truth], "neurons": members})
    groups.append({"layer": hidden, "truths": [], "neurons": list(range(60, 64))})
    for group in groups:
        group["dead"] = [n for n in group["neurons"] if share_on[n] == 0]
    outputs = gradients(net, points)
    targets += [Target("output", [truth], outputs[[n]], [n]) for n, truth in enumerate(truths)]
    fixture.save(Fixture(
        "motion", path.name, "PyTorch, new exporter, opset 18",
        "tanh trunks, ReLU layer of 64, depth 4, four tasks, pruned", list(ranges), points,
        targets, "output", hidden, groups=groups,
    ))


def invariants():
    """Two mixtures of trace and determinant: together, the neurons hold both."""
    torch.manual_seed(32)
    ranges = {name: (-1.0, 1.0) for name in ("a", "b", "c", "d")}

    def loss(net, x):
        a, b, c, d = x.T
        trace, det = a + d, a * d - b * c
        mixed = torch.stack([trace + det, trace - det + 0.3 * trace * det], 1)
        return nn.functional.mse_loss(net(x), mixed)

    net = nn.Sequential(*mlp([4, 64, 64, 2], "silu"))
    net = polish(fit(net, loss, ranges), loss, ranges)
    points = draw(1032, ranges, ROWS)
    slopes = gradients(net, points)
    path = FOLDER / "invariants.onnx"
    export(net, path, (4,), "new", 18)
    fixture.save(Fixture(
        "invariants", path.name, "PyTorch, new exporter, opset 18",
        "SiLU, depth 2, regression of two mixed concepts", list(ranges), points,
        [Target("output", ["a + d", "a*d - b*c"], slopes, [0, 1])], "output", before_last(path),
    ))


def centre_of_mass():
    """A state dictionary: weights by name. The rest is in `centre-of-mass.toml`."""
    torch.manual_seed(33)
    ranges = {"m1": (0.5, 2.0), "m2": (0.5, 2.0), "v1": (-1.5, 1.5), "v2": (-1.5, 1.5)}

    def loss(net, x):
        m1, m2, v1, v2 = x.T
        return nn.functional.mse_loss(net(x)[:, 0], (m1 * v1 + m2 * v2) / (m1 + m2))

    net = nn.Sequential(*mlp([4, 32, 32, 1], "tanh"))
    net = polish(fit(net, loss, ranges), loss, ranges)
    points = draw(1033, ranges, ROWS)
    target = Target("output", ["(m1*v1 + m2*v2)/(m1 + m2)"], gradients(net, points), [0])
    torch.save(net.float().state_dict(), FOLDER / "centre-of-mass.pt")
    with_values(net, Fixture(
        "centre-of-mass", "centre-of-mass.pt", "PyTorch, state dictionary",
        "tanh, depth 2, regression", list(ranges), points, [target], "output", "2.tanh",
    ))


def snell():
    """safetensors, with the activation in `snell.toml`."""
    torch.manual_seed(34)
    ranges = {"n": (1.0, 2.0), "theta": (0.1, 1.4)}

    def loss(net, x):
        return nn.functional.mse_loss(net(x)[:, 0], x[:, 0] * x[:, 1].sin())

    net = nn.Sequential(*mlp([2, 24, 24, 1], "silu"))
    net = polish(fit(net, loss, ranges), loss, ranges)
    points = draw(1034, ranges, ROWS)
    target = Target("output", ["n*sin(theta)"], gradients(net, points), [0])
    save_file(net.float().state_dict(), FOLDER / "snell.safetensors")
    with_values(net, Fixture(
        "snell", "snell.safetensors", "PyTorch, safetensors", "SiLU, depth 2, regression",
        list(ranges), points, [target], "output", "2.silu",
    ))


def with_values(net, saved):
    """Files that onnxruntime does not read: the values are PyTorch's."""
    rows = torch.tensor(saved.points[: fixture.REFERENCE_ROWS], dtype=torch.float32)
    with torch.no_grad():
        fixture.write_values(saved.name, net(rows).numpy(), net[:-1](rows).numpy())
    fixture.save(saved)


def distance():
    """scikit-learn: the distance of two points, bent by a root."""
    ranges = {"x1": (-1.0, 1.0), "y1": (-1.0, 1.0), "x2": (-1.0, 1.0), "y2": (-1.0, 1.0)}
    x = draw(35, ranges, 6000)
    y = np.sqrt(1 + (x[:, 0] - x[:, 2]) ** 2 + (x[:, 1] - x[:, 3]) ** 2)
    model = MLPRegressor(hidden_layer_sizes=(40, 40), activation="tanh", solver="lbfgs", alpha=0.0,
                         tol=0.0, max_iter=3000, max_fun=10**6, random_state=35).fit(x, y)
    points = draw(1035, ranges, ROWS)
    slopes = gradients(as_torch(model), points)
    path = FOLDER / "distance.onnx"
    path.write_bytes(to_onnx(model, x[:1].astype(np.float32), target_opset=18).SerializeToString())
    fixture.save(Fixture(
        "distance", path.name, "scikit-learn, skl2onnx", "tanh, depth 2, MLPRegressor",
        list(ranges), points,
        [Target("variable", ["(x1 - x2)^2 + (y1 - y2)^2"], slopes, [0])],
        "variable", before_last(path),
    ))


def throw():
    """scikit-learn: a throw falls short, is in reach or too far, with some luck; scaled inputs,
    and a label among the outputs."""
    ranges = {"v": (0.5, 2.0), "theta": (0.2, 1.4)}
    x = draw(37, ranges, 600_000)
    reach = x[:, 0] ** 2 * np.sin(2 * x[:, 1])
    luck = np.random.default_rng(37).logistic(0, 0.4, len(x))
    labels = np.digitize(reach + luck, [0.7, 1.6])
    classifier = MLPClassifier(
        hidden_layer_sizes=(24, 24), activation="tanh", alpha=0.0, batch_size=4000,
        n_iter_no_change=100, warm_start=True, random_state=37,
    )
    model = make_pipeline(StandardScaler(), classifier)
    for rate, epochs in [(2e-3, 30), (2e-4, 15), (2e-5, 5)]:
        classifier.set_params(learning_rate_init=rate, max_iter=epochs)
        model.fit(x, labels)
    scaler, network = model[0], as_torch(model[1])
    points = draw(1037, ranges, ROWS)
    mean, deviation = torch.tensor(scaler.mean_), torch.tensor(scaler.scale_)
    slopes = gradients(lambda z: network((z - mean) / deviation) @ torch.tensor([-1.0, 0, 1.0]),
                       points)
    path = FOLDER / "throw.onnx"
    plain = {"zipmap": False}
    exported = to_onnx(model, x[:1].astype(np.float32), target_opset=18, options={id(model): plain})
    path.write_bytes(exported.SerializeToString())
    logits = fixture.last_of("Add", path)
    fixture.save(Fixture(
        "throw", path.name, "scikit-learn, skl2onnx",
        "tanh, depth 2, MLPClassifier of three classes behind a StandardScaler", list(ranges),
        points, [Target(logits, ["v^2*sin(2*theta)"], slopes, margin=(2, 0))],
        "probabilities", logits,
    ))


def as_torch(model):
    """The network within a scikit-learn model, up to its logits."""
    layers = []
    for weight, bias in zip(model.coefs_, model.intercepts_):
        layers += [nn.Linear(*weight.shape), nn.Tanh()]
        layers[-2].weight.data = torch.tensor(weight.T.copy())
        layers[-2].bias.data = torch.tensor(bias)
    return as_saved(nn.Sequential(*layers[:-1]))


class Blob(nn.Module):
    """Draws a picture (n, 1, 12, 12) of a blob: parameters (n, 5) are its centre, width, height
    and brightness."""

    def __init__(self):
        super().__init__()
        self.register_buffer("grid", torch.linspace(-1, 1, 12))

    def forward(self, z):
        cx, cy, w, h, b = z.split(1, dim=1)
        across = torch.exp(-(((self.grid - cx) / w) ** 2) / 2)
        down = torch.exp(-(((self.grid - cy) / h) ** 2) / 2)
        return (b.unsqueeze(2) * down.unsqueeze(2) * across.unsqueeze(1)).unsqueeze(1)


def blob():
    """Classes of blobs by their area, and the generator through which the area can be read."""
    torch.manual_seed(36)
    ranges = {"cx": (-0.2, 0.2), "cy": (-0.2, 0.2), "w": (0.2, 0.5), "h": (0.2, 0.5),
              "b": (0.6, 1.4)}
    centres = torch.linspace(-3.0, -1.6, 10)
    generator = Blob()

    def loss(net, z):
        area = (z[:, 2] * z[:, 3]).log()
        shares = torch.softmax(-((area[:, None] - centres) ** 2) / 0.3, dim=1)
        return nn.functional.cross_entropy(net(generator(z)), shares)

    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.GELU(), nn.AvgPool2d(2),
        nn.Conv2d(8, 12, 3, padding=1), nn.GELU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(108, 32), nn.GELU(), nn.Linear(32, 10),
    )
    net = fit(net, loss, ranges, steps=12000, size=256)
    points = draw(1036, ranges, ROWS)
    margin = gradients(lambda z: net(generator(z))[:, 8] - net(generator(z))[:, 1], points)
    drawing, path = FOLDER / "blob-generator.onnx", FOLDER / "blob.onnx"
    export(generator, drawing, (5,), "new", 18)
    export(net, path, (1, 12, 12), "old", 17)
    hidden = before_last(path)
    (pictures,) = fixture.tensors(drawing, points[: fixture.REFERENCE_ROWS], ["output"])
    logits, neurons = fixture.tensors(path, pictures, ["output", hidden])
    fixture.write_values("blob", logits, neurons)
    fixture.write_values("blob-generator", pictures, pixels=range(60, 72))
    fixture.save(Fixture(
        "blob", path.name, "PyTorch, old exporter, opset 17",
        "GELU, two convolutions with pooling, ten classes of pictures", list(ranges), points,
        [Target("output", ["w*h"], margin, margin=(8, 1))], "output", hidden,
        through=drawing.name,
    ))


MAKERS = [motion, invariants, centre_of_mass, snell, distance, throw, blob]
