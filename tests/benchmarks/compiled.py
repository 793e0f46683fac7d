"""Trains and embeds with and without torch.compile, in turn.

    python tests/benchmarks/compiled.py DATA [--rounds 5] [--updates 6]

DATA is a folder with train.csv, columns text and label. all-MiniLM-L6-v2, batches of 64 texts of at
most 64 tokens. Compiled is every layer of the backbone, for any number of tokens, except attention,
whose shapes are others in every batch; it needs a C++ compiler. Prints as JSON the seconds of the
first round, in which it compiles, and the texts a second of each later round.
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
from torch import nn
from transformers import AttentionInterface

from hydro.data.labels import Labels
from hydro.data.tables import read_table
from hydro.text import Encoder, embed, find_backbone, gather, load_backbone, load_tokenizer
from hydro.text.attention import RAGGED, ragged_attention
from hydro_text_metric_learning.losses.arcface import ArcFace

BATCH, LONGEST, TEXTS = 64, 64, 2048


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
    corpus = tokenizer.encode(table["text"].tolist())
    classes = torch.from_numpy(labels.encode(table))
    order = np.random.default_rng(1).permutation(len(table))

    def trainer(encoder: nn.Module) -> Callable[[], int]:
        loss = ArcFace(384, len(labels), 0.2, 30.0)
        optimizer = torch.optim.AdamW([*encoder.parameters(), *loss.parameters()], fused=True)

        def train() -> int:
            encoder.train()
            for rows in np.split(order[: BATCH * given.updates], given.updates):
                loss(encoder(gather(corpus, rows)), classes[rows]).backward()
                optimizer.step()
                optimizer.zero_grad()
            return BATCH * given.updates

        return train

    def embedder(encoder: Encoder) -> Callable[[], int]:
        return lambda: len(embed(encoder, corpus.take(order[:TEXTS])))

    figures: dict[str, object] = {"threads": torch.get_num_threads()}
    for what, make in (("training", trainer), ("embedding", embedder)):
        works = {
            way: make(build(folder, compiled=way == "compiled")) for way in ("plain", "compiled")
        }
        first = {way: clock(work)[0] for way, work in works.items()}
        speeds = [
            {
                way: texts / seconds
                for way, work in works.items()
                for seconds, texts in [clock(work)]
            }
            for _ in range(given.rounds)
        ]
        figures[what] = {
            "first_round_seconds": {way: round(seconds, 1) for way, seconds in first.items()},
            "texts_a_second": {
                way: round(statistics.median(each[way] for each in speeds)) for way in works
            },
            "ratios": [round(each["compiled"] / each["plain"], 3) for each in speeds],
        }
    json.dump(figures, sys.stdout, indent=2)


def build(folder: Path, *, compiled: bool) -> Encoder:
    """Load the encoder."""
    backbone = load_backbone(folder, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    if compiled:
        AttentionInterface.register(RAGGED, torch.compiler.disable(ragged_attention))
        for layer in backbone.encoder.layer:
            layer.compile(dynamic=True)
    return encoder


def clock(work: Callable[[], int]) -> tuple[float, int]:
    """Give the seconds that something takes, and the texts it went through."""
    started = time.perf_counter()
    texts = work()
    return time.perf_counter() - started, texts


if __name__ == "__main__":
    main()
