"""What the folder of a trained model says beyond its backbone: pooling, projection, lengths.

Read are folders of sentence-transformers, of any release, and hydro's own, which have its layout.
"""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.artifacts.files import JsonObject
from hydro.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from hydro.text.settings import TextSettings

OWN = "hydro.json"
MODULES = "modules.json"
WEIGHTS = "model.safetensors"

POOLS = {
    "mean_tokens": "Average",
    "mean": "Average",
    "cls_token": "[CLS] token",
    "cls": "[CLS] token",
    "max_tokens": "Max",
    "max": "Max",
    "lasttoken": "Last token",
}
"""Names of pooling functions, by those of sentence-transformers before and since 5.4."""

IDENTITY = "Identity"
TAKEN = ("Transformer", "Pooling", "Dense", "Normalize")
"""Modules that an encoder of hydro has as well; vectors are always compared by their cosine."""


@dataclass(frozen=True)
class SavedModules:
    """The modules of a folder, as the settings call them; None where the folder does not say."""

    backbone: Path
    """The folder of the backbone, with its config.json."""
    pool: str | None
    projection: Path | None
    embedding_size: int | None
    max_length: int | None
    lowercase: bool | None
    separator: str | None
    not_taken: tuple[str, ...]
    """What hydro has no setting for."""

    @property
    def defaults(self) -> dict[str, object]:
        """Return the settings that repeat the folder, by dotted name."""
        values = {
            "architecture.pool": self.pool,
            "architecture.embedding_size": self.embedding_size,
            "tokenizer.max_length": self.max_length,
            "tokenizer.lowercase": self.lowercase,
            "dataset.separator": self.separator,
        }
        return {name: value for name, value in values.items() if value is not None}


def infer_settings(
    settings: "TextSettings", given: Set[str]
) -> tuple[Mapping[str, object], list[str]]:
    """Return what the backbone's folder says for settings that were not given, with sentences.

    Raises:
        ModelError: a file in the folder is damaged.
    """
    folder = Path(settings.architecture.backbone).expanduser()
    modules = read_modules(folder) if settings.architecture.pretrained else None
    if modules is None:
        return {}, []
    chosen = {*given, *settings.grid_search}
    if "architecture.backbone" in settings.grid_search:
        return {}, [f"{folder}: of backbones that are searched over, only the weights are taken"]
    values = {name: each for name, each in modules.defaults.items() if name not in chosen}
    notes = [f"{folder}: not taken from it: {', '.join(modules.not_taken)}"]
    listed = ", ".join(f"{name}: {value}" for name, value in values.items())
    taken = [f"{folder} is a trained model, from which are taken {listed}"] if values else []
    return values, [*taken, *(notes if modules.not_taken else [])]


def read_modules(folder: Path) -> SavedModules | None:
    """Read what a folder says of its modules; None where it says nothing.

    Raises:
        ModelError: a file in it is damaged.
    """
    if not (folder / MODULES).is_file():
        return None
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"backbone {folder} has a {MODULES} that cannot be followed ({error}); fetch it again"
        raise ModelError(msg) from error


def load_projection(modules: SavedModules) -> "nn.Linear":
    """Load the projection of a folder that has one.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from torch import nn

    assert modules.projection, "the folder has no projection"
    path = modules.projection / WEIGHTS
    try:
        weights = {name.removeprefix("linear."): each for name, each in load_file(path).items()}
        size, width = weights["weight"].shape
        linear = nn.Linear(width, size)
        weights.setdefault("bias", linear.bias.detach().zero_())
        linear.load_state_dict(weights)
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        msg = f"{path} cannot be read ({error}); fetch the backbone again"
        raise ModelError(msg) from error
    return linear


def _read(folder: Path) -> SavedModules:
    listed: list[tuple[str, Path]] = [
        (each["type"].rpartition(".")[2], _inside(folder, each["path"]))
        for each in json.loads((folder / MODULES).read_text(encoding="utf-8"))
    ]
    paths = dict(reversed(listed))
    not_taken = [kind for kind, _ in listed if kind not in TAKEN]
    own = _json(folder / OWN)
    backbone = paths.get("Transformer", folder)
    lengths = _json(backbone / "sentence_bert_config.json")
    pool, *unknown = _pool(paths["Pooling"]) if "Pooling" in paths else (None,)
    projection, size = None, None
    dense = [path for kind, path in listed if kind == "Dense"]
    if dense:
        facts = _json(dense[0] / "config.json")
        activation = str(facts.get("activation_function")).rpartition(".")[2]
        if len(dense) == 1 and activation == IDENTITY and (dense[0] / WEIGHTS).is_file():
            projection, size = dense[0], int(facts["out_features"])
        else:
            unknown.append(f"Dense ({activation}; one, linear and as safetensors, would be)")
    prompts = _json(folder / "config_sentence_transformers.json")
    return SavedModules(
        backbone,
        pool,
        projection,
        size,
        own.get("max_length") or lengths.get("max_seq_length"),
        lengths.get("do_lower_case") or None,
        own.get("separator") if len(own.get("text_columns", ())) > 1 else None,
        (*not_taken, *unknown, *_prompts(prompts)),
    )


def _pool(folder: Path) -> tuple[str | None, *tuple[str, ...]]:
    """Return the pooling function, None and what the folder has where it is another."""
    facts = _json(folder / "config.json")
    mode = facts.get("pooling_mode")
    modes = [mode] if isinstance(mode, str) else mode
    if not modes:
        prefix = "pooling_mode_"
        modes = [key.removeprefix(prefix) for key in facts if key.startswith(prefix) and facts[key]]
    if len(modes) == 1 and modes[0] in POOLS:
        return (POOLS[modes[0]],)
    return None, f"pooling ({' and '.join(map(str, modes)) or 'none'})"


def _prompts(facts: JsonObject) -> Iterator[str]:
    """Describe the prompts of a folder; those that are empty change nothing."""
    prompts = {name: text for name, text in (facts.get("prompts") or {}).items() if text}
    if prompts:
        shown = ", ".join(f"{name} ({text!r})" for name, text in prompts.items())
        yield f"prompts, which have to stand in the texts: {shown}"


def _json(path: Path) -> JsonObject:
    """Read a JSON mapping; an empty one where there is no file."""
    if not path.is_file():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        msg = f"{path.name} is not a JSON mapping"
        raise TypeError(msg)
    return content


def _inside(folder: Path, name: str) -> Path:
    """Return a folder in the folder, which a name may not leave."""
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        msg = f"the path {name!r} leaves it"
        raise ValueError(msg)
    return path
