"""CosFace for hydro: one more loss for text metric learning."""

from typing import TYPE_CHECKING

from hydro.api import Loss, Section, Settings, hookimpl, setting

if TYPE_CHECKING:
    from hydro.api import Labels
    from hydro.text import Encoder
    from hydro_cosface.cosface import CosFace


class CosFaceSettings(Section):
    """Shown under `training:`, and only while `training.loss_function` is CosFace."""

    cosface_margin: float = setting(
        0.35, help="Cosine taken off the own class.", ge=0, lt=1, grid=True
    )
    cosface_scale: float = setting(64, help="Factor on the cosines.", gt=0, level="expert")


@hookimpl
def hydro_losses() -> list[Loss]:
    """Return CosFace, for one problem type."""
    problems = ("text_metric_learning",)
    return [Loss("CosFace", build, problems=problems, settings=CosFaceSettings)]


def build(settings: Settings, *, model: "Encoder", targets: "Labels") -> "CosFace":
    """Build the loss. torch is imported here, so `hydro --help` never pays for it."""
    from hydro_cosface.cosface import CosFace

    own = settings.of(CosFaceSettings)
    return CosFace(model.embedding_size, len(targets), own.cosface_margin, own.cosface_scale)
