"""A map of the embeddings: their two main directions."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from hydro.plugins.charts import Finding

MAX_POINTS = 3000


def pca_map(embeddings: NDArray[np.float32], shown: pd.DataFrame, seed: int) -> Finding:
    """Project embeddings ``(rows, size)`` on their first two principal components.

    At most 3,000 rows, drawn by the seed. ``shown`` has the ``row``, ``text`` and ``label`` of
    each. The projection is randomized (Halko et al. 2011, as torch has it), so that wide
    embeddings cost no more.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(embeddings))[:MAX_POINTS])
    points = torch.from_numpy(embeddings[chosen].astype(np.float32))
    if len(chosen) < 3 or points.shape[1] < 2:
        return Finding(pd.DataFrame())
    centerd = points - points.mean(dim=0)
    total = float(centerd.square().sum())
    if total == 0:
        return Finding(pd.DataFrame())
    size = min(8, *centerd.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, _, directions = torch.pca_lowrank(centerd, q=size, center=False, niter=6)
    flat = (centerd @ directions[:, :2]).numpy()
    # A component has no sign of its own; the largest value is to be positive.
    flat *= np.sign(flat[np.abs(flat).argmax(axis=0), [0, 1]])
    table = shown.iloc[chosen].assign(
        first_component=flat[:, 0].round(4), second_component=flat[:, 1].round(4)
    )
    share = float((flat**2).sum()) / total
    said = f"The two directions hold {100 * share:.0f} % of the variance of the embeddings."
    rows = (
        f" {MAX_POINTS:,} of {len(embeddings):,} rows are shown."
        if len(embeddings) > MAX_POINTS
        else ""
    )
    return Finding(table, (said + rows,))
