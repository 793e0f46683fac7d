"""A trained model is served by the command, and asked by the programs that people have."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pandas as pd
import pytest
from starlette.testclient import TestClient

from hydro.artifacts.run_folder import RunFolder
from hydro.inference.trained_model import open_trained
from hydro.serving.app import make_app
from hydro.serving.model_service import open_model_service

TOKEN = "planted-token-0123456789"
PATIENCE = 60
"""Seconds that nothing here needs."""


@dataclass(frozen=True)
class Running:
    """A server, and where it is."""

    process: subprocess.Popen[str]
    address: str
    said: str
    """What it printed when it had started."""


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Run the command until the context ends; nothing of it may tell the token."""
    command = [sys.executable, "-m", "hydro.cli", "serve", str(folder), "--port", "0", *options]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stderr
    try:
        lines: list[str] = []
        while not (lines and "curl" in lines[-1]):
            lines.append(process.stderr.readline())
            assert lines[-1], "it ended"
        said = "".join(lines)
        address = re.search(r"listening on (http://\S+),", said)
        assert address
        yield Running(process, address[1], said)
    finally:
        process.send_signal(signal.SIGTERM)
        out, rest = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, rest) == (0, "", "stopped\n")
    assert TOKEN not in said


@pytest.fixture(scope="module")
def folder(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained experiment, to keep an index in."""
    return Path(shutil.copytree(trained.folder, tmp_path_factory.mktemp("served") / "trained"))


@pytest.fixture
def opened(folder: Path, trained: Any, registry: Any) -> Any:
    """The model, opened in this process."""
    return open_trained(RunFolder(folder), registry)


def stored(folder: Path) -> Any:
    """Give held-out texts with the embeddings that the run gave them."""
    raw = np.load(folder / "predictions/validation_raw_predictions.npz")
    table = pd.read_csv(folder / "predictions/validation_predictions.csv")
    return table["text"].tolist(), raw["embeddings"]


def test_openai_clients_get_the_embeddings_of_the_run(folder: Path, tmp_path: Path) -> None:
    texts, expected = stored(folder)
    (tmp_path / "token").write_text(TOKEN)
    with serving(folder, "--token-file", str(tmp_path / "token")) as running:
        assert f'-H "Authorization: Bearer $(cat {tmp_path / "token"})"' in running.said
        with openai.OpenAI(base_url=f"{running.address}/v1", api_key=TOKEN) as client:
            assert [model.id for model in client.models.list()] == ["trained"]
            # Unless it is told otherwise the client asks for base64, and decodes it.
            for told in ({}, {"encoding_format": "float"}):
                asked: Any = {"model": "trained", "input": texts, **told}
                found = client.embeddings.create(**asked)
                vectors = [each.embedding for each in found.data]
                np.testing.assert_allclose(vectors, expected, atol=1e-5)
        with (
            openai.OpenAI(base_url=f"{running.address}/v1", api_key="wrong") as stranger,
            pytest.raises(openai.AuthenticationError, match="unauthorized"),
        ):
            stranger.models.list()


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_line_that_is_printed_asks_for_neighbors(folder: Path) -> None:
    with serving(folder, "--gallery", "train", HYDRO_SERVE_TOKEN=TOKEN) as running:
        (line,) = [each for each in running.said.splitlines() if "curl" in each]
        assert "$HYDRO_SERVE_TOKEN" in line
        asked = subprocess.run(
            ["bash", "-c", f"{line} --silent --fail"],
            capture_output=True,
            text=True,
            env=os.environ | {"HYDRO_SERVE_TOKEN": TOKEN},
        )
        assert asked.returncode == 0, asked.stderr
        assert asked.stdout.count('"similarity"') == 3
        refused = subprocess.run(
            ["bash", "-c", f"{line} --silent"],
            capture_output=True,
            text=True,
            env=os.environ | {"HYDRO_SERVE_TOKEN": "wrong"},
        )
        assert '"unauthorized"' in refused.stdout


def test_what_is_in_flight_is_answered_when_it_is_told_to_stop(folder: Path) -> None:
    body = b'{"texts": ["my card is blocked"]}'

    def ask(address: str) -> int:
        request = urllib.request.Request(
            f"{address}/embed", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)

    with ThreadPoolExecutor(20) as pool, serving(folder) as running:
        assert ask(running.address) == 200
        asked = [pool.submit(ask, running.address) for _ in range(20)]
        asked[0].result(PATIENCE)
    answers = [each.exception(PATIENCE) or each.result() for each in asked]
    # Who had not asked by then finds the door shut; nobody is left to wait.
    shut = (urllib.error.URLError, ConnectionError)
    assert all(each == 200 or isinstance(each, shut) for each in answers)
    assert answers[0] == 200


def test_an_answer_does_not_depend_on_what_it_is_computed_with(opened: Any) -> None:
    words = "card transfer rate pin cash account please why is my the was tell me about".split()
    chance = np.random.default_rng(0)
    texts = [" ".join(chance.choice(words, chance.integers(1, 20))) for _ in range(100)]
    app = make_app(open_model_service("trained", opened, "train", "exact"))
    with TestClient(app, base_url="http://127.0.0.1") as client:

        def ask(path: str, some: list[str]) -> Any:
            return client.post(path, json={"texts": some}).json()

        together = ask("/embed", texts)["embeddings"]
        alone = [ask("/embed", [text])["embeddings"][0] for text in texts]
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
        hits = ask("/similar", texts)["hits"]
        for text, found in zip(texts[:10], hits, strict=False):
            (one,) = ask("/similar", [text])["hits"]
            np.testing.assert_allclose(
                [each["similarity"] for each in one],
                [each["similarity"] for each in found],
                atol=1e-5,
            )
