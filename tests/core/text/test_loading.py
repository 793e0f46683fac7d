"""Tests of loading a backbone from its folder."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel, BartConfig, PreTrainedModel, T5EncoderModel

from hydro.errors import ModelError
from hydro.testing import tiny_backbone
from hydro.text import load_backbone


def load(
    folder: Path, pretrained: bool = True, dropout: float | None = None, **others: bool
) -> PreTrainedModel:
    others = {"gradient_checkpointing": False, **others}
    return load_backbone(folder, pretrained=pretrained, dropout=dropout, **others)


@pytest.fixture
def copy(folder: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """Copy a tiny backbone to where it may be damaged."""
    return lambda architecture="bert": Path(
        shutil.copytree(folder(architecture), tmp_path / architecture)
    )


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_pretrained_weights_are_those_on_disk_in_float32(copy: Callable[..., Path]) -> None:
    folder = copy()
    change_config(folder, dtype="bfloat16")
    first, second = load(folder), load(folder)
    assert first.dtype == torch.float32
    assert not first.training
    for mine, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_random_weights_need_none_on_disk_and_depend_on_the_seed(copy: Callable[..., Path]) -> None:
    folder = copy()
    (folder / "model.safetensors").unlink()
    change_config(folder, dtype="bfloat16")
    weights = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        weights.append(load(folder, pretrained=False).embeddings.word_embeddings.weight)
    assert weights[0].dtype == torch.float32
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickled_weights_are_refused_and_never_opened(
    copy: Callable[..., Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy()
    monkeypatch.chdir(folder)
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="no weights as safetensors; pickles"):
        load(folder)
    assert not (folder / "exploded").exists()
    load(folder, pretrained=False)


def test_damaged_weights_are_an_error(copy: Callable[..., Path]) -> None:
    folder = copy()
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded from its safetensors"):
        load(folder)


def test_weights_of_another_architecture_are_an_error(copy: Callable[..., Path]) -> None:
    folder = copy("distilbert")
    shutil.copy(copy("bert") / "model.safetensors", folder)
    with pytest.raises(ModelError, match=r"lack .* of the weights that config\.json calls for"):
        load(folder)


def test_weights_of_another_size_are_an_error(copy: Callable[..., Path]) -> None:
    folder = copy()
    change_config(folder, intermediate_size=48)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(folder)


@pytest.mark.parametrize(
    "changes", [{"model_type": "nosuch"}, {"hidden_size": "wide"}, {"num_attention_heads": 5}]
)
def test_a_config_that_makes_no_sense_is_an_error(
    copy: Callable[..., Path], changes: dict[str, Any]
) -> None:
    folder = copy()
    change_config(folder, **changes)
    with pytest.raises(ModelError, match="cannot be loaded from"):
        load(folder, pretrained=False)


def test_a_folder_that_asks_for_code_is_refused(copy: Callable[..., Path]) -> None:
    folder = copy()
    change_config(folder, auto_map={"AutoModel": "evil.Model"})
    with pytest.raises(ModelError, match="code of its own"):
        load(folder)


NAMES = {
    "bert": ["hidden_dropout_prob", "attention_probs_dropout_prob"],
    "distilbert": ["dropout", "attention_dropout"],
    "deberta-v2": ["hidden_dropout_prob", "attention_probs_dropout_prob"],
    "modernbert": ["embedding_dropout", "mlp_dropout", "attention_dropout"],
    "qwen3": ["attention_dropout"],
    "t5": ["dropout_rate"],
}


@pytest.mark.parametrize("architecture", sorted(NAMES))
def test_dropout_is_set_under_the_names_that_the_config_gives_it(
    folder: Callable[[str], Path], architecture: str
) -> None:
    own, none, half = (load(folder(architecture), dropout=value) for value in (None, 0.0, 0.5))
    for name in NAMES[architecture]:
        assert getattr(none.config, name) == 0.0
        assert getattr(half.config, name) == 0.5
    assert [m.p for m in none.modules() if isinstance(m, torch.nn.Dropout) and m.p] == []
    assert {m.p for m in half.modules() if isinstance(m, torch.nn.Dropout)} <= {0.5}
    assert own.config.to_dict().keys() == half.config.to_dict().keys()


def test_dropout_of_heads_is_left_alone(folder: Callable[[str], Path]) -> None:
    half = load(folder("distilbert"), dropout=0.5)
    assert half.config.qa_dropout == load(folder("distilbert")).config.qa_dropout == 0.1
    assert half.config.seq_classif_dropout == 0.2


def test_dropout_left_alone_is_the_config_s_own(folder: Callable[[str], Path]) -> None:
    assert load(folder("bert")).config.hidden_dropout_prob == 0.1


def test_gradients_are_checkpointed_if_asked(folder: Callable[[str], Path]) -> None:
    for asked in (False, True):
        backbone = load(folder("bert"), gradient_checkpointing=asked)
        layers = [m for m in backbone.modules() if hasattr(m, "gradient_checkpointing")]
        assert {layer.gradient_checkpointing for layer in layers} == {asked}


def test_a_backbone_that_cannot_checkpoint_says_so(folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match="albert cannot checkpoint gradients"):
        load(folder("albert"), gradient_checkpointing=True)


@pytest.mark.parametrize("architecture", ["bert", "albert", "roberta", "mpnet"])
def test_a_head_that_is_not_used_does_not_train(
    folder: Callable[[str], Path], architecture: str
) -> None:
    backbone = load(folder(architecture))
    assert not any(parameter.requires_grad for parameter in backbone.pooler.parameters())
    assert backbone.get_input_embeddings().weight.requires_grad


def test_loading_says_nothing_and_leaves_the_library_s_voice_as_it_was(
    folder: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load(folder("bert"))
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    assert capfd.readouterr() == ("", "")


def test_a_tiny_backbone_is_the_same_every_time_and_disturbs_no_random_numbers(
    tmp_path: Path,
) -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    paths = [tiny_backbone(tmp_path / str(copy)) for copy in range(2)]
    assert torch.equal(state, torch.get_rng_state())
    files = [sorted(path.iterdir()) for path in paths]
    assert [file.name for file in files[0]] == [file.name for file in files[1]]
    for mine, theirs in zip(*files, strict=True):
        assert mine.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("saved", ["whole", "encoder"])
def test_the_encoder_of_t5_is_used_and_saved_and_loaded_again(
    saved: str, folder: Callable[[str], Path], tmp_path: Path
) -> None:
    source = folder("t5")
    encoder = load(source, dropout=0.0)
    if saved == "encoder":
        encoder.save_pretrained(tmp_path)
        source = tmp_path
    again = load(source)
    assert type(again) is T5EncoderModel
    assert {name.partition(".")[0] for name in again.state_dict()} == {"shared", "encoder"}
    ids = torch.tensor([[5, 6, 7]])
    assert torch.equal(again(ids).last_hidden_state, encoder(ids).last_hidden_state)
    whole = AutoModel.from_pretrained(folder("t5"))
    assert torch.equal(again(ids).last_hidden_state, whole.encoder(ids).last_hidden_state)


def test_an_encoder_decoder_whose_decoder_is_missing_is_named_as_such(tmp_path: Path) -> None:
    sizes = dict.fromkeys(("d_model", "encoder_ffn_dim", "decoder_ffn_dim"), 16)
    sizes |= {"encoder_layers": 1, "decoder_layers": 1, "vocab_size": 50}
    sizes |= dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2)
    model = AutoModel.from_config(BartConfig(**sizes, max_position_embeddings=20))
    weights = {name: each for name, each in model.state_dict().items() if "decoder" not in name}
    model.save_pretrained(tmp_path, state_dict=weights)
    with pytest.raises(ModelError, match=r"is an encoder-decoder \(bart\) .*Choose another"):
        load(tmp_path)
