"""A note on the memory that the weights of very many classes take."""

from hydro.text import TextArchitectureSection, find_backbone, load_config

MANY_CLASSES_THRESHOLD = 50_000
"""Fewer classes are not worth a note."""


def class_weights_note(
    architecture: TextArchitectureSection, classes: int, sampled: int | None
) -> list[str]:
    """Return a sentence on the memory of the weights, if there are many classes.

    Args:
        architecture: has the size of an embedding, or the backbone whose config has it.
        classes: number of classes.
        sampled: number of classes that a batch is compared with; None for all.

    Raises:
        ModelError: the backbone is unavailable, or its config cannot be read.
    """
    if classes <= MANY_CLASSES_THRESHOLD:
        return []
    size = (
        architecture.embedding_size or load_config(find_backbone(architecture.backbone)).hidden_size
    )
    weights = classes * size * 4 / 1e9
    # The weights and two averages of the optimizer; if dense, also the gradient and two copies.
    peak = weights * (3 if sampled else 6)
    note = (
        f"{classes:,} classes of {size} numbers take {weights:.1f} GB, and up to {peak:.1f} GB "
        "while they are trained"
    )
    if sampled:
        return [f"{note}. Each batch is compared with {min(sampled, classes):,} of them"]
    return [f"{note}, all of it in every update. training.sampled_classes: 10000 is much faster"]
