"""Adam against PyTorch's."""

import subprocess
import sys

import torch

from autosmote.search.adam import Adam


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, requires_grad=True) for shape in [(4, 3), (4,), (1,)]]


def loss(weights, step):
    scale = 1.0 + step % 3
    return sum((scale * weight.sin() + weight.square()).sum() for weight in weights)


def test_takes_the_steps_of_torch():
    ours, theirs = parameters(), parameters()
    own, reference = Adam(ours, 0.05), torch.optim.Adam(theirs, lr=0.05)
    for step in range(200):
        for weights, optimiser in ((ours, own), (theirs, reference)):
            optimiser.zero_grad()
            loss(weights, step).backward()
            optimiser.step()
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_goes_on_from_its_state():
    whole, parts = parameters(), parameters()
    one, first = Adam(whole, 0.05), Adam(parts, 0.05)
    for step in range(6):
        if step == 3:
            second = Adam(parts, 0.05)
            second.load_state_dict(first.state_dict())
            first = second
        for weights, optimiser in ((whole, one), (parts, first)):
            optimiser.zero_grad()
            loss(weights, step).backward()
            optimiser.step()
    assert all(torch.equal(one, other) for one, other in zip(whole, parts, strict=True))


def test_a_parameter_without_a_gradient_stays():
    used, unused = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    optimiser = Adam([used, unused], 0.1)
    used.sum().backward()
    optimiser.step()
    assert not torch.equal(used, torch.ones(2))
    assert torch.equal(unused, torch.ones(2))


def test_a_search_does_not_import_the_compiler():
    code = (
        "import sys, numpy as np\n"
        "from autosmote.search.engine import search\n"
        "from autosmote.search.settings import SearchSettings\n"
        "from autosmote.search.space import SearchSpace\n"
        "space = SearchSpace(np.random.default_rng(0).normal(size=(6, 2)), 3)\n"
        "search(space, lambda samples: 0.5, SearchSettings(g1_max=2, iterations=5, round_size=1))\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
