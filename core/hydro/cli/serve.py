"""``hydro serve``: serve a trained model over HTTP."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, index_option, installed_catalog
from hydro.cli.output import echo
from hydro.cli.terminal import TerminalProgress
from hydro.errors import PluginError
from hydro.paths import default_output
from hydro.plugins.retrieval import Kind
from hydro.serving.limits import Limits
from hydro.serving.token import is_loopback, read_origin, read_token
from hydro.training.signals import StopSignal

if TYPE_CHECKING:
    from hydro.serving.model_service import ModelService

LIMITS = {
    "max-texts": ("texts", "Texts of a request."),
    "max-characters": ("characters", "Characters of a text."),
    "max-neighbors": ("hits", "Neighbors of a text."),
    "max-request-bytes": ("body", "Bytes of a request."),
    "max-response-bytes": ("response", "Bytes of a response."),
    "max-waiting": ("waiting", "Texts that wait for the model; more are answered by 503."),
    "max-connections": ("connections", "Open connections."),
}
"""The options of limits: the field of `Limits`, and what it limits."""

NEEDED = ("fastapi", "fastapi_offline", "uvicorn", "prometheus_client")


Command = TypeVar("Command", bound=Callable[..., object])


def limit_options(command: Command) -> Command:
    """Add an option for each limit."""
    for option, (field, help_text) in reversed(LIMITS.items()):
        default = getattr(Limits(), field)
        command = click.option(
            f"--{option}",
            field,
            type=click.IntRange(1),
            default=default,
            show_default=f"{default:,}",
            metavar="N",
            help=f"Limit: {help_text}",
        )(command)
    return command


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
@click.option(
    "--allow-origin",
    "origins",
    metavar="ORIGIN",
    multiple=True,
    callback=lambda context, parameter, values: [read_origin(each) for each in values],
    help="Let web pages of an origin, such as https://example.org, ask too. Can be repeated.",
)
@limit_options
def serve(
    experiment: str,
    gallery: str | None,
    kind: Kind,
    host: str,
    port: int,
    token_file: Path | None,
    origins: list[str],
    **given: int,
) -> None:
    """Serve the model of EXPERIMENT over HTTP, until interrupted.

    EXPERIMENT is the folder of an experiment, or its name below `runs` ($HYDRO_OUTPUT). Of several
    runs the best is used, unless one is named as in NAME/runs/003.

    Endpoints: /embed, /v1/embeddings (compatible with OpenAI's clients), /similar for nearest
    neighbors and /classify for labels. / is a page to try them, and /docs describes all.
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
    from hydro.serving.server import address, bind, fit_file_handles
    from hydro.serving.server import serve as run_server

    limits = replace(Limits(), **given)
    StopSignal.on_signals()
    with bind(host, port) as taken:
        with TerminalProgress():
            served = open_model_service(folder.name, open_trained(folder, registry), gallery, kind)
        secret = _secret(token_file) if token else None
        limits = fit_file_handles(limits)
        app = make_app(served, limits=limits, token=token, origins=origins)
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
        f"listening on {address}, described at {address}/docs; stop with Ctrl-C. Open the first in "
        "a browser to try it, or:\n"
        f"  curl {address}/{path}{header} -H 'Content-Type: application/json' -d {sent}"
    )
