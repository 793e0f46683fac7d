"""The settings of the losses, a section each; they stand below ``training``."""

from typing import Literal

from hydro.api import Section, setting

Init = Literal["Class means", "Random"]


def _initialization(alias: str | None = None) -> Init:
    """Declare how the class centers of a loss start."""
    found: Init = setting(
        "Class means",
        help="Initialization of the class centers: the mean of the untrained embeddings of each "
        "class, or random.",
        alias=alias,
        level="expert",
    )
    return found


class ArcFaceSettings(Section):
    """The settings of ArcFace."""

    arcface_margin: float = setting(
        0.1,
        help="Angular margin in radians, added between an embedding and its own class.",
        level="intermediate",
        grid=True,
        ge=0,
        lt=1.5708,
    )
    arcface_scale: float = setting(
        45.0, help="Scale of the cosines.", level="intermediate", grid=True, gt=0
    )
    arcface_init: Init = _initialization(alias="arcface_centres")


class CrossEntropySettings(Section):
    """The settings of CrossEntropy."""

    label_smoothing: float = setting(
        0.0,
        help="Share of the probability that is spread evenly over all classes.",
        level="expert",
        grid=True,
        ge=0,
        lt=1,
    )


class NormalizedSoftmaxSettings(Section):
    """The settings of NormalizedSoftmax."""

    normalized_softmax_scale: float = setting(
        20.0, help="Scale of the cosines.", level="intermediate", grid=True, gt=0
    )
    normalized_softmax_init: Init = _initialization()


class ProxyAnchorSettings(Section):
    """The settings of ProxyAnchor."""

    proxy_anchor_alpha: float = setting(
        32.0, help="Scale: how much more hard rows count.", level="expert", grid=True, gt=0
    )
    proxy_anchor_margin: float = setting(
        0.1, help="Margin of the cosines.", level="expert", grid=True, ge=0
    )
    proxy_anchor_init: Init = _initialization()


class SoftTripleSettings(Section):
    """The settings of SoftTriple."""

    soft_triple_centers: int = setting(
        5, help="Centers of each class.", level="expert", grid=True, ge=1
    )
    soft_triple_scale: float = setting(
        20.0, help="Scale of the similarities.", level="expert", grid=True, gt=0
    )
    soft_triple_gamma: float = setting(
        0.1,
        help="Temperature of the softmax over the centers of a class.",
        level="expert",
        grid=True,
        gt=0,
    )
    soft_triple_margin: float = setting(
        0.01, help="Margin of the similarity to the own class.", level="expert", grid=True, ge=0
    )
    soft_triple_regularization: float = setting(
        0.2,
        help="Weight of the regularizer that draws the centers of a class together.",
        level="expert",
        grid=True,
        ge=0,
    )


class SupConSettings(Section):
    """The settings of SupCon."""

    supcon_temperature: float = setting(
        0.1, help="Temperature of the cosines.", level="intermediate", grid=True, gt=0
    )


class NTXentSettings(Section):
    """The settings of NTXent."""

    ntxent_temperature: float = setting(
        0.05, help="Temperature of the cosines.", level="intermediate", grid=True, gt=0
    )


class MultiSimilaritySettings(Section):
    """The settings of MultiSimilarity."""

    multi_similarity_alpha: float = setting(
        2.0, help="Scale of positive pairs.", level="expert", grid=True, gt=0
    )
    multi_similarity_beta: float = setting(
        50.0, help="Scale of negative pairs.", level="expert", grid=True, gt=0
    )
    multi_similarity_base: float = setting(
        0.5, help="Cosine from which pairs are pulled and pushed.", level="expert", grid=True
    )
    multi_similarity_epsilon: float | None = setting(
        0.1,
        help="Margin of the miner, which drops easy pairs; null keeps all pairs.",
        level="expert",
        grid=True,
        ge=0,
    )


class CircleSettings(Section):
    """The settings of Circle."""

    circle_margin: float = setting(
        0.4, help="Relaxation of the optimum: 0 is none.", level="expert", grid=True
    )
    circle_gamma: float = setting(80.0, help="Scale.", level="expert", grid=True, gt=0)


class TripletSettings(Section):
    """The settings of Triplet."""

    triplet_mining: Literal["Batch hard", "Semi-hard"] = setting(
        "Batch hard", help="Which triplets of a batch are used.", level="intermediate", grid=True
    )
    triplet_margin: float | None = setting(
        None,
        help="Margin of the Euclidean distances; null for the soft margin.",
        level="intermediate",
        grid=True,
        ge=0,
    )
