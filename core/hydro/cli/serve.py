"""``hydro serve``: serve a trained model over HTTP."""

import json
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, index_option, installed_catalog
from hydro.cli.output import echo
from hydro.cli.terminal import TerminalProgress
from hydro.errors import PluginError
from hydro.paths import default_output
from hydro.plugins.retrieval import Kind
from hydro.serving.limits import Limits
from hydro.serving.token import is_loopback, read_token
from hydro.training.signals import StopSignal

if TYPE_CHECKING:
    from hydro.serving.model_service import ModelService

NEEDED = ("fastapi", "fastapi_offline", "uvicorn", "prometheus_client")


@click.command()
@experiment_argument
@click.option(
    "--gallery",
    metavar="train|validation|FILE",
    help="Rows that /similar searches; without it, /similar is unavailable.",
)
@index_option("Index of the gallery, as in `hydro search`.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; a token is required if other machines can reach it.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with the bearer token of requests.  [default: $HYDRO_SERVE_TOKEN]",
)
def serve(
    experiment: str,
    gallery: str | None,
    kind: Kind,
    host: str,
    port: int,
    token_file: Path | None,
) -> None:
    """Serve the model of EXPERIMENT over HTTP, until interrupted.

    EXPERIMENT is the folder of an experiment, or its name below `runs` ($HYDRO_OUTPUT). Of several
    runs the best is used, unless one is named as in NAME/runs/003.

    Endpoints: /embed, /v1/embeddings (compatible with OpenAI's clients), and /similar for nearest
    neighbors. /docs describes all.
    """
    _require_extra()
    folder = find_experiment(experiment, default_output())
    registry = installed_catalog()
    token = read_token(token_file)
    if token is None and not is_loopback(host):
        msg = (
            f"--host {host} can be reached from other machines, so it needs a token: "
            "--token-file FILE, or $HYDRO_SERVE_TOKEN. Make one by: openssl rand -hex 32"
        )
        raise click.UsageError(msg)

    # Loads torch, for which help and wrong usage need not wait.
    from hydro.inference.trained_model import open_trained
    from hydro.serving.app import make_app
    from hydro.serving.model_service import open_model_service
    from hydro.serving.server import address, bind
    from hydro.serving.server import serve as run_server

    StopSignal.on_signals()
    with bind(host, port) as taken:
        with TerminalProgress():
            served = open_model_service(folder.name, open_trained(folder, registry), gallery, kind)
        secret = _secret(token_file) if token else None
        limits = Limits()
        app = make_app(served, limits=limits, token=token)
        run_server(
            app,
            taken,
            limits,
            lambda: echo(_example_request(address(taken), secret, served), err=True),
        )
    echo("stopped", err=True)


def _require_extra() -> None:
    """Refuse to start where a package is missing.

    Raises:
        PluginError: with how to install it.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        msg = f"hydro serve needs {', '.join(missing)}. Run: pip install 'hydro-experiments[serve]'"
        raise PluginError(msg)


def _secret(file: Path | None) -> str:
    """Return the shell expression of the token."""
    return f"$(cat {shlex.quote(str(file))})" if file else "$HYDRO_SERVE_TOKEN"


def _example_request(address: str, secret: str | None, served: "ModelService") -> str:
    """Describe where the server listens, with an example request."""
    columns = served.trained.columns.inputs
    text = "a text" if len(columns) == 1 else dict.fromkeys(columns, "a text")
    path, more = ("similar", {"k": 3}) if served.index else ("embed", {})
    header = f' -H "Authorization: Bearer {secret}"' if secret else ""
    sent = shlex.quote(json.dumps({"texts": [text], **more}, ensure_ascii=False))
    return (
        f"listening on {address}, described at {address}/docs; stop with Ctrl-C. For example:\n"
        f"  curl {address}/{path}{header} -H 'Content-Type: application/json' -d {sent}"
    )
