"""Settings of the machine, randomness and tracking."""

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if
from hydro.settings.sections.types import Ids


class EnvironmentSection(Section):
    """What the run may use of the machine."""

    gpus: Ids | None = setting(
        None, help="The GPUs to use, counted from 0; [] means the CPU, nothing means all there are."
    )
    number_of_gpus_per_run: int = setting(
        1,
        help="GPUs that train one model together, each on batches of its own.",
        level="intermediate",
        ge=1,
    )
    mixed_precision_training: bool = setting(
        True,
        help="Train in bfloat16 where the GPU has it, else in float16 with loss scaling.",
        level="expert",
    )
    mixed_precision_inference: bool = setting(
        False, help="Predict in half precision.", level="expert"
    )
    sync_batch_normalization: bool = setting(
        False,
        help="Normalize with the statistics of the batches of all GPUs of a run together.",
        level="master",
    )
    number_of_workers: int = setting(
        4, help="Processes that prepare batches; results do not depend on it.", level="expert", ge=0
    )
    seed: int = setting(
        -1,
        help="Where randomness starts; -1 draws one and stores it. The same one repeats every "
        "figure on a CPU; a GPU's kernels may differ in the last bits.",
        level="intermediate",
        ge=-1,
        le=2**32 - 1,
    )


class LoggingSection(Section):
    """Where figures go besides the experiment's folder."""

    logger: str = setting(
        "None", help="A tracker that is told the figures.", level="expert", component="logger"
    )
    neptune_project: str = setting(
        "",
        help="The Neptune project that figures go to, as in `workspace/project`.",
        level="expert",
        applies_if=only_if("logging.logger", "Neptune"),
    )
    number_of_texts: int = setting(
        10,
        help="Texts of each kind shown in the insights: worst, best, random.",
        level="intermediate",
        ge=0,
    )
