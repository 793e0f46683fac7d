"""A trained model in programs that never heard of hydro, each with the packages that it wants.

What a program needs beside the packages that are here, or in another release, is fetched from the
package registry into a folder of its own; without a network these tests are left out.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

PROGRAMS = Path(__file__).parents[1] / "support" / "programs"

TRANSFORMERS_4 = ("transformers==4.57.6", "huggingface_hub==0.36.2", "tokenizers==0.22.2")
LANGCHAIN = (
    "langchain-huggingface==1.2.3",
    "langchain-core==1.8.3",
    "langchain-protocol==0.0.20",
    "langsmith==0.15.1",
    "jsonpatch==1.48",
    "requests-toolbelt==1.0.0",
    "tenacity==9.2.1",
    "uuid_utils==0.19.0",
    "zstandard==0.25.0",
)
MTEB = (
    "mteb==2.26.24",
    "datasets==5.2.0",
    "dill==0.4.1",
    "multiprocess==0.70.19",
    "polars==2.1.0",
    "polars-runtime-32==2.1.0",
)


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Install packages, start a program with them, and give the JSON that it prints."""

    def run(packages: Sequence[str], name: str, *arguments: str, texts: Sequence[str] = ()) -> Any:
        folder = tmp_path / "packages"
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        installed = subprocess.run(
            [sys.executable, *install, *packages], capture_output=True, text=True, timeout=300
        )
        if installed.returncode and "connection" in installed.stderr:
            pytest.skip("no package registry can be reached")
        assert installed.returncode == 0, installed.stderr
        # They come before what is installed beside this program.
        environment = os.environ | {"PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"}
        result = subprocess.run(
            [sys.executable, str(PROGRAMS / name), *arguments],
            env=environment,
            input=json.dumps(list(texts)),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def held_out(experiment: Any) -> tuple[list[str], Any]:
    """Give the texts that a run held out, and their embeddings."""
    table = pd.read_csv(experiment.folder / "predictions/validation_predictions.csv")
    raw = np.load(experiment.folder / "predictions/validation_raw_predictions.npz")
    return table["text"].tolist(), raw["embeddings"]


@pytest.mark.parametrize("release", ["5.1.2", "3.0.1"])
def test_older_releases_of_sentence_transformers_give_the_embeddings(
    release: str, start: Any, trained: Any
) -> None:
    texts, embeddings = held_out(trained)
    packages = (f"sentence-transformers=={release}", *TRANSFORMERS_4)
    model = str(trained.folder / "model")
    found = start(packages, "embed_by_sentence_transformers.py", model, texts=texts)
    assert found["version"] == release
    np.testing.assert_allclose(found["embeddings"], embeddings, atol=1e-5)


def test_langchain_gives_the_embeddings(start: Any, trained: Any) -> None:
    texts, embeddings = held_out(trained)
    model = str(trained.folder / "model")
    found = start(LANGCHAIN, "embed_by_langchain.py", model, texts=texts)
    assert f"langchain-huggingface=={found['version']}" in LANGCHAIN
    np.testing.assert_allclose(found["embeddings"], embeddings, atol=1e-5)


def test_mteb_scores_the_model_on_local_data(start: Any, trained: Any) -> None:
    table = str(trained.settings.dataset.train_dataframe)
    found = start(MTEB, "score_by_mteb.py", str(trained.folder / "model"), table, "text", "label")
    assert f"mteb=={found['version']}" in MTEB
    assert found["accuracy"] > 0.8
