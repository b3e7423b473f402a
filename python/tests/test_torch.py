"""Networks of PyTorch, and formulas in their place. Skipped where torch is not installed."""

import copy
import pickle

import numpy as np
import pytest
from conftest import BUDGET, timeless

import symgrad

torch = pytest.importorskip("torch", reason="torch is not installed")


class Product(torch.nn.Module):
    """A network with a known inner layer: tanh(x·y) and its square, then a sum."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Tanh()
        self.outer = torch.nn.Linear(2, 1)

    def forward(self, x):
        product = x[:, 0] * x[:, 1]
        return self.outer(self.inner(torch.stack([product, product + x[:, 0]], dim=1)))


@pytest.fixture
def points():
    return torch.from_numpy(np.random.default_rng(0).uniform(0.3, 1.5, (200, 2))).float()


def test_neurons_of_inner_layers_are_read(points):
    model = Product()
    for layer in ("inner", model.inner):
        found = symgrad.interpret(model, points, layer=layer, neuron=0, budget=BUDGET)
        assert str(found.answer) == "x1*x2" and found.layer == "inner"
    layer = symgrad.interpret(model, points, layer="inner", neuron="all", budget=BUDGET)
    assert isinstance(layer, symgrad.Layer) and len(layer) == 2
    space = symgrad.interpret(model, points[:, :2], layer="inner", neuron=0, tangent="off")
    assert isinstance(space, symgrad.Neuron)


def test_gradients_are_those_of_double_precision(points):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 30), torch.nn.GELU(), torch.nn.Linear(30, 1))
    recording = symgrad._models.of_torch(model, points.double().numpy(), None, None)
    twin = copy.deepcopy(model).double()
    exact = points.double().requires_grad_(True)
    value = twin(exact)
    slope = torch.autograd.grad(value.sum(), exact)[0].numpy()
    np.testing.assert_array_equal(np.stack(recording.gradients[0], axis=1), slope)
    np.testing.assert_array_equal(recording.values[0], value.detach().numpy()[:, 0])
    assert recording.units == ["0"]


def test_the_network_is_left_as_it_was_found(points):
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    model.train()
    model[2].eval()
    model[0].weight.requires_grad_(False)
    model[0].bias.grad = torch.ones(4)
    before = copy.deepcopy(model.state_dict())
    state = [(m.training, len(m._forward_hooks)) for m in model.modules()]
    flags = [(p.requires_grad, p.dtype, p.grad is None) for p in model.parameters()]
    with torch.no_grad():
        symgrad.interpret(model, points, budget=1_000)
    assert [(m.training, len(m._forward_hooks)) for m in model.modules()] == state
    assert [(p.requires_grad, p.dtype, p.grad is None) for p in model.parameters()] == flags
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_what_cannot_be_read_is_told(points):
    model = Product()
    for words, call in [
        ("no layer `middle`; there are inner, outer", {"layer": "middle"}),
        ("has 2 neurons", {"layer": "inner"}),
        ("no neuron 5", {"layer": "inner", "neuron": 5}),
        ("no module of this network", {"layer": torch.nn.Tanh()}),
    ]:
        with pytest.raises(ValueError, match=words):
            symgrad.interpret(model, points, **call)
    with pytest.raises(ValueError, match="cannot be run"):
        symgrad.interpret(torch.nn.Linear(3, 1), points)


def test_a_formula_takes_the_neurons_place(points):
    formula = symgrad.Formula("2.5*x*sin(3*y) + 1/y - x^2 + exp(-0.5*x)", ["x", "y"])
    module = formula.torch()
    expected = formula.numpy()(points)
    np.testing.assert_allclose(module(points.double()).detach(), expected, rtol=1e-12)
    columns = torch.unbind(points.double(), dim=1)
    assert torch.equal(module(*columns), module(points.double()))
    # Powers and the 1 of 1/y are the formula's form.
    assert sorted(module.constants.tolist()) == [-0.5, 2.5, 3.0]
    with torch.no_grad():
        module.constants += 0.3
    optimiser = torch.optim.LBFGS(module.parameters(), max_iter=100)

    def loss():
        optimiser.zero_grad()
        error = ((module(points.double()) - torch.as_tensor(expected)) ** 2).mean()
        error.backward()
        return error

    optimiser.step(loss)
    np.testing.assert_allclose(sorted(module.constants.tolist()), [-0.5, 2.5, 3.0], atol=1e-3)
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(points), module(points))
    assert symgrad.Formula("3", ["x", "y"]).torch()(points).shape == (200,)
    assert symgrad.Formula("x", ["x"]).torch()(points[:, :1]).shape == (200,)


def test_tensors_are_points(points):
    slopes = points[:, [1, 0]]
    found = symgrad.search(points, slopes, budget=2_000)
    same = symgrad.search(points.numpy(), slopes.numpy(), budget=2_000)
    assert timeless(found.to_dict()) == timeless(same.to_dict())
