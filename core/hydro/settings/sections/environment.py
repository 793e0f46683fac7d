"""Settings of the machine, randomness and tracking."""

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if
from hydro.settings.sections.types import Ids


class EnvironmentSection(Section):
    """Hardware, precision and randomness."""

    gpus: Ids | None = setting(None, help="GPU ids, from 0; [] uses the CPU. Default: all GPUs.")
    number_of_gpus_per_run: int = setting(
        1,
        help="GPUs per run (data parallel), each with batches of its own.",
        level="intermediate",
        ge=1,
    )
    mixed_precision_training: bool = setting(
        True,
        help="Train in bfloat16 if the GPU supports it, else in float16 with loss scaling.",
        level="expert",
    )
    mixed_precision_inference: bool = setting(
        False, help="Inference in half precision.", level="expert"
    )
    sync_batch_normalization: bool = setting(
        False,
        help="Synchronize batch normalization statistics across the GPUs of a run.",
        level="master",
    )
    number_of_workers: int = setting(
        4, help="Data loading processes; results do not depend on it.", level="expert", ge=0
    )
    seed: int = setting(
        -1,
        help="Random seed of training; -1 draws one and stores it. Results are reproducible to "
        "the bit on a CPU; GPU kernels may differ in the last bits.",
        level="intermediate",
        ge=-1,
        le=2**32 - 1,
    )


class LoggingSection(Section):
    """Experiment tracking."""

    logger: str = setting("None", help="Experiment tracker.", level="expert", component="logger")
    neptune_project: str = setting(
        "",
        help="Neptune project, as in `workspace/project`.",
        level="expert",
        applies_if=only_if("logging.logger", "Neptune"),
    )
    number_of_texts: int = setting(
        10,
        help="Examples of each kind shown in the insights: worst, best, random.",
        level="intermediate",
        ge=0,
    )
