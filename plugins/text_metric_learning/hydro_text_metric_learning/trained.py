"""A trained model, loaded from the folder that a run saved."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from hydro.api import ModelError
from hydro.text import (
    Encoder,
    TextTokenizer,
    TokenizedTexts,
    check_vocabulary,
    embed,
    load_backbone,
    load_tokenizer,
)
from hydro_text_metric_learning.export.sentence_transformers import OWN, POOLING_MODES


@dataclass(frozen=True)
class TrainedEncoder:
    """A trained model with its tokenizer."""

    encoder: Encoder
    """In evaluation mode, on its device."""
    tokenizer: TextTokenizer
    """Joins columns, lower-cases and truncates texts as in training."""
    text_columns: tuple[str, ...]
    """The columns of a table that make a text."""
    threshold: float | None
    """The similarity from which on two texts are taken for the same class, if there is one."""

    def embed(
        self,
        frame: pd.DataFrame,
        *,
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
        on_progress: Callable[[int], object] = lambda texts: None,
    ) -> NDArray[np.float32]:
        """Embed the rows of a table, '' where a text is missing; see `hydro.text.embed`."""
        return self.embed_texts(self.encode(frame), autocast=autocast, on_progress=on_progress)

    def encode(self, frame: pd.DataFrame) -> TokenizedTexts:
        """Join and tokenize the rows of a table."""
        columns = [frame[name].tolist() for name in self.text_columns]
        return self.tokenizer.encode(self.tokenizer.join(columns))

    def embed_texts(
        self,
        texts: TokenizedTexts,
        *,
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
        on_progress: Callable[[int], object] = lambda texts: None,
    ) -> NDArray[np.float32]:
        """Embed tokenized texts; see `hydro.text.embed`."""
        return embed(self.encoder, texts, autocast=autocast, on_progress=on_progress)


def load_trained(folder: Path, device: torch.device | str = "cpu") -> TrainedEncoder:
    """Load the ``model/`` of a run.

    Raises:
        ModelError: a file in it is missing or damaged.
    """
    try:
        own = json.loads((folder / OWN).read_text(encoding="utf-8"))
        pooling, *rest = _modules(folder)
        modes = json.loads((pooling / "config.json").read_text(encoding="utf-8"))
        pool = next(name for name, mode in POOLING_MODES.items() if modes[f"pooling_mode_{mode}"])
        dense = [each for each in rest if each.name.endswith("_Dense")]
        neck = load_file(dense[0] / "model.safetensors", device="cpu") if dense else {}
        columns, separator, max_length = own["text_columns"], own["separator"], own["max_length"]
        threshold = own["threshold"]
    except (OSError, ValueError, KeyError, StopIteration, SafetensorError) as error:
        msg = f"{folder} is no model that hydro saved, or is damaged ({error}); train it again"
        raise ModelError(msg) from error
    tokenizer = load_tokenizer(
        # Where texts are lower-cased, tokenizer.json does it.
        folder,
        max_length=max_length,
        lowercase=False,
        separator=separator,
    )
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    check_vocabulary(backbone, tokenizer.hf)
    size = neck["linear.weight"].shape[0] if neck else None
    encoder = Encoder(backbone, pool=pool, dropout=0.0, embedding_size=size)
    if neck:
        # A neck with batch norm was saved as one layer, even one that keeps the width.
        encoder.neck = nn.Linear(neck["linear.weight"].shape[1], len(neck["linear.weight"]))
        encoder.neck.load_state_dict({name.removeprefix("linear."): neck[name] for name in neck})
    encoder.eval()
    return TrainedEncoder(encoder.to(device), tokenizer, tuple(columns), threshold)


def _modules(folder: Path) -> list[Path]:
    """List the folders of the modules after the backbone."""
    modules: list[dict[str, str]] = json.loads((folder / "modules.json").read_text("utf-8"))
    return [folder / each["path"] for each in modules[1:]]
