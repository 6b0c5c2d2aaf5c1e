"""The torch sentinel names the first module and parameter that is not finite."""

import json

import pytest

torch = pytest.importorskip("torch")

from troubleshoot.hooks import sentinel  # noqa: E402


class Log(torch.nn.Module):
    def forward(self, value):
        return torch.log(value)


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 1)
    )


def train(net, optimizer, batches):
    for batch in batches:
        optimizer.zero_grad()
        net(batch).pow(2).mean().backward()
        optimizer.step()


def test_healthy_training_is_not_disturbed(tmp_path):
    batches = [torch.randn(16, 4) for _ in range(20)]
    results = []
    for watched in (False, True):
        net = model()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        if watched:
            watch = sentinel.watch(net, optimizer, path=tmp_path / "facts.json", every=1)
        train(net, optimizer, batches)
        results.append([each.clone() for each in net.state_dict().values()])
    assert not watch.found and not (tmp_path / "facts.json").exists()
    assert all(torch.equal(one, two) for one, two in zip(*results))


def test_a_bad_activation_names_its_module(tmp_path, capsys):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), Log(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    watch = sentinel.watch(net, optimizer, path=tmp_path / "facts.json")
    net(torch.randn(8, 4))
    assert watch.found["sentinel.first_bad_module"] == "2"
    facts = json.loads((tmp_path / "facts.json").read_text())["facts"]
    assert facts["sentinel.first_bad_module"]["value"] == "2"
    assert "[8, 4]" in facts["sentinel.batch"]["value"]
    assert capsys.readouterr().err.startswith(sentinel.SIGN)


def test_a_bad_gradient_names_its_parameter_and_step(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    watch = sentinel.watch(net, optimizer, path=tmp_path / "facts.json", every=1)
    train(net, optimizer, [torch.randn(16, 4)] * 3)
    net[3].weight.register_hook(lambda grad: grad * float("nan"))
    train(net, optimizer, [torch.randn(16, 4)])
    assert watch.found["sentinel.step"] == 4
    assert watch.found["sentinel.first_bad_parameter"] == "3.weight"


def test_repeating_the_step_changes_nothing(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), Log())
    torch.manual_seed(3)
    batch = torch.randn(8, 4)
    reference = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), Log())
    reference.load_state_dict(net.state_dict())
    reference(batch)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    sentinel.watch(net, path=tmp_path / "facts.json")
    net(batch)
    assert torch.equal(torch.rand(3), expected)
    for name, value in reference.state_dict().items():
        assert torch.equal(value, net.state_dict()[name]), name


def test_stop_raises(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), Log())
    sentinel.watch(net, path=tmp_path / "facts.json", stop=True)
    with pytest.raises(FloatingPointError, match="module 1"):
        net(-torch.ones(3, 2) * 100 * torch.sign(net[0].weight.sum()))
        net(torch.ones(3, 2) * 100 * torch.sign(net[0].weight.sum()))


def test_close_takes_the_hooks_off(tmp_path):
    net = torch.nn.Sequential(Log())
    watch = sentinel.watch(net, path=tmp_path / "facts.json")
    watch.close()
    net(-torch.ones(2, 2))
    assert not watch.found
