"""A folder of sentence-transformers is a backbone that brings its pooling and projection."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from hydro.errors import ModelError
from hydro.testing import tiny_backbone
from hydro.text import TextSettings, find_backbone, infer_settings
from hydro.text.builders import build_encoder, build_tokenizer
from hydro.text.saved_modules import POOLS, read_modules

NONE: Any = None
IDENTITY = "torch.nn.modules.linear.Identity"
Write = Callable[..., Path]


def write_json(path: Path, content: object) -> None:
    """Write a file of a folder that is being made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a folder as sentence-transformers saves one."""

    def make(
        pooling: dict[str, Any] | None = None,
        dense: nn.Linear | None = None,
        activation: str = IDENTITY,
        backbone: str = "",
        prompts: dict[str, str] | None = None,
        **lengths: Any,
    ) -> Path:
        folder = tmp_path / "model"
        tiny_backbone(folder / backbone)
        kinds = ["Transformer", "Pooling", *(["Dense"] if dense else []), "Normalize"]
        paths = [backbone, *(f"{n}_{kind}" for n, kind in enumerate(kinds[1:], 1))]
        types = (f"sentence_transformers.models.{kind}" for kind in kinds)
        listed = [{"path": path, "type": kind} for path, kind in zip(paths, types, strict=True)]
        write_json(folder / "modules.json", listed)
        write_json(folder / "1_Pooling/config.json", pooling or {"pooling_mode_cls_token": True})
        write_json(folder / backbone / "sentence_bert_config.json", lengths)
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
        if dense:
            facts = {"out_features": dense.out_features, "activation_function": activation}
            write_json(folder / "2_Dense/config.json", facts)
            weights = {f"linear.{name}": each for name, each in dense.state_dict().items()}
            save_file(weights, folder / "2_Dense/model.safetensors")
        return folder

    return make


def settings(folder: Path, **changes: Any) -> TextSettings:
    """Make settings that name a folder as the backbone."""
    return TextSettings.model_validate(
        {
            "dataset": {"train_dataframe": "rows.csv", "text_column": "text"},
            "tokenizer": {"max_length": 32},
            "architecture": {"backbone": str(folder), **changes},
            "training": {"loss_function": "any"},
            "prediction": {"metric": "any"},
        }
    )


@pytest.mark.parametrize("mode", POOLS)
def test_pooling_of_old_and_new_releases_is_read(mode: str, write: Write) -> None:
    old = {"pooling_mode_mean_tokens": False, f"pooling_mode_{mode}": True}
    new = {"embedding_dimension": 32, "pooling_mode": mode}
    modules = read_modules(write(old if "token" in mode else new))
    assert modules is not None
    assert (modules.pool, modules.not_taken) == (POOLS[mode], ())


def test_what_a_folder_says_is_taken_unless_the_file_sets_it(write: Write) -> None:
    folder = write(dense=nn.Linear(32, 7), max_seq_length=40, do_lower_case=True)
    expected = {
        "architecture.pool": "[CLS] token",
        "architecture.embedding_size": 7,
        "tokenizer.max_length": 40,
        "tokenizer.lowercase": True,
    }
    values, (note,) = infer_settings(settings(folder), set())
    assert values == expected
    assert str(folder) in note
    assert all(f"{name}: {value}" in note for name, value in expected.items())
    for name in expected:
        values, _ = infer_settings(settings(folder), {name})
        assert values == {key: value for key, value in expected.items() if key != name}
    assert infer_settings(settings(folder), set(expected)) == ({}, [])


def test_what_is_searched_over_is_not_taken(write: Write) -> None:
    given = settings(write(max_seq_length=40))
    searched = given.model_copy(update={"grid_search": {"tokenizer.max_length": [8]}})
    assert infer_settings(searched, set())[0] == {"architecture.pool": "[CLS] token"}
    backbones = given.model_copy(update={"grid_search": {"architecture.backbone": ["a", "b"]}})
    values, (note,) = infer_settings(backbones, set())
    assert (values, "only the weights are taken" in note) == ({}, True)


def test_random_weights_and_plain_backbones_bring_nothing(write: Write, tmp_path: Path) -> None:
    assert infer_settings(settings(write(), pretrained=False), set()) == ({}, [])
    assert infer_settings(settings(tiny_backbone(tmp_path / "plain")), set()) == ({}, [])
    assert infer_settings(settings(Path("org/name")), set()) == ({}, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"prompts": {"query": "query: ", "document": ""}}, "prompts, .* query \\('query: '\\)"),
        ({"pooling": {"pooling_mode_mean_sqrt_len_tokens": True}}, "pooling \\(mean_sqrt_len_tok"),
        ({"pooling": {"pooling_mode": ["mean", "cls"]}}, "pooling \\(mean and cls\\)"),
        ({"dense": nn.Linear(32, 7), "activation": "torch.nn.Tanh"}, "Dense \\(Tanh"),
    ],
)
def test_what_cannot_be_taken_is_said(changes: dict[str, Any], expected: str, write: Write) -> None:
    values, notes = infer_settings(settings(write(**changes)), set())
    assert "architecture.embedding_size" not in values
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(notes[-1])
    assert "not taken from it" in notes[-1]


@pytest.mark.parametrize("size", [7, 32])
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_a_projection_starts_with_the_weights_of_the_folder(
    size: int, batch_normalization: bool, bias: bool, write: Write
) -> None:
    dense = nn.Linear(32, size, bias=bias)
    folder = write(dense=dense)
    given = settings(folder, embedding_size=size, batch_normalization=batch_normalization)
    tokenizer = build_tokenizer(given)
    encoder = build_encoder(given, tokenizer=tokenizer, targets=NONE)
    neck: Any = encoder.neck
    first = neck[0] if batch_normalization else neck
    assert torch.equal(first.weight, dense.weight)
    assert torch.equal(first.bias, dense.bias if bias else torch.zeros(size))
    assert batch_normalization == (isinstance(neck, nn.Sequential) and len(neck) == 2)
    other = build_encoder(settings(folder, embedding_size=5), tokenizer=tokenizer, targets=NONE)
    assert getattr(other.neck, "out_features", 0) == 5
    random = settings(folder, embedding_size=size, pretrained=False)
    neck = build_encoder(random, tokenizer=tokenizer, targets=NONE).neck
    assert neck is None or not torch.equal(neck.weight, dense.weight)


def test_the_old_layout_with_a_folder_for_the_transformer_opens(write: Write) -> None:
    folder = write(backbone="0_Transformer", max_seq_length=40)
    assert find_backbone(str(folder)) == folder / "0_Transformer"
    values, _ = infer_settings(settings(folder), set())
    assert values["tokenizer.max_length"] == 40
    given = settings(folder)
    assert build_encoder(given, tokenizer=build_tokenizer(given), targets=NONE).output_size == 32


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("modules.json", "{"),
        ("modules.json", "3"),
        ("modules.json", '[{"path": ""}]'),
        ("modules.json", '[{"type": "a.Transformer", "path": "../other"}]'),
        ("modules.json", '[{"type": "a.Transformer", "path": "/other"}]'),
        ("1_Pooling/config.json", "[]"),
        ("2_Dense/config.json", '{"activation_function": "a.Identity"}'),
    ],
)
def test_a_damaged_folder_is_an_error(name: str, content: str, write: Write) -> None:
    folder = write(dense=nn.Linear(32, 7))
    (folder / name).write_text(content)
    with pytest.raises(ModelError, match=r"modules\.json that cannot be followed"):
        infer_settings(settings(folder), set())


@pytest.mark.parametrize("content", [b"{", b""])
def test_damaged_weights_of_a_projection_are_an_error(content: bytes, write: Write) -> None:
    folder = write(dense=nn.Linear(32, 7))
    (folder / "2_Dense/model.safetensors").write_bytes(content)
    given = settings(folder, embedding_size=7)
    with pytest.raises(ModelError, match=r"2_Dense.* cannot be read .*; fetch the backbone again"):
        build_encoder(given, tokenizer=build_tokenizer(given), targets=NONE)


def test_a_folder_that_is_not_there_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone: no such folder\. Correct architecture\.backbone"):
        find_backbone(str(tmp_path / "gone"))
