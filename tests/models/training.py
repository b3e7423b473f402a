"""Training, gradients and ONNX export with PyTorch, for `make.py`."""

import warnings

import numpy as np
import onnx
import torch
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "gelu (tanh)": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
}


class Standardise(nn.Module):
    """Gives inputs that are uniform in a box mean 0 and variance 1, inside the graph."""

    def __init__(self, ranges):
        super().__init__()
        low, high = torch.tensor(list(ranges.values())).T
        self.register_buffer("mean", (low + high) / 2)
        self.register_buffer("deviation", (high - low) / 12**0.5)

    def forward(self, x):
        return (x - self.mean) / self.deviation


class Residual(nn.Module):
    """x + block(x)."""

    def __init__(self, *layers):
        super().__init__()
        self.block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.block(x)


def mlp(widths, activation, norm=None):
    """Affine maps with activations, and with norms if asked, between all but the last two."""
    layers = []
    for n, (before, after) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(before, after))
        if n < len(widths) - 2:
            layers += [norm(after)] if norm else []
            layers.append(ACTIVATIONS[activation]())
    return layers


def fit(net, loss, ranges, steps=8000, size=1024, rate=4e-3, seed=1):
    """Adam with a falling rate; `loss(net, x)` gets fresh points of the box at each step."""
    low, high = torch.tensor(list(ranges.values())).T
    stream = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1, final_div_factor=1e4
    )
    net.train()
    for step in range(steps):
        if step == steps // 2:
            # Batch norms go over to their running statistics, as they have in the exported file.
            for module in net.modules():
                if isinstance(module, nn.BatchNorm1d):
                    module.eval()
        x = low + (high - low) * torch.rand(size, len(low), generator=stream)
        optimiser.zero_grad()
        loss(net, x).backward()
        optimiser.step()
        schedule.step()
    return as_saved(net)


def polish(net, loss, ranges, steps=400, size=4096, seed=2):
    """L-BFGS on fixed points of the box, where Adam with fresh ones has come to its end."""
    low, high = torch.tensor(list(ranges.values())).T
    stream = torch.Generator().manual_seed(seed)
    x = low + (high - low) * torch.rand(size, len(low), generator=stream)
    optimiser = torch.optim.LBFGS(
        net.parameters(), max_iter=steps, history_size=50, line_search_fn="strong_wolfe",
        tolerance_change=0.0, tolerance_grad=0.0,
    )

    def value():
        optimiser.zero_grad()
        left = loss(net, x)
        left.backward()
        return left

    optimiser.step(value)
    return as_saved(net)


def as_saved(net):
    """The network with the weights that its file will hold: rounded to float32."""
    return net.eval().float().double()


def gradients(function, points):
    """The gradients (K, n, d) of the K outputs of a function of points (n, d)."""
    x = torch.tensor(points, requires_grad=True)
    columns = function(x).reshape(len(x), -1).T
    return np.stack(
        [torch.autograd.grad(c.sum(), x, retain_graph=True)[0].numpy() for c in columns]
    )


def export(net, path, shape, exporter="new", opset=18, fixed_batch=False):
    """Writes ONNX by `torch.export` ("new") or by TorchScript ("old"), with a free batch axis."""
    net = net.float()
    example = torch.zeros((1 if fixed_batch else 2, *shape), dtype=torch.float32)
    named = {"input_names": ["input"], "output_names": ["output"], "opset_version": opset}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "new":
            axes = None if fixed_batch else ({0: torch.export.Dim("batch")},)
            torch.onnx.export(
                net, (example,), path, dynamo=True, dynamic_shapes=axes, external_data=False,
                verbose=False, **named,
            )
        else:
            axes = None if fixed_batch else {"input": {0: "batch"}, "output": {0: "batch"}}
            torch.onnx.export(net, (example,), path, dynamo=False, dynamic_axes=axes, **named)
    net.double()
    without_traces(path)


def without_traces(path):
    """Drops the stack traces that the new exporter leaves in a file: they tell of the machine."""
    model = onnx.load(path)
    for holder in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del holder.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, path)


def before_last(path, kinds=("Gemm", "MatMul"), skip=0):
    """The name of the tensor that goes into the last affine map, or into one before it."""
    nodes = [node for node in onnx.load(path).graph.node if node.op_type in kinds]
    return nodes[-1 - skip].input[0]
