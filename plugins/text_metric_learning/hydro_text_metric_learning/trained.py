"""A trained model, read back from the folder that a run left."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from hydro.api import ModelError
from hydro.text import Encoder, TextTokenizer, TokenizedTexts, embed, load_backbone, load_tokenizer
from hydro_text_metric_learning.export.sentence_transformers import OWN, POOLING_MODES


@dataclass(frozen=True)
class TrainedEncoder:
    """What turns texts into the embeddings that a run was scored by."""

    encoder: Encoder
    """In evaluation mode, on the device that was asked for."""
    tokenizer: TextTokenizer
    """Joins columns, lower-cases and cuts texts as in training."""
    text_columns: tuple[str, ...]
    """The columns of a table that make a text."""
    threshold: float | None
    """The similarity from which on two texts are taken for the same class, if any is."""

    def embed(
        self,
        columns: Sequence[Sequence[str]],
        *,
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
        watch: Callable[[int], object] = lambda texts: None,
    ) -> NDArray[np.float32]:
        """Embed the rows of a table: ``(rows, embedding_size)``, of length 1.

        Args:
            columns: the values of each of ``text_columns``, '' where one is missing.
            autocast: makes the context in which the encoder runs, for its precision.
            watch: told how many more rows are done.
        """
        return self.embed_corpus(self.encode(columns), autocast=autocast, watch=watch)

    def encode(self, columns: Sequence[Sequence[str]]) -> TokenizedTexts:
        """Join and tokenize the rows of a table."""
        return self.tokenizer.encode(self.tokenizer.join(columns))

    def embed_corpus(
        self,
        corpus: TokenizedTexts,
        *,
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
        watch: Callable[[int], object] = lambda texts: None,
    ) -> NDArray[np.float32]:
        """Embed what was tokenized, as `embed` does."""
        return embed(self.encoder, corpus, autocast=autocast, watch=watch)


def load_trained(folder: Path, device: torch.device | str = "cpu") -> TrainedEncoder:
    """Read the ``model/`` of a run.

    Raises:
        ModelError: it is not there, or a file in it is missing or damaged.
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
        # Texts are lower-cased by tokenizer.json where they are to be.
        folder,
        max_length=max_length,
        lowercase=False,
        separator=separator,
    )
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    size = neck["linear.weight"].shape[0] if neck else None
    encoder = Encoder(backbone, pool=pool, dropout=0.0, embedding_size=size)
    if neck:
        # A neck that normalized over batches is one layer by now, even one that keeps the width.
        encoder.neck = nn.Linear(neck["linear.weight"].shape[1], len(neck["linear.weight"]))
        encoder.neck.load_state_dict({name.removeprefix("linear."): neck[name] for name in neck})
    encoder.eval()
    return TrainedEncoder(encoder.to(device), tokenizer, tuple(columns), threshold)


def _modules(folder: Path) -> list[Path]:
    """List the folders of what follows the backbone."""
    modules: list[dict[str, Any]] = json.loads((folder / "modules.json").read_text("utf-8"))
    return [folder / each["path"] for each in modules[1:]]
