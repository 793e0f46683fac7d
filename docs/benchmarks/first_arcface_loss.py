"""Compares ArcFace's loss with random class centers to what it is expected to be.

    python docs/benchmarks/first_arcface_loss.py DATA

DATA is a folder with test.csv, columns text and label (banking77: PolyAI, CC BY 4.0). Expected is
s·sin m + ln C + s²/(2d). Prints the mean over 50 draws of the centers, and how far one draw is off.
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch

from hydro.data.tables import read_table
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer
from hydro_text_metric_learning.losses.arcface import ArcFace

SCALE, MARGIN, DRAWS = 45.0, 0.1, 50


def main() -> None:
    """Print the expected loss, the mean over draws, and their ratio."""
    table = read_table(Path(sys.argv[1]) / "test.csv")
    folder = find_backbone("sentence-transformers/all-MiniLM-L6-v2")
    tokenizer = load_tokenizer(folder, max_length=64, lowercase=False, separator="")
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    vectors = torch.from_numpy(embed(encoder, tokenizer.encode(table["text"].tolist())))
    names, classes = np.unique(table["label"], return_inverse=True)
    size = vectors.shape[1]
    expected = SCALE * math.sin(MARGIN) + math.log(len(names)) + SCALE**2 / (2 * size)
    torch.manual_seed(0)
    with torch.no_grad():
        losses = [
            ArcFace(size, len(names), MARGIN, SCALE)(vectors, torch.from_numpy(classes)).item()
            for _ in range(DRAWS)
        ]
    mean, spread = float(np.mean(losses)), float(np.std(losses))
    said = f"expected {expected:.3f}  mean {mean:.3f} ({mean / expected - 1:+.2%})  sd {spread:.3f}"
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
