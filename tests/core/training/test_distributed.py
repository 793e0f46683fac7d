"""Two processes with batches of b train as one does with batches of 2b."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributed import HashStore

from hydro.errors import ModelError, ResourceError, SettingsError
from hydro.training.distributed import (
    SINGLE_PROCESS,
    UNUSED_PARAMETER_MESSAGE,
    DistributedGroup,
    ModelWithLoss,
    init_process_group,
)

LAW = Path(__file__).parents[2] / "support/law.py"
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")

CASES = (
    "plain",
    "accumulated",
    "shares that differ",
    "one row left",
    "accumulated, one row left",
    "clipped",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every case: in one process, and in each of two."""
    folder = tmp_path_factory.mktemp("law")
    for launcher in ((), LAUNCHER):
        command = [sys.executable, *launcher, str(LAW), str(folder)]
        subprocess.run(command, check=True, timeout=300)
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def assert_close(first: Any, second: Any) -> None:
    """Compare numbers, however they are nested, to 1e-5."""
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for name in first:
            assert_close(first[name], second[name])
    elif isinstance(first, list) and first and isinstance(first[0], dict):
        for one, other in zip(first, second, strict=True):
            assert_close(one, other)
    else:
        np.testing.assert_allclose(second, first, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_as_one_with_double_the_batch(case: str, found: Any) -> None:
    one, first = found["1-0"][case], found["2-0"][case]
    assert len(one["events"]) >= 3
    # Losses, gradient norms, rates and samples of every update, and the weights they led to.
    assert_close(one, first)


@pytest.mark.parametrize("case", CASES)
def test_both_processes_hold_the_very_same_weights(case: str, found: Any) -> None:
    assert found["2-0"][case] == found["2-1"][case]


def test_the_cases_differ(found: Any) -> None:
    last = {case: found["1-0"][case]["events"][-1]["loss"] for case in CASES}
    assert len(set(last.values())) == len(CASES)
    # Had only the mean of the two shares been taken, both would weigh the same.
    assert {each["samples"] for each in found["2-0"]["one row left"]["events"]} == {
        *(14, 15, 29, 30, 44, 45)
    }


def test_broadcast_returns_the_text_of_the_main_process(found: Any) -> None:
    assert {name: each["agreed"]["text"] for name, each in found.items()} == {
        "1-0": "said by 0",
        "2-0": "said by 0",
        "2-1": "said by 0",
    }


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 9])
def test_shards_cover_a_batch_and_loss_weights_make_the_mean_of_all_rows(rows: int) -> None:
    batch, values = np.arange(rows) + 5, np.random.default_rng(rows).random(rows + 5)
    group = [DistributedGroup(rank, 3, store=HashStore()) for rank in range(3)]
    shares = [each.shard(batch) for each in group]
    weights = [each.loss_weight(len(batch)) for each in group]
    counted = [share for share, weight in zip(shares, weights, strict=True) if weight]
    assert sorted(np.concatenate(counted)) == sorted(batch)
    assert all(len(share) for share in shares), "a process without a row has nothing to compute"
    means = [weight * values[share].mean() for share, weight in zip(shares, weights, strict=True)]
    assert np.mean(means) == pytest.approx(values[batch].mean())


def test_a_single_process_changes_nothing() -> None:
    rows = np.arange(5)
    learner = ModelWithLoss(nn.Linear(2, 2), nn.MSELoss())
    assert SINGLE_PROCESS.shard(rows) is rows
    assert SINGLE_PROCESS.loss_weight(4) == 1.0
    assert SINGLE_PROCESS.wrap_ddp(learner) is learner
    assert SINGLE_PROCESS.all_reduce_mean(torch.tensor(3.0)) == 3.0
    assert SINGLE_PROCESS.broadcast("x") == "x"
    with (
        init_process_group() as processes,
        SINGLE_PROCESS.maybe_no_sync(learner, last=False),
        SINGLE_PROCESS.explain_errors(),
    ):
        assert processes is SINGLE_PROCESS


def test_batch_norm_is_converted_to_torchs_with_the_same_weights() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))
    before, names = dict(model.named_parameters()), model.state_dict().keys()
    group = DistributedGroup(0, 2, store=HashStore())
    assert group.convert_sync_batchnorm(model, torch.device("cuda"))
    assert isinstance(model[1][0], nn.SyncBatchNorm)
    assert model.state_dict().keys() == names
    assert all(each is before[name] for name, each in model.named_parameters())
    assert not group.convert_sync_batchnorm(nn.Linear(2, 2), torch.device("cuda"))


def test_synchronized_batch_norm_on_cpus_is_refused_and_alone_changes_nothing() -> None:
    model, cpu = nn.Sequential(nn.BatchNorm1d(3)), torch.device("cpu")
    assert SINGLE_PROCESS.convert_sync_batchnorm(model, cpu)
    assert type(model[0]) is nn.BatchNorm1d
    with pytest.raises(SettingsError, match=r"environment\.sync_batch_normalization: .* GPUs only"):
        DistributedGroup(0, 2, store=HashStore()).convert_sync_batchnorm(model, cpu)


def test_processes_draw_different_dropout_and_the_main_one_that_of_a_single_process() -> None:
    drawn = []
    for processes in (
        SINGLE_PROCESS,
        DistributedGroup(0, 2, store=HashStore()),
        DistributedGroup(1, 2, store=HashStore()),
    ):
        torch.manual_seed(4)
        processes.seed(4)
        drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:4", ResourceError),
        (f"{UNUSED_PARAMETER_MESSAGE} before starting a new one.", ModelError),
        ("mat1 and mat2 shapes cannot be multiplied", RuntimeError),
    ],
)
def test_errors_of_collectives_are_explained(said: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as error, DistributedGroup(0, 2, store=HashStore()).explain_errors():
        raise RuntimeError(said)
    assert type(error.value) is kind
