"""``python -m hydro.cli``: the command line of this very environment."""

from hydro.cli import main

main()
