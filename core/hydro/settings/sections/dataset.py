"""Settings of the tables."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if, unless
from hydro.settings.sections.types import Ids, as_list


class DatasetSection(Section):
    """Where the rows come from, and which are held out."""

    train_dataframe: Path = setting(
        help="The table to train on: .csv, .pq, .parquet, or a .zip of CSV files."
    )
    validation_strategy: Literal["kfold", "grouped_kfold", "custom", "automatic"] = setting(
        "kfold",
        help="How rows are held out: by the column `fold` or else five seeded folds; by folds that "
        "keep groups together; by a table of their own; by a random share.",
    )
    group_fold_column: str | None = setting(
        None,
        help="The column whose groups stay on one side. Naming the label column gives folds of "
        "unseen classes.",
        applies_if=only_if("dataset.validation_strategy", "grouped_kfold"),
        required_if=only_if("dataset.validation_strategy", "grouped_kfold"),
    )
    validation_size: float = setting(
        0.2,
        help="The share of rows held out.",
        ge=0.01,
        le=0.95,
        applies_if=only_if("dataset.validation_strategy", "automatic"),
    )
    validation_dataframe: Path | None = setting(
        None,
        help="The table to validate on; the whole train table then trains.",
        applies_if=only_if("dataset.validation_strategy", "custom"),
        required_if=only_if("dataset.validation_strategy", "custom"),
    )
    folds: Ids = setting(
        (),
        help="The folds to hold out, each with a model of its own; empty means the first one.",
        alias="selected_folds",
        applies_if=only_if("dataset.validation_strategy", "kfold", "grouped_kfold"),
    )
    test_dataframe: Path | None = setting(
        None, help="A table scored after training; it may lack the label columns."
    )
    data_sample: float = setting(
        1.0, help="The share of rows used, drawn by the seed.", level="intermediate", ge=0.01, le=1
    )
    data_sample_choice: Annotated[
        tuple[Literal["Train", "Validation"], ...], BeforeValidator(as_list)
    ] = setting(
        ("Train", "Validation"),
        help="Which sides are sampled.",
        level="intermediate",
        applies_if=unless("dataset.data_sample", 1.0),
    )
