"""Load a backbone from its folder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForTextEncoding,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from hydro.errors import ModelError
from hydro.text.backbones import check_folder

DROPOUTS = re.compile(
    r"(?!classifier|seq_classif|qa_|summary|pooler|head|final)\w*(dropout|pdrop)(_prob|_rate)?"
)
"""Names that configs give to the dropout inside a backbone, not to that of heads on top."""

ENCODER = "EncoderModel"
"""What transformers calls the encoder of an encoder-decoder, after its name."""


def load_backbone(
    folder: Path, *, pretrained: bool, dropout: float | None, gradient_checkpointing: bool
) -> PreTrainedModel:
    """Load a backbone in float32, in evaluation mode.

    Args:
        folder: from `find_backbone`.
        pretrained: False for random weights; then none need be on disk.
        dropout: the backbone's own hidden and attention dropout; None leaves its config's.
        gradient_checkpointing: recompute activations in the backward pass to save memory.

    Raises:
        ModelError: config or weights are missing, damaged or of another kind than safetensors, or
            the backbone has no dropout to set or cannot checkpoint gradients.
    """
    config = load_config(folder)
    if dropout is not None:
        _set_dropout(config, dropout, folder)
    backbone = _load_weights(folder, config) if pretrained else model_from_config(folder, config)
    # A head that transformers puts on top of the first token gets no gradient from us.
    if isinstance(pooler := getattr(backbone, "pooler", None), torch.nn.Module):
        pooler.requires_grad_(False)
    if gradient_checkpointing:
        if not backbone.supports_gradient_checkpointing:
            msg = f"{folder}: {config.model_type} cannot checkpoint gradients; set it to false"
            raise ModelError(msg)
        # transformers renames the method within its major version 5, and warns of the old name.
        old = backbone.gradient_checkpointing_enable
        getattr(backbone, "activation_checkpointing_enable", old)({"use_reentrant": False})
    backbone.eval()
    return backbone


def load_config(folder: Path) -> PretrainedConfig:
    """Load a backbone's config.

    Raises:
        ModelError: `check_folder` refuses the folder, or transformers does not understand it.
    """
    check_folder(folder)
    with wrap_loading_errors(folder, "config.json"):
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    return config


def model_from_config(folder: Path, config: PretrainedConfig) -> PreTrainedModel:
    """Build a backbone with random weights, on torch's default device.

    Raises:
        ModelError: transformers cannot build it from the config.
    """
    with wrap_loading_errors(folder, "config.json"):
        backbone: PreTrainedModel = _auto_class(config).from_config(
            config, dtype=torch.float32, trust_remote_code=False
        )
    return backbone


def _load_weights(folder: Path, config: PretrainedConfig) -> PreTrainedModel:
    """Load all weights of a backbone."""
    if not any(folder.glob("*.safetensors")):
        msg = (
            f"backbone {folder} has no weights as safetensors; pickles (.bin, .pt) are not read, "
            "since they can run code. Save it with safetensors, or set pretrained: false"
        )
        raise ModelError(msg)
    backbone: PreTrainedModel
    with wrap_loading_errors(folder, "its safetensors"), quiet_transformers():
        backbone, report = _auto_class(config).from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing and config.is_encoder_decoder:
        msg = (
            f"backbone {folder} is an encoder-decoder ({config.model_type}) without "
            f"{missing[0]}; of these, hydro uses the encoder alone only for t5, mt5, umt5 and "
            "t5gemma. Choose another backbone"
        )
        raise ModelError(msg)
    if missing:
        msg = (
            f"backbone {folder}: its safetensors lack {len(missing)} of the weights that "
            f"config.json calls for, such as {missing[0]}. Fetch it again, or set pretrained: false"
        )
        raise ModelError(msg)
    return backbone


def _auto_class(config: PretrainedConfig) -> Any:
    """Return the class that loads the encoder of an encoder-decoder, else the whole backbone.

    The config does not tell the two apart, since an encoder saved alone is no encoder-decoder.
    """
    encoders: Any = AutoModelForTextEncoding._model_mapping
    is_encoder = type(config) in encoders and encoders[type(config)].__name__.endswith(ENCODER)
    return AutoModelForTextEncoding if is_encoder else AutoModel


def check_vocabulary(backbone: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Check that a backbone has an embedding for each token of a tokenizer.

    Raises:
        ModelError: it has fewer.
    """
    tokens = max(tokenizer.get_vocab().values(), default=-1) + 1
    rows = len(backbone.get_input_embeddings().get_parameter("weight"))
    if tokens > rows:
        name = backbone.name_or_path or backbone.config.model_type
        msg = (
            f"the tokenizer of {name} has {tokens:,} tokens, and its embedding matrix {rows:,} "
            f"rows. Save the backbone again after resize_token_embeddings({tokens}), or with the "
            "tokenizer that it was trained with"
        )
        raise ModelError(msg)


def _set_dropout(config: PretrainedConfig, dropout: float, folder: Path) -> None:
    """Set the dropout inside a backbone under every name that its config has for it."""
    values = config.to_dict()
    names = [n for n in values if DROPOUTS.fullmatch(n) and isinstance(values[n], int | float)]
    if dropout and not names:
        msg = f"{folder}: {config.model_type} has no dropout of its own to set; set it to 0"
        raise ModelError(msg)
    for name in names:
        setattr(config, name, dropout)


@contextmanager
def wrap_loading_errors(folder: Path, what: str) -> Iterator[None]:
    """Convert what the libraries raise on damaged or unknown files into an error of ours.

    Raises:
        ModelError: names the folder and what in it was being read.
    """
    try:
        yield
    except Exception as reason:
        msg = f"backbone {folder} cannot be loaded from {what}: {reason}. Fetch or save it again"
        raise ModelError(msg) from reason


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Hide transformers' progress bars, and its reports of weights that are not needed."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
