"""Embeds banking77 with hydro and with ``SentenceTransformer.encode``, in turn.

    python tests/benchmarks/embedding_against_sentence_transformers.py DATA [--pairs 5]

DATA is a folder with train.csv and test.csv, columns text and label (PolyAI, CC BY 4.0). The model
is all-MiniLM-L6-v2, texts are cut at 64 tokens, and everything from text to vector is timed. The
peer first shows at which batch size it is fastest, on a tenth of the texts. Prints the texts a
second of each pair as JSON, and how far the vectors are apart.
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
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from hydro.data.tables import read_table
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LONGEST = 64
SIZES = (16, 32, 64, 128)

Vectors = NDArray[np.float32]


def main() -> None:
    """Print the figures of all pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    tables = (read_table(arguments.data / f"{name}.csv") for name in ("train", "test"))
    texts = [text for table in tables for text in table["text"].tolist()]
    ours, theirs = hydro(), sentence_transformers()
    seconds = {size: clock(lambda size=size: theirs(texts[::10], size))[0] for size in SIZES}
    best = min(seconds, key=seconds.__getitem__)
    ours(texts[::10])
    pairs = [
        (clock(lambda: ours(texts)), clock(lambda: theirs(texts, best)))
        for _ in range(arguments.pairs)
    ]
    ratios = [other[0] / mine[0] for mine, other in pairs]
    figures = {
        "threads": torch.get_num_threads(),
        "texts": len(texts),
        "batch_size": best,
        "texts_a_second": {
            "hydro": round(statistics.median(len(texts) / mine[0] for mine, _ in pairs)),
            "sentence-transformers": round(
                statistics.median(len(texts) / other[0] for _, other in pairs)
            ),
        },
        "ratios": [round(ratio, 2) for ratio in ratios],
        "median_ratio": round(statistics.median(ratios), 2),
        "vectors_differ_by": float(abs(pairs[0][0][1] - pairs[0][1][1]).max()),
    }
    json.dump(figures, sys.stdout, indent=2)


def clock(work: Callable[[], Vectors]) -> tuple[float, Vectors]:
    """Give the seconds that some work takes, and what it gives."""
    started = time.perf_counter()
    vectors = work()
    return time.perf_counter() - started, vectors


def hydro() -> Callable[[list[str]], Vectors]:
    """Give what embeds texts without padding."""
    folder = find_backbone(MODEL)
    tokenizer = load_tokenizer(folder, max_length=LONGEST, lowercase=False, separator="")
    backbone = load_backbone(folder, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    return lambda texts: embed(encoder, tokenizer.encode(texts))


def sentence_transformers() -> Callable[[list[str], int], Vectors]:
    """Give what embeds texts as the peer does."""
    model = SentenceTransformer(str(find_backbone(MODEL)), device="cpu")
    model.max_seq_length = LONGEST
    return lambda texts, size: np.asarray(
        model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
    )


if __name__ == "__main__":
    main()
