"""Series of training logs and what is unusual about them."""

from __future__ import annotations

import math

import pytest

from troubleshoot import curves
from troubleshoot.document import Document
from troubleshoot.metrics import Series, common_name, read


def series(text: str) -> dict[str, Series]:
    return dict(read(Document.from_text(text)))


def made(*values: float) -> Series:
    count = len(values)
    return Series(
        "loss", "loss", tuple(values), tuple(range(0, 10 * count, 10)), tuple(range(count))
    )


def test_lerobot() -> None:
    found = series(
        "INFO 2025-01-01 12:00:00 ot_train.py:450 step:200 smpl:2K ep:5 epch:0.03 loss:0.532 g"
        "rdn:3.2 "
        "lr:1.0e-05 updt_s:0.120 data_s:0.003\n"
        "INFO 2025-01-01 12:00:01 ot_train.py:450 step:1K smpl:2K ep:5 epch:0.03 loss:nan grdn:inf "
        "lr:1.0e-05 updt_s:0.120 data_s:0.003\n"
    )
    assert found["loss"].values[0] == 0.532 and math.isnan(found["loss"].values[1])
    assert found["grad_norm"].values == (3.2, math.inf)
    assert found["grad_norm"].printed == "grdn"
    assert found["learning_rate"].values == (1e-5, 1e-5)
    assert found["loss"].steps == (200, 1000)
    assert found["loss"].lines == (0, 1)
    assert found["data_time"].values == (0.003, 0.003)
    assert found["update_time"].values == (0.12, 0.12)
    assert "ot_train.py" not in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Step 100/10000 | loss=nan | grdn=inf", {"grad_norm": math.inf}),
        ("{'loss': 0.0, 'grad_norm': 2.5, 'learning_rate': 4.9e-05, 'epoch': 0.01}",
         {"loss": 0.0, "grad_norm": 2.5, "learning_rate": 4.9e-05}),
        ("Epoch 3:  12%|█▏ | 12/100 [00:03<00:20, 3.10it/s, loss=0.3, v_num=1]", {"loss": 0.3}),
        ("500/500 [====] - 3s 6ms/step - loss: 0.3123 - accuracy: 0.9 - val_loss: 0.4",
         {"loss": 0.3123, "accuracy": 0.9, "eval_loss": 0.4}),
        ("|    ep_rew_mean     | -200     |", {"reward": -200.0}),
        ("                       Mean reward: 1.20", {"reward": 1.2}),
        ("        Mean episode length: 23.00", {"episode_length": 23.0}),
        ("iter 100: loss 4.9132, time 123.4ms, mfu 12.3%", {"loss": 4.9132}),
        ("Epoch: [0][10/500]\tTime  0.300 ( 0.500)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.50 (  0.10)",
         {"loss": 6.9, "accuracy": 0.5}),
        ("| epoch 027 | loss 6.343 | nll_loss 4.984 | lr 0.000626286 | gnorm 0.390 "
         "| loss_scale 0.500 |",
         {"loss": 6.343, "learning_rate": 0.000626286, "grad_norm": 0.39, "loss_scale": 0.5}),
        ("train_loss=0.25", {"loss": 0.25}),
        ("Loss: -1.5e-3", {"loss": -0.0015}),
        ("gradient norm: 12.5", {"grad_norm": 12.5}),
        ("loss: tensor(0.75, device='cuda:0', grad_fn=<NllLossBackward0>)", {"loss": 0.75}),
        ("GPU utilization: 23%", {"gpu_utilization": 23.0}),
        ("| 30%   45C    P2   100W / 350W |   2000MiB / 24576MiB |     12%      Default |",
        {"gpu_utilization": 12.0}),
        ("[0] NVIDIA GeForce RTX 3090 | 45°C,  13 % |  2000 / 24576 MB | ada(1000M)",
        {"gpu_utilization": 13.0}),
        ("conflict ratio: 0.62", {"conflict_ratio": 0.62}),
        ("step 5 conflict=✓ cos=-0.3 λ=10.0", {"conflict": 1.0, "cos": -0.3, "lambda": 10.0}),
        ("train/loss: 0.3 eval/loss: 0.4", {"loss": 0.3, "eval_loss": 0.4}),
    ],
)  # fmt: skip
def test_formats(line: str, expected: dict[str, float]) -> None:
    found = series(line)
    assert {name: found[name].values[0] for name in expected} == expected


def test_tables() -> None:
    found = series(
        "| rollout/           |          |\n"
        "|    ep_rew_mean     | -200     |\n"
        "| time/              |          |\n"
        "|    total_timesteps | 2048     |\n"
        "| train/             |          |\n"
        "|    loss            | 4.5e+01  |\n"
    )
    assert found["reward"].steps == (2048,)
    assert found["loss"].values == (45.0,)
    found = series(
        "| Trial name     | status  |   iter |    ts |   reward |\n"
        "|----------------+---------+--------+-------+----------|\n"
        "| PPO_CartPole_1 | RUNNING |      3 | 12000 |     33.2 |\n"
    )
    assert (found["reward"].values, found["reward"].steps) == ((33.2,), (12000,))


def test_step_of_a_section() -> None:
    found = series(
        "Learning iteration 12/1500\n  Mean reward: 1.2\nLearning iteration 13/1500\n  Mean re"
        "ward: 1.3\n"
    )
    assert found["reward"].steps == (12, 13)


@pytest.mark.parametrize(
    "line",
    [
        "http://localhost:8080/x", "12:30:45 starting", "INFO ot_train.py:450 starting",
        "a/b.py:12: UserWarning: x",
        "version 1.2.3", "version: 1.2.3", "date: 2024-01-02", "no numbers: here",
    ],
)  # fmt: skip
def test_no_series(line: str) -> None:
    assert series(line) == {}


def test_source_lines_of_tracebacks_are_no_values() -> None:
    assert series('  File "/home/ada/x.py", line 3, in f\n    opt = Adam(lr=0.5)\n') == {}


def test_common_names() -> None:
    assert common_name("train/grad_norm") == "grad_norm"
    assert common_name("Learning Rate") == "learning_rate"
    assert common_name("rollout/ep_rew_mean") == "reward"
    assert common_name("critic_loss") == "critic_loss"
    assert common_name("val/loss") == "eval_loss"


def test_first_nonfinite() -> None:
    found = curves.first_nonfinite(made(0.5, 0.4, 0.3, math.nan, 0.2, math.inf))
    assert found is not None
    assert (found.index, found.step, found.line, found.count) == (3, 30, 3, 2)
    assert math.isnan(found.value)
    assert found.before == (0.5, 0.4, 0.3)
    inf = curves.first_nonfinite(made(1, math.nan, math.inf), "inf")
    assert inf is not None and inf.index == 2
    nan = curves.first_nonfinite(made(1, math.inf, math.nan), "nan")
    assert nan is not None and nan.index == 2
    assert curves.first_nonfinite(made(1, 2)) is None
    assert curves.first_nonfinite(made(math.inf), "nan") is None


def test_explosion() -> None:
    found = curves.explosion(made(1, 1.1, 0.9, 1, 1, 55, 1000), factor=10)
    assert found is not None
    assert (found.index, found.value) == (5, 55)
    assert found.factor == pytest.approx(55)
    assert curves.explosion(made(1, 2, 3, 4, 5, 6, 7)) is None
    assert curves.explosion(made(1, 100)) is None
    recovered = made(1, 1.1, 0.9, 1, 1, 55, 1000, 1, 1, 0.9, 0.8, 0.7, 0.8)
    assert curves.explosion(recovered) is None


def test_change_rising_and_not_falling() -> None:
    flat = made(*[1.0 + 0.001 * (number % 2) for number in range(40)])
    falling = made(*[1 / (1 + number) for number in range(40)])
    climbing = made(*[0.1 * number + 0.1 for number in range(40)])
    assert curves.not_falling(flat) is not None
    assert curves.not_falling(falling) is None
    assert curves.not_falling(made(1, 1, 1)) is None
    risen = curves.rising(climbing, by=0.5)
    assert risen is not None and risen.last > risen.first
    assert curves.rising(falling) is None
    zero = curves.change(made(*[0.0] * 20))
    assert zero is not None and zero.change == 0


def test_oscillating() -> None:
    swinging = made(*[1.0 if number % 2 else 3.0 for number in range(40)])
    found = curves.oscillating(swinging)
    assert found is not None
    assert found.ratio == pytest.approx(0.5)
    assert found.turns == 1.0
    assert curves.oscillating(made(*[1.0] * 40)) is None
    assert curves.oscillating(made(1, 3, 1)) is None


def test_share_above_and_below() -> None:
    found = curves.share_above(made(0, 1, 0, 1, 1, 1, math.nan), 0.5)
    assert found is not None
    assert (found.share, found.beyond, found.count, found.longest, found.line) == (
        4 / 6,
        4,
        6,
        3,
        1,
    )
    assert found.median == 1
    under = curves.share_above(made(10, 20, 80), 30, below=True)
    assert under is not None and under.beyond == 2
    assert curves.share_above(made(math.nan), 1) is None


def test_at_bound() -> None:
    found = curves.at_bound(made(1, 5, 10, 10, 10, 10, 10), 10.0)
    assert found is not None
    assert (found.index, found.step, found.count) == (2, 20, 5)
    assert curves.at_bound(made(1, 5, 10, 10, 10, 10, 10)) is not None
    assert curves.at_bound(made(1, 2, 3, 4, 5, 6), 10.0) is None
    assert curves.at_bound(made(10, 10)) is None
    assert curves.at_bound(made(*[3.0] * 9)) is None


def test_median() -> None:
    assert curves.median([3, 1, 2]) == 2
    assert curves.median([4, 1, 2, 3]) == 2.5
    assert math.isnan(curves.median([math.nan]))
