"""The losses that text metric learning offers, and how each is built from the settings."""

from typing import TYPE_CHECKING

from hydro.api import Loss
from hydro_text_metric_learning.loss_settings import (
    ArcFaceSettings,
    CircleSettings,
    CrossEntropySettings,
    MultiSimilaritySettings,
    NormalizedSoftmaxSettings,
    NTXentSettings,
    ProxyAnchorSettings,
    SoftTripleSettings,
    SupConSettings,
    TripletSettings,
)

if TYPE_CHECKING:
    from torch import nn

    from hydro.api import Labels
    from hydro.text import Encoder
    from hydro_text_metric_learning.settings import TextMetricLearningSettings


def offered_losses(problem: str) -> list[Loss]:
    """Return the losses of class centers, then those of pairs."""
    offered = (
        ("ArcFace", build_arcface, ArcFaceSettings),
        ("CrossEntropy", build_cross_entropy, CrossEntropySettings),
        ("NormalizedSoftmax", build_normalized_softmax, NormalizedSoftmaxSettings),
        ("ProxyAnchor", build_proxy_anchor, ProxyAnchorSettings),
        ("SoftTriple", build_soft_triple, SoftTripleSettings),
        ("SupCon", build_supcon, SupConSettings),
        ("NTXent", build_ntxent, NTXentSettings),
        ("MultiSimilarity", build_multi_similarity, MultiSimilaritySettings),
        ("Circle", build_circle, CircleSettings),
        ("Triplet", build_triplet, TripletSettings),
    )
    return [
        Loss(name, build, problems=(problem,), settings=settings)
        for name, build, settings in offered
    ]


def build_arcface(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build ArcFace over the classes of the training rows."""
    from hydro_text_metric_learning.losses.arcface import ArcFace

    own = settings.of(ArcFaceSettings)
    return ArcFace(
        model.embedding_size,
        len(targets),
        own.arcface_margin,
        own.arcface_scale,
        settings.training.num_sampled(),
        from_class_means=own.arcface_init == "Class means",
    )


def build_cross_entropy(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build CrossEntropy over the classes of the training rows."""
    from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

    own = settings.of(CrossEntropySettings)
    return CrossEntropy(
        model.embedding_size,
        len(targets),
        settings.training.num_sampled(),
        label_smoothing=own.label_smoothing,
    )


def build_normalized_softmax(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build NormalizedSoftmax over the classes of the training rows."""
    from hydro_text_metric_learning.losses.normalized_softmax import NormalizedSoftmax

    own = settings.of(NormalizedSoftmaxSettings)
    return NormalizedSoftmax(
        model.embedding_size,
        len(targets),
        own.normalized_softmax_scale,
        settings.training.num_sampled(),
        from_class_means=own.normalized_softmax_init == "Class means",
    )


def build_proxy_anchor(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build ProxyAnchor over the classes of the training rows."""
    from hydro_text_metric_learning.losses.proxy_anchor import ProxyAnchor

    own = settings.of(ProxyAnchorSettings)
    return ProxyAnchor(
        model.embedding_size,
        len(targets),
        own.proxy_anchor_alpha,
        own.proxy_anchor_margin,
        from_class_means=own.proxy_anchor_init == "Class means",
    )


def build_soft_triple(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build SoftTriple over the classes of the training rows."""
    from hydro_text_metric_learning.losses.soft_triple import SoftTriple

    own = settings.of(SoftTripleSettings)
    return SoftTriple(
        model.embedding_size,
        len(targets),
        centers=own.soft_triple_centers,
        scale=own.soft_triple_scale,
        gamma=own.soft_triple_gamma,
        margin=own.soft_triple_margin,
        regularization=own.soft_triple_regularization,
    )


def build_supcon(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build SupCon over the pairs of a batch."""
    from hydro_text_metric_learning.losses.supcon import SupCon

    own = settings.of(SupConSettings)
    return SupCon(own.supcon_temperature)


def build_ntxent(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build NTXent over the pairs of a batch."""
    from hydro_text_metric_learning.losses.ntxent import NTXent

    own = settings.of(NTXentSettings)
    return NTXent(own.ntxent_temperature)


def build_multi_similarity(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build MultiSimilarity over the pairs of a batch."""
    from hydro_text_metric_learning.losses.multi_similarity import MultiSimilarity

    own = settings.of(MultiSimilaritySettings)
    return MultiSimilarity(
        own.multi_similarity_alpha,
        own.multi_similarity_beta,
        own.multi_similarity_base,
        own.multi_similarity_epsilon,
    )


def build_circle(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build Circle over the pairs of a batch."""
    from hydro_text_metric_learning.losses.circle import Circle

    own = settings.of(CircleSettings)
    return Circle(own.circle_margin, own.circle_gamma)


def build_triplet(
    settings: "TextMetricLearningSettings", *, model: "Encoder", targets: "Labels"
) -> "nn.Module":
    """Build Triplet over the pairs of a batch."""
    from hydro_text_metric_learning.losses.triplet import Triplet

    own = settings.of(TripletSettings)
    return Triplet(own.triplet_margin, own.triplet_mining)
