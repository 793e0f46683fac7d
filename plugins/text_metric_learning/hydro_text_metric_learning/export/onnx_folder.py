"""An ONNX model with all that other programs want beside it, in float32 and in int8."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.text import TokenizedTexts
from hydro_text_metric_learning.export.onnx import embed_onnx, open_onnx, write_onnx
from hydro_text_metric_learning.trained import load_trained

logger = logging.getLogger("hydro.export")


def write_onnx_folder(model: Path, folder: Path, sample: pd.DataFrame) -> None:
    """Write ``onnx/model.onnx`` and ``onnx/model_int8.onnx`` beside tokenizer, config and card.

    Args:
        model: the model that a run saved.
        folder: where to; it is there and empty.
        sample: rows to measure on how much int8 loses, which is logged.

    Raises:
        ModelError: the model is damaged, or cannot be written as ONNX.
    """
    trained = load_trained(model)
    shutil.copytree(
        model, folder, dirs_exist_ok=True, ignore=lambda path, _: _weights(Path(path) == model)
    )
    (folder / "onnx").mkdir()
    plain, small = folder / "onnx/model.onnx", folder / "onnx/model_int8.onnx"
    write_onnx(trained, plain)
    quantize(plain, small)
    texts = trained.tokenizer.join([sample[name].tolist() for name in trained.text_columns])
    logger.info(compare(plain, small, trained.tokenizer.encode(texts)))


def _weights(top: bool) -> list[str]:
    """Name what ONNX takes the place of: the backbone's weights, not those of the neck."""
    return ["model.safetensors"] if top else []


def quantize(source: Path, target: Path) -> None:
    """Write an ONNX model with the weights of its matrix products in int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It advises through the root logger, which would then print all that hydro logs once more.
    silent, level = logging.NullHandler(), logging.root.level
    logging.root.addHandler(silent)
    logging.root.setLevel(logging.ERROR)
    try:
        # Signed weights are twice as fast where processors multiply int8 in one step; with seven
        # bits they do not overflow on those that take two.
        quantize_dynamic(
            source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
    finally:
        logging.root.setLevel(level)
        logging.root.removeHandler(silent)


def compare(plain: Path, small: Path, corpus: TokenizedTexts) -> str:
    """Describe how much smaller an int8 model is, and how far its embeddings are from float32."""
    expected, found = (embed_onnx(open_onnx(path), corpus) for path in (plain, small))
    cosines = (expected * found).sum(axis=1)
    kept = (_nearest(expected) == _nearest(found)).mean()
    sizes = [path.stat().st_size / 1e6 for path in (small, plain)]
    return (
        f"int8: {sizes[0]:,.1f} MB instead of {sizes[1]:,.1f}; cosine with float32 "
        f"{cosines.mean():.4f} on average, {cosines.min():.4f} at least, and the same nearest "
        f"neighbor for {kept:.0%} of {len(corpus):,} held-out texts"
    )


def _nearest(embeddings: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find the nearest other text of each: ``(texts,)``."""
    cosines = embeddings @ embeddings.T
    np.fill_diagonal(cosines, -2)
    nearest: NDArray[np.int64] = cosines.argmax(axis=1)
    return nearest
