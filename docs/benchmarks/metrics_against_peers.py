"""Compares hydro's metrics with two independent implementations, on real embeddings.

    python docs/benchmarks/metrics_against_peers.py DATA

DATA is a folder with test.csv, columns text and label (banking77: PolyAI, CC BY 4.0). Every row is
searched for among the others. Prints how far the means are apart and, for trec_eval, how far any
query is: two cosines that differ in their last bit may be ranked the other way by another matrix
product.
"""

import sys
from pathlib import Path

import numpy as np
import pytrec_eval
import torch
from numpy.typing import NDArray
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from hydro.data.tables import read_table
from hydro.plugins.metrics import MeanMetric
from hydro.similarity.predictions import score_neighbors
from hydro.similarity.retrieval_metrics import METRICS
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer

TOP_K = 50
TREC = {
    "mAP": f"map_cut.{TOP_K}",  # divides by R, which is below K for all classes of the table
    "Precision@1": "P.1",
    "Recall@K": f"recall.{TOP_K}",
    "MRR": "recip_rank",
    "nDCG@K": f"ndcg_cut.{TOP_K}",
    "R-Precision": "Rprec",
}
OURS = {
    "Precision@1": "precision_at_1",
    "R-Precision": "r_precision",
    "MAP@R": "mean_average_precision_at_r",
}


def embeddings_of(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Embed a table with the packaged encoder; give embeddings and classes."""
    table = read_table(path)
    folder = find_backbone("sentence-transformers/all-MiniLM-L6-v2")
    tokenizer = load_tokenizer(folder, max_length=64, lowercase=False, separator="")
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    classes = np.unique(table["label"], return_inverse=True)[1]
    return embed(encoder, tokenizer.encode(table["text"].tolist())), classes


def by_trec_eval(
    vectors: NDArray[np.float32], classes: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Score every query with trec_eval; where cosines are equal, the lower row comes first."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    places = np.argsort(np.argsort(-cosines, kind="stable", axis=1), axis=1)
    rows = range(len(vectors))
    same = [np.flatnonzero(classes == classes[row]).tolist() for row in rows]
    wanted = {f"{row}": {f"{each}": 1 for each in same[row] if each != row} for row in rows}
    run = {
        f"{row}": {f"{each}": float(-places[row, each]) for each in rows if each != row}
        for row in rows
    }
    measures = set(TREC.values())
    found = pytrec_eval.RelevanceEvaluator(wanted, measures).evaluate(run)
    return {
        name: np.array([found[f"{row}"][measure.replace(".", "_")] for row in rows])
        for name, measure in TREC.items()
    }


def main() -> None:
    """Print a table of the largest differences."""
    vectors, classes = embeddings_of(Path(sys.argv[1]) / "test.csv")
    made = {name: MeanMetric(make(TOP_K)) for name, make in METRICS.items()}
    ours = score_neighbors(vectors, classes, metrics=made, top_k=TOP_K).values
    for name, theirs in by_trec_eval(vectors, classes).items():
        differences = np.abs(ours[name] - theirs)
        mean = abs(float(ours[name].mean() - theirs.mean()))
        sys.stdout.write(
            f"{name:12} pytrec_eval              mean {mean:.1e}  query {differences.max():.1e}  "
            f"queries that differ {int((differences > 1e-9).sum())}\n"
        )
    peer = AccuracyCalculator(include=tuple(OURS.values()), k="max_bin_count")
    found = peer.get_accuracy(torch.from_numpy(vectors), torch.from_numpy(classes))
    for name, measure in OURS.items():
        difference = abs(float(ours[name].mean()) - found[measure])
        sys.stdout.write(f"{name:12} pytorch-metric-learning  mean {difference:.1e}\n")


if __name__ == "__main__":
    main()
