"""A model as one ONNX file gives the embeddings of the encoder, whatever it is fed at once."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from hydro.errors import ModelError
from hydro.testing import TEXTS
from hydro.text import POOLS, embed
from hydro_text_metric_learning.export.onnx import embed_onnx, open_onnx, write_onnx
from hydro_text_metric_learning.trained import TrainedEncoder, load_trained

ARCHITECTURES = (
    "bert distilbert roberta xlm-roberta mpnet electra albert deberta-v2 modernbert qwen3".split()
)


def corpus(trained: TrainedEncoder, columns: list[list[str]]) -> Any:
    """Tokenize joined columns."""
    return trained.tokenizer.encode(trained.tokenizer.join(columns))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_embeddings_are_those_of_the_encoder(architecture: str, save: Any, tmp_path: Path) -> None:
    saved = save(architecture, size=5)
    trained = load_trained(saved.folder)
    write_onnx(trained, tmp_path / "model.onnx")
    session = open_onnx(tmp_path / "model.onnx")
    texts = corpus(trained, saved.columns)
    np.testing.assert_allclose(embed_onnx(session, texts), saved.embeddings, atol=1e-5)
    # What the encoder computes, and how, is as it was before.
    np.testing.assert_array_equal(trained.embed(saved.rows), saved.embeddings)
    for row in range(len(texts)):
        alone = embed_onnx(session, texts.take(np.array([row])))
        np.testing.assert_allclose(alone[0], saved.embeddings[row], atol=1e-5)


@pytest.mark.parametrize("pool", POOLS)
def test_every_pool_is_written(pool: str, save: Any, tmp_path: Path) -> None:
    saved = save(pool=pool)
    trained = load_trained(saved.folder)
    write_onnx(trained, tmp_path / "model.onnx")
    found = embed_onnx(open_onnx(tmp_path / "model.onnx"), corpus(trained, saved.columns))
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-5)


def test_texts_may_be_longer_than_what_was_traced(save: Any, tmp_path: Path) -> None:
    trained = load_trained(save("modernbert").folder)  # attends to 4 tokens on either side
    trained.tokenizer.max_length = 60
    write_onnx(trained, tmp_path / "model.onnx")
    texts = trained.tokenizer.encode([" ".join(TEXTS), TEXTS[0]])
    assert texts.lengths.tolist()[0] == 60
    found = embed_onnx(open_onnx(tmp_path / "model.onnx"), texts)
    np.testing.assert_allclose(found, embed(trained.encoder, texts), atol=1e-5)


def test_a_file_has_the_inputs_and_outputs_that_others_look_for(saved: Any, tmp_path: Path) -> None:
    write_onnx(load_trained(saved.folder), tmp_path / "model.onnx")
    session = open_onnx(tmp_path / "model.onnx")
    sides = [(each.name, each.type, each.shape) for each in session.get_inputs()]
    assert sides == [
        ("input_ids", "tensor(int64)", ["batch", "length"]),
        ("attention_mask", "tensor(int64)", ["batch", "length"]),
    ]
    sides = [(each.name, each.type, each.shape) for each in session.get_outputs()]
    assert sides == [
        ("sentence_embedding", "tensor(float)", ["batch", 5]),
        ("token_embeddings", "tensor(float)", ["batch", "length", 32]),
        ("last_hidden_state", "tensor(float)", ["batch", "length", 32]),
    ]
    onnx.checker.check_model(tmp_path / "model.onnx", full_check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_token_vectors_are_those_of_the_backbone(saved: Any, tmp_path: Path) -> None:
    trained = load_trained(saved.folder)
    write_onnx(trained, tmp_path / "model.onnx")
    ids = np.array([[7, 8, 9, 0], [10, 11, 12, 13]])
    mask = np.array([[1, 1, 1, 0], [1, 1, 1, 1]])
    inputs = {"input_ids": ids, "attention_mask": mask}
    (tokens,) = open_onnx(tmp_path / "model.onnx").run(["token_embeddings"], inputs)
    backbone = trained.encoder.backbone
    backbone.set_attn_implementation("eager")
    with torch.no_grad():
        expected = backbone(input_ids=torch.tensor(ids[1:])).last_hidden_state
    np.testing.assert_allclose(tokens[1:], expected, atol=1e-5)


def test_a_file_that_differs_is_refused(save: Any, tmp_path: Path) -> None:
    trained = load_trained(save(size=5).folder)

    class Wrong(nn.Linear):
        """Adds 1 where it is traced."""

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return super().forward(input) + float(torch.jit.is_tracing())

    wrong = Wrong(32, 5)
    trained.encoder.neck = wrong
    with pytest.raises(ModelError, match=r"bert cannot be written as ONNX: embeddings are off by"):
        write_onnx(trained, tmp_path / "model.onnx")


def test_what_torch_cannot_write_is_an_error_of_ours(save: Any, tmp_path: Path) -> None:
    trained = load_trained(save(size=5).folder)

    class Strange(nn.Linear):
        """Does what ONNX has no word for."""

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return torch.linalg.svdvals(super().forward(input)[:, :, None]) * input[:, :5]

    trained.encoder.neck = Strange(32, 5)
    with pytest.raises(ModelError, match="bert cannot be written as ONNX"):
        write_onnx(trained, tmp_path / "model.onnx")


def test_weights_beyond_one_file_are_refused(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro_text_metric_learning.export.onnx.LARGEST", 1000)
    with pytest.raises(ModelError, match="do not fit into one ONNX file"):
        write_onnx(load_trained(saved.folder), tmp_path / "model.onnx")
