"""Says how much memory the vectors of very many classes take."""

from typing import Any

from hydro.text import find_backbone, load_config

MANY_CLASSES_THRESHOLD = 50_000
"""Classes, above which it is said."""


def head_note(architecture: Any, classes: int, sampled: int | None) -> list[str]:
    """Describe it in a sentence, if there are many.

    Args:
        architecture: the settings; the size of an embedding is there or in the backbone's config.
        classes: how many there are.
        sampled: how many a batch is compared with; None for all.

    Raises:
        ModelError: the backbone is not there, or its config cannot be read.
    """
    if classes <= MANY_CLASSES_THRESHOLD:
        return []
    size = (
        architecture.embedding_size or load_config(find_backbone(architecture.backbone)).hidden_size
    )
    one = classes * size * 4 / 1e9
    # The vectors and two averages of the optimizer; where it is dense, the gradient and two copies.
    most = one * (3 if sampled else 6)
    note = (
        f"{classes:,} classes of {size} numbers take {one:.1f} GB, and up to {most:.1f} GB while "
        "they are trained"
    )
    if sampled:
        return [f"{note}. Each batch is compared with {min(sampled, classes):,} of them"]
    return [f"{note}, all of it in every update. training.sampled_classes: 10000 is much faster"]
