"""Writes docs/dependencies.md: what hydro installs, in which version, under which license.

Run: python docs/dependencies.py

It asks the packages that are installed, and follows what each requires, for hydro alone and then
for each extra. A package that this environment lacks is left out, so run it where all extras are.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hydro.plugins.loading import DISTRIBUTION

PAGE = Path(__file__).with_name("dependencies.md")
HEAD = """\
# Dependencies

<!-- Made by docs/dependencies.py; a change here is lost. -->

What `pip install` brings, with the versions that the tests run with, which `.ci/constraints.txt`
pins. Other systems install a few others: torch, above all, brings the libraries of CUDA on Linux. A
package that an extra shares with what is above it is not repeated.
"""


def main() -> None:
    """Write the page."""
    seen = {canonicalize_name(DISTRIBUTION)}
    parts = [HEAD, _section("hydro itself", "", seen)]
    extras = distribution(DISTRIBUTION).metadata.get_all("Provides-Extra") or []
    for extra in extras:
        if extra != "dev":
            parts.append(_section(f"The extra {extra}", extra, seen))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(title: str, extra: str, seen: set[str]) -> str:
    """List what is not yet listed; ``seen`` grows."""
    rows = sorted(_closure(DISTRIBUTION, extra, seen))
    lines = [f"| {name} | {version} | {license} |" for name, version, license in rows]
    heading = ["| package | version | license |", "| --- | --- | --- |"]
    table = [*heading, *lines] if lines else ["Nothing more."]
    return "\n".join([f"## {title}", "", *table, ""])


def _closure(name: str, extra: str, seen: set[str]) -> Iterator[tuple[str, str, str]]:
    for text in distribution(name).requires or ():
        wanted = Requirement(text)
        own = canonicalize_name(wanted.name)
        if own in seen or (wanted.marker and not wanted.marker.evaluate({"extra": extra})):
            continue
        try:
            found = distribution(own)
        except PackageNotFoundError:
            continue
        seen.add(own)
        yield own, found.version, _license(found)
        yield from _closure(own, "", seen)
        for each in wanted.extras:
            yield from _closure(own, each, seen)


def _license(found: Distribution) -> str:
    """Return the license that a package states: an expression, a classifier, or its first line."""
    facts = found.metadata
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in facts.get_all("Classifier") or ()
        if each.startswith("License :: ") and not each.endswith("OSI Approved")
    ]
    stated = facts.get("License-Expression") or ", ".join(classifiers) or facts.get("License", "")
    lines = [line.strip() for line in stated.splitlines() if line.strip()]
    return re.sub(r"\|", "/", lines[0])[:60] if lines else "not stated"


if __name__ == "__main__":
    main()
