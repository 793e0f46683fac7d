"""Settings of the tables."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator

from hydro.settings.fields import Section, setting
from hydro.settings.rules import only_if, unless
from hydro.settings.sections.types import Ids, as_list


class DatasetSection(Section):
    """Training, validation and test tables."""

    train_dataframe: Path = setting(
        help="Training table: .csv, .tsv, .jsonl (each also as .gz), .parquet, .xlsx, or a .zip of "
        "CSV files."
    )
    validation_strategy: Literal[
        "kfold", "stratified_kfold", "grouped_kfold", "custom", "automatic"
    ] = setting(
        "kfold",
        help="Validation split. kfold: by the column `fold`, else five random folds; "
        "stratified_kfold: five random folds with the same share of every class; grouped_kfold: "
        "folds that keep groups together; custom: a table of its own; automatic: a random share.",
    )
    group_fold_column: str | None = setting(
        None,
        help="Column of the groups that are kept together in one fold. With the label column, "
        "validation classes are not seen in training.",
        applies_if=only_if("dataset.validation_strategy", "grouped_kfold"),
        required_if=only_if("dataset.validation_strategy", "grouped_kfold"),
    )
    validation_size: float = setting(
        0.2,
        help="Fraction of the rows held out for validation.",
        ge=0.01,
        le=0.95,
        applies_if=only_if("dataset.validation_strategy", "automatic"),
    )
    validation_dataframe: Path | None = setting(
        None,
        help="Validation table; all rows of the training table are then trained on.",
        applies_if=only_if("dataset.validation_strategy", "custom"),
        required_if=only_if("dataset.validation_strategy", "custom"),
    )
    folds: Ids = setting(
        (),
        help="Folds to hold out, each with a model of its own; an empty list means the first fold.",
        alias="selected_folds",
        applies_if=only_if(
            "dataset.validation_strategy", "kfold", "stratified_kfold", "grouped_kfold"
        ),
    )
    split_seed: int | None = setting(
        None,
        help="Random seed of folds, shares and samples of rows, so that experiments hold out the "
        "same rows. Default: `environment.seed` where it is given, else 0.",
        level="intermediate",
        ge=0,
        le=2**32 - 1,
    )
    test_dataframe: Path | None = setting(
        None, help="Test table, scored after training; labels are optional."
    )
    data_sample: float = setting(
        1.0,
        help="Fraction of the rows to use, sampled by `split_seed`.",
        level="intermediate",
        ge=0.01,
        le=1,
        applies_if=unless("dataset.data_sample_choice", ()),
    )
    data_sample_choice: Annotated[
        tuple[Literal["Train", "Validation"], ...], BeforeValidator(as_list)
    ] = setting(
        ("Train", "Validation"),
        help="Splits that are sampled.",
        level="intermediate",
        applies_if=unless("dataset.data_sample", 1.0),
    )
