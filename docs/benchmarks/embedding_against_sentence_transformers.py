"""Embeds banking77 with hydro, with its int8 ONNX export, and with ``SentenceTransformer.encode``.

    pip install 'hydro-experiments[onnx]'
    python docs/benchmarks/embedding_against_sentence_transformers.py DATA [--rounds 5]

DATA is a folder with train.csv and test.csv, columns text and label (PolyAI, CC BY 4.0). The model
is all-MiniLM-L6-v2, texts are cut at 64 tokens, and everything from text to vector is timed. The
peer first shows at which batch size it is fastest, on a tenth of the texts. Prints as JSON the
texts a second of each, taken in turn; how far the vectors are apart; and the MAP@R of the test
rows among the training rows in float32 and in int8.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from hydro.data.tables import read_table
from hydro.similarity.neighbors import rank
from hydro.similarity.retrieval_metrics import map_at_r
from hydro.text import Encoder, TextTokenizer, embed, find_backbone, load_backbone, load_tokenizer
from hydro_text_metric_learning.export.onnx import embed_onnx, open_onnx
from hydro_text_metric_learning.export.onnx_folder import write_onnx_folder
from hydro_text_metric_learning.export.sentence_transformers import write_sentence_transformers

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LONGEST = 64
SIZES = (16, 32, 64, 128)

Vectors = NDArray[np.float32]
Embed = Callable[[list[str]], Vectors]


def main() -> None:
    """Print the figures of all rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    train, test = (read_table(arguments.data / f"{name}.csv") for name in ("train", "test"))
    texts = [*train["text"].tolist(), *test["text"].tolist()]
    with tempfile.TemporaryDirectory() as folder:
        contenders = {**hydro(Path(folder)), "sentence-transformers": peer(texts[::10])}
        for contender in contenders.values():
            contender(texts[::50])
        rounds = [
            {name: clock(contender, texts) for name, contender in contenders.items()}
            for _ in range(arguments.rounds)
        ]
    vectors = {name: found for name, (_, found) in rounds[0].items()}
    figures = {
        "threads": torch.get_num_threads(),
        "texts": len(texts),
        "texts_a_second": {
            name: round(statistics.median(len(texts) / each[name][0] for each in rounds))
            for name in contenders
        },
        "ratios": {
            name: [round(each["sentence-transformers"][0] / each[name][0], 2) for each in rounds]
            for name in ("hydro", "hydro, ONNX int8")
        },
        "vectors_differ_by": float(abs(vectors["hydro"] - vectors["sentence-transformers"]).max()),
        "map_at_r": {name: map_at_r_of(found, train, test) for name, found in vectors.items()},
    }
    json.dump(figures, sys.stdout, indent=2)


def clock(work: Embed, texts: list[str]) -> tuple[float, Vectors]:
    """Return the seconds that it takes to embed some texts, and the vectors."""
    started = time.perf_counter()
    vectors = work(texts)
    return time.perf_counter() - started, vectors


def hydro(folder: Path) -> dict[str, Embed]:
    """Return what embeds texts without padding, and what embeds them by an int8 export."""
    backbone = find_backbone(MODEL)
    tokenizer = load_tokenizer(backbone, max_length=LONGEST, lowercase=False, separator="")
    loaded = load_backbone(backbone, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(loaded, pool="Average", dropout=0.0, embedding_size=None)
    session = open_onnx(export(folder, encoder, tokenizer))
    return {
        "hydro": lambda texts: embed(encoder, tokenizer.encode(texts)),
        "hydro, ONNX int8": lambda texts: embed_onnx(session, tokenizer.encode(texts)),
    }


def export(folder: Path, encoder: Encoder, tokenizer: TextTokenizer) -> Path:
    """Write the untrained model as ONNX in int8."""
    write_sentence_transformers(
        folder / "model",
        backbone=encoder.backbone,
        tokenizer=tokenizer.hf,
        max_length=LONGEST,
        pool=encoder.pool,
        neck=None,
        columns=["text"],
        separator="",
        threshold=None,
        balanced_threshold=None,
        card="",
    )
    (folder / "exported").mkdir()
    sample = pd.DataFrame({"text": ["Where is my card?", "I was charged twice"]}, dtype="str")
    write_onnx_folder(folder / "model", folder / "exported", sample)
    return folder / "exported/onnx/model_int8.onnx"


def peer(texts: list[str]) -> Embed:
    """Return what embeds texts with sentence-transformers, at the batch size that suits it best."""
    model = SentenceTransformer(str(find_backbone(MODEL)), device="cpu")
    model.max_seq_length = LONGEST

    def with_batches_of(size: int) -> Embed:
        return lambda texts: np.asarray(
            model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
        )

    return min(map(with_batches_of, SIZES), key=lambda each: clock(each, texts)[0])


def map_at_r_of(vectors: Vectors, train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Search the training rows for each test row, and score what is found."""
    names, classes = np.unique(train["label"], return_inverse=True)
    wanted = np.searchsorted(names, test["label"].to_numpy(str))
    gallery, queries = np.split(vectors, [len(train)])
    blocks = rank(queries, wanted, top_k=1, gallery=gallery, gallery_classes=classes)
    return round(float(np.concatenate([map_at_r(each.ranking) for each in blocks]).mean()), 4)


if __name__ == "__main__":
    main()
