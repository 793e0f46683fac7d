"""Trains and embeds with and without torch.compile, in turn.

    python docs/benchmarks/compiled.py DATA [--rounds 5] [--updates 6]

DATA is a folder with train.csv, columns text and label. all-MiniLM-L6-v2, batches of 64 texts of at
most 64 tokens. Compiled is every layer of the backbone, for any number of tokens, except attention,
whose shapes are others in every batch; it needs a C++ compiler. Weights are not packed for oneDNN,
which compiled layers cannot be handed to. Prints as JSON the seconds of the first round, in which
it compiles, and the texts a second of each later round.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import AttentionInterface

from hydro.data.labels import Labels
from hydro.data.tables import read_table
from hydro.text import (
    Encoder,
    LabeledTexts,
    find_backbone,
    length_bucketed_batches,
    load_backbone,
    load_tokenizer,
)
from hydro.text.attention import VARLEN_ATTENTION, varlen_attention
from hydro_text_metric_learning.losses.arcface import ArcFace

BATCH, LONGEST, TEXTS, TOKENS = 64, 64, 2048, 2048
WAYS = ("plain", "compiled")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=6)
    given = parser.parse_args()
    table = read_table(given.data / "train.csv")
    labels = Labels.of(table, ["label"])
    folder = find_backbone("sentence-transformers/all-MiniLM-L6-v2")
    tokenizer = load_tokenizer(folder, max_length=LONGEST, lowercase=False, separator="")
    order = np.random.default_rng(1).permutation(len(table))[: max(TEXTS, BATCH * given.updates)]
    corpus = tokenizer.encode(table["text"].iloc[order].tolist())
    texts = LabeledTexts(corpus, labels.encode(table)[order])
    makers = {
        "training": lambda encoder: trainer(encoder, texts, len(labels), given.updates),
        "embedding": lambda encoder: embedder(encoder, texts),
    }
    figures: dict[str, object] = {"threads": torch.get_num_threads()}
    for what, make in makers.items():
        ways = {way: make(build(folder, compiled=way == "compiled")) for way in WAYS}
        first = {way: clock(work) for way, work in ways.items()}
        rounds = [{way: clock(work) for way, work in ways.items()} for _ in range(given.rounds)]
        count = BATCH * given.updates if what == "training" else TEXTS
        figures[what] = {
            "first_round_seconds": {way: round(seconds, 1) for way, seconds in first.items()},
            "texts_a_second": {
                way: round(count / statistics.median(each[way] for each in rounds)) for way in WAYS
            },
            "ratios": [round(each["plain"] / each["compiled"], 3) for each in rounds],
        }
    json.dump(figures, sys.stdout, indent=2)


def trainer(
    encoder: Encoder, texts: LabeledTexts, classes: int, updates: int
) -> Callable[[], None]:
    """Return what makes some updates."""
    loss = ArcFace(384, classes, 0.2, 30.0)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *loss.parameters()], fused=True)

    def train() -> None:
        encoder.train()
        for rows in np.split(np.arange(BATCH * updates), updates):
            batch = texts.batch(rows)
            loss(encoder(batch.inputs), batch.targets).backward()
            optimizer.step()
            optimizer.zero_grad()

    return train


def embedder(encoder: Encoder, texts: LabeledTexts) -> Callable[[], None]:
    """Return what embeds some texts."""

    def embed() -> None:
        encoder.eval()
        with torch.no_grad():
            for rows in length_bucketed_batches(texts.lengths[:TEXTS], TOKENS):
                encoder(texts.batch(rows).inputs)

    return embed


def build(folder: Path, *, compiled: bool) -> Encoder:
    """Load the encoder."""
    backbone = load_backbone(folder, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    if compiled:
        AttentionInterface.register(VARLEN_ATTENTION, torch.compiler.disable(varlen_attention))
        for layer in backbone.encoder.layer:
            layer.compile(dynamic=True)
    return encoder


def clock(work: Callable[[], None]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
