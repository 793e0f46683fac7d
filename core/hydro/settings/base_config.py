"""Finds the settings of an earlier experiment, for a file that starts from them."""

from dataclasses import replace
from pathlib import Path

from hydro.paths import default_output, first_existing_experiment, from_folder
from hydro.settings.error_messages import SettingsIssue, settings_error
from hydro.settings.layers import Layers
from hydro.settings.yaml_reader import read_yaml

KEY = "from_experiment"

NOT_INHERITED = ("experiment_name", KEY)
"""What is never taken over: two experiments are not called the same."""


def with_base_settings(layers: Layers) -> Layers:
    """Add the settings of the experiment that the layers name, if they name one.

    A mere name is also looked for where experiments are made: ``$HYDRO_OUTPUT``, else ``runs`` in
    the working folder.

    Raises:
        SettingsError: there is no such experiment, or its settings cannot be read.
    """
    name = layers.top(KEY)
    if name is None:
        return layers
    folders = dict.fromkeys((layers.folder_of(KEY), layers.folder))
    candidates = [Path(from_folder(str(name), each)) for each in folders]
    candidates.append(default_output() / str(name))
    found = first_existing_experiment(candidates)
    if found is None:
        tried = " and ".join(str(each) for each in candidates)
        issue = SettingsIssue((KEY,), f"{KEY}: no experiment in {tried}")
        raise settings_error([issue], layers)
    values = read_yaml(found / "config.yaml").values
    values = {key: value for key, value in values.items() if key not in NOT_INHERITED}
    earlier = _without_default_fold(values, layers)
    return replace(layers, earlier=earlier, earlier_folder=found.resolve())


def _without_default_fold(values: dict[str, object], layers: Layers) -> dict[str, object]:
    """Leave out a fold that nobody chose, where another table is trained on.

    Experiments without a ``split_seed`` stored the first fold of their table in its place.
    """
    dataset, own = values.get("dataset"), replace(layers, earlier={}).merge().get("dataset")
    if not isinstance(dataset, dict) or "split_seed" in dataset or not isinstance(own, dict):
        return values
    table, folds = (
        str(own.get("train_dataframe", dataset.get("train_dataframe"))),
        dataset.get("folds"),
    )
    same = dataset.get("train_dataframe") in {str(layers.folder / table), str(Path.cwd() / table)}
    if same or not isinstance(folds, list) or len(folds) != 1:
        return values
    return {**values, "dataset": {key: dataset[key] for key in dataset if key != "folds"}}
