"""Every family of encoders trains, and loses what a plain loop over padded batches loses."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import AutoModel

from hydro.experiment.assembly import assemble
from hydro.plugins.builder import Builder
from hydro.testing import tiny_backbone
from hydro.text import TokenizedTexts
from hydro.training.batch_plan import BatchPlan
from hydro.training.samplers import ShuffledBatches
from hydro_text_metric_learning.losses.arcface import ArcFace

FAMILIES = (
    *("bert", "distilbert", "roberta", "mpnet", "electra", "albert", "deberta-v2", "modernbert"),
    "qwen3",
)


def padded(backbone: Any, corpus: TokenizedTexts, rows: Any) -> Tensor:
    """Embed as everybody does: pad, mask, average over the mask."""
    texts = [
        torch.from_numpy(corpus.take(rows[[at]]).ids.astype("int64")) for at in range(len(rows))
    ]
    ids = nn.utils.rnn.pad_sequence(texts, True, backbone.config.pad_token_id or 0)
    mask = nn.utils.rnn.pad_sequence([torch.ones_like(text) for text in texts], True)
    hidden = backbone(input_ids=ids, attention_mask=mask).last_hidden_state * mask[..., None]
    average: Tensor = hidden.sum(1) / mask.sum(1, keepdim=True)
    return average


def plain_losses(experiment: Any, registry: Any, folder: Path) -> Iterator[float]:
    """Train as the settings say, in the plainest way there is."""
    settings = experiment.settings
    parts = assemble(
        Builder(settings, registry, experiment.problem), experiment.frames, experiment.targets
    )
    training: Any = parts.train
    shuffled = ShuffledBatches(len(training), settings.environment.seed, settings.training)
    updates = BatchPlan(shuffled, settings.training)
    backbone = AutoModel.from_pretrained(folder).eval()  # so that nothing is dropped
    loss = ArcFace(32, len(parts.targets), 0.1, 45.0)
    with torch.no_grad():
        classes = torch.from_numpy(training.targets)
        found = normalize(padded(backbone, training.texts, classes.argsort().numpy()))
        loss.set_weight(found.unflatten(0, (len(parts.targets), -1)).sum(1))
    optimizer = torch.optim.AdamW([*backbone.parameters(), *loss.parameters()], weight_decay=0)
    for update, (rows,) in enumerate(updates.batches_for_epoch(0)):
        rate = (
            settings.training.learning_rate
            * (1 + math.cos(math.pi * update / updates.num_updates))
            / 2
        )
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        value = loss(padded(backbone, training.texts, rows), classes[rows])
        value.backward()
        optimizer.step()
        yield value.item()


@pytest.mark.parametrize("architecture", FAMILIES)
def test_a_family_trains_as_it_does_in_a_plain_padded_loop(
    architecture: str, texts: Any, tmp_path: Path
) -> None:
    words = texts.table.read_text().replace(",", " ").splitlines()
    folder = tiny_backbone(tmp_path / architecture, architecture, texts=words)
    changes = (f"architecture.backbone={folder}", "training.epochs=0.5")
    outcome = texts.run(*changes)
    lines = map(json.loads, (outcome.folder / "history.jsonl").read_text().splitlines())
    losses = [each["loss"] for each in lines if each["event"] == "training"]
    expected = list(plain_losses(texts.prepare(*changes), texts.registry, folder))
    assert losses == pytest.approx(expected, abs=1e-4)
