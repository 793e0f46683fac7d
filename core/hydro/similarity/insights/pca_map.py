"""A map of the embeddings: their two main directions."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.plugins.charts import Finding

MAX_POINTS = 3000


def pca_map(embeddings: NDArray[np.float32], shown: pd.DataFrame, seed: int) -> Finding:
    """Project embeddings ``(rows, size)`` on their first two principal components.

    At most 3,000 rows, drawn by the seed. ``shown`` has the ``row``, ``text`` and ``label`` of
    each.
    """
    from sklearn.decomposition import PCA

    chosen = np.sort(np.random.default_rng(seed).permutation(len(embeddings))[:MAX_POINTS])
    points = embeddings[chosen].astype(np.float32)
    if len(chosen) < 3 or points.shape[1] < 2 or (points == points[0]).all():
        return Finding(pd.DataFrame())
    # ARPACK computes only what is drawn, exactly; it cannot compute all components there are.
    solver = "arpack" if points.shape[1] > 2 else "full"
    pca = PCA(2, svd_solver=solver, random_state=seed)
    flat = pca.fit_transform(points)
    # A component has no sign of its own; the largest value is to be positive.
    flat *= np.sign(flat[np.abs(flat).argmax(axis=0), [0, 1]])
    table = shown.iloc[chosen].assign(
        first_component=flat[:, 0].round(4), second_component=flat[:, 1].round(4)
    )
    share = pca.explained_variance_ratio_.sum()
    summary = f"The two directions hold {100 * share:.0f} % of the variance of the embeddings."
    if len(embeddings) > MAX_POINTS:
        summary += f" {MAX_POINTS:,} of {len(embeddings):,} rows are shown."
    return Finding(table, (summary,))
