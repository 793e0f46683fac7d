"""The core names no family of problems: what only some problems have is for plugins to name."""

import io
import keyword
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

CORE = Path("core/hydro")

PACKAGES = (
    "artifacts",
    "cli",
    "data",
    "evaluation",
    "executors",
    "experiment",
    "plugins",
    "report",
    "training",
    "tuning",
)

WORDS = re.compile(
    r"(?<![a-z])(pairs?|neighbou?rs?|galler(y|ies)|embed(s|ded|ding|dings)?|class(es)?|tokens?"
    r"|cosines?|retrievals?|similar(ity|ities)?)(?![a-z])",
    re.IGNORECASE,
)

ANY_PROBLEM = re.compile(
    r"ClassVar|token_hex|batch_tokens|class=.|class of (a color|the error)|own class"
    r"|one class a kind",
    re.IGNORECASE,
)
"""Python, CSS, and a setting of every problem."""

RETRIEVAL = "the interface of problems whose rows are searched, and the commands that it serves"
LABELS = "classes are the targets of a problem that names no others"
TOKENS = "rows that have lengths may be batched by them, with the setting batch_tokens"
CACHE = "the folder of the cache that hydro.text keeps tokens in"

EXEMPT = {
    "plugins/retrieval.py": RETRIEVAL,
    "plugins/inference.py": RETRIEVAL,
    "plugins/problem.py": f"{LABELS}; {RETRIEVAL}",
    "cli/__init__.py": f"{RETRIEVAL}; {CACHE}",
    "cli/options.py": RETRIEVAL,
    "cli/predict.py": RETRIEVAL,
    "cli/search.py": RETRIEVAL,
    "cli/serve.py": RETRIEVAL,
    "data/labels.py": LABELS,
    "experiment/batch_sizes.py": TOKENS,
    "training/samplers.py": TOKENS,
    "training/dataset.py": TOKENS,
    "training/token_batching.py": TOKENS,
    "artifacts/cache.py": CACHE,
    "cli/cache.py": CACHE,
    "plugins/builtin.py": "the learning-rate schedule Cosine",
}
"""Files of the core that need such a word, and why."""


def family_words(source: str) -> Iterator[tuple[int, str]]:
    """List the words of one family in identifiers, strings and docstrings, with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.OP, tokenize.COMMENT) or keyword.iskeyword(token.string):
            continue
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", ANY_PROBLEM.sub("", token.string))
        for match in WORDS.finditer(text):
            yield token.start[0] + text.count("\n", 0, match.start()), match[0]


def test_the_core_names_no_family_of_problems(root: Path, sources: Sequence[Path]) -> None:
    names = {
        path.relative_to(root / CORE).as_posix(): path
        for path in sources
        if CORE in path.relative_to(root).parents
    }
    found = {
        name: list(family_words(path.read_text(encoding="utf-8")))
        for name, path in names.items()
        if name.startswith(PACKAGES)
    }
    assert {name: each for name, each in found.items() if each and name not in EXEMPT} == {}
    assert [name for name in EXEMPT if not found.get(name)] == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("class Gallery:\n    kind: ClassVar[str]\n", [(1, "Gallery")]),
        (
            "def f(class_name, n_pairs, embeddingSize): pass",
            [(1, "class"), (1, "pairs"), (1, "embedding")],
        ),
        ('"""One.\n\nOf all classes, secrets.token_hex\n"""', [(3, "classes")]),
        ("x = f'{y} neighbors'", [(1, "neighbors")]),
        ("@dataclass\nclass A: 'paired, repair, dissimilar'  # token", []),
    ],
)
def test_words_are_found_in_names_and_strings(source: str, words: list[tuple[int, str]]) -> None:
    assert list(family_words(source)) == words
