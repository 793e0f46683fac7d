"""A model as a folder that ``SentenceTransformer(path)`` opens, in the layout of before 5.4."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from hydro.text import quiet_transformers
from hydro_text_metric_learning.export.tokenizer import write_tokenizer

OLDEST_READER = "3.0.1"  # a release older than the one that a folder states warns whoever opens it
OWN = "hydro.json"
"""What sentence-transformers cannot express: which columns make a text and how, and from which
similarity on two texts are the same."""

POOLING_MODES = {
    "Average": "mean_tokens",
    "[CLS] token": "cls_token",
    "Max": "max_tokens",
    "Last token": "lasttoken",
}
OTHER_MODES = ("mean_sqrt_len_tokens", "weightedmean_tokens")


def write_sentence_transformers(
    folder: Path,
    *,
    backbone: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    pool: str,
    neck: nn.Linear | None,
    columns: Sequence[str],
    separator: str,
    threshold: float | None,
    balanced_threshold: float | None,
    card: str,
) -> None:
    """Write all it takes to turn texts into embeddings of length 1.

    Later releases of sentence-transformers read this layout too, with the same result.

    Args:
        folder: where to; made here, in a parent that is there.
        backbone: the encoder, which gives a vector for each token.
        tokenizer: its tokenizer, which is left as it is.
        max_length: tokens of a text, further ones are cut.
        pool: how token vectors become one, a key of ``POOLING_MODES``.
        neck: the layer after that, if there is one.
        columns: the columns of a table that make a text.
        separator: what stands between them.
        threshold: the similarity from which on two texts are taken for the same class, if any is.
        balanced_threshold: that of the best F1 score, if there is one.
        card: the text of the model card.
    """
    folder.mkdir()
    with quiet_transformers():
        backbone.save_pretrained(folder)
    write_tokenizer(folder, tokenizer, max_length=max_length)
    # Releases differ in what they lower-case, so it is the tokenizer that does it.
    _write_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": max_length, "do_lower_case": False},
    )
    own = {
        "text_columns": [*columns],
        "separator": separator,
        "max_length": max_length,
        "threshold": threshold,
        "balanced_threshold": balanced_threshold,
    }
    _write_json(folder / OWN, own)
    modules = ["Transformer", "Pooling", *(["Dense"] if neck is not None else []), "Normalize"]
    _write_modules(folder, modules)
    _write_pooling(folder / "1_Pooling", backbone.config.hidden_size, pool)
    if neck is not None:
        _write_dense(folder / "2_Dense", neck)
    (folder / "README.md").write_text(card, encoding="utf-8")


def _write_modules(folder: Path, modules: list[str]) -> None:
    """Write which modules a text passes through, the first of them in the folder itself."""
    paths = [f"{index}_{module}" if index else "" for index, module in enumerate(modules)]
    for path in paths[1:]:
        (folder / path).mkdir()
    listed = [
        {
            "idx": index,
            "name": str(index),
            "path": path,
            "type": f"sentence_transformers.models.{module}",
        }
        for index, (path, module) in enumerate(zip(paths, modules, strict=True))
    ]
    _write_json(folder / "modules.json", listed)
    versions = {"transformers": transformers.__version__, "pytorch": torch.__version__}
    _write_json(
        folder / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "__version__": {"sentence_transformers": OLDEST_READER, **versions},
            "prompts": {"query": "", "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )


def _write_pooling(folder: Path, size: int, pool: str) -> None:
    """Write how token vectors of this size become one."""
    modes = {
        f"pooling_mode_{mode}": mode == POOLING_MODES[pool]
        for mode in (*POOLING_MODES.values(), *OTHER_MODES)
    }
    _write_json(
        folder / "config.json", {"word_embedding_dimension": size, **modes, "include_prompt": True}
    )


def _write_dense(folder: Path, neck: nn.Linear) -> None:
    """Write the layer after pooling."""
    _write_json(
        folder / "config.json",
        {
            "in_features": neck.in_features,
            "out_features": neck.out_features,
            "bias": neck.bias is not None,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
    )
    weights = {f"linear.{name}": tensor for name, tensor in neck.state_dict().items()}
    save_file(weights, folder / "model.safetensors")


def _write_json(path: Path, content: object) -> None:
    """Write a JSON file."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
