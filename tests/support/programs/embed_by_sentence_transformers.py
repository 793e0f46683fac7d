"""Embeds texts with sentence-transformers.

    python embed_by_sentence_transformers.py MODEL < texts.json

Prints its version and the embeddings as JSON.
"""

import json
import sys

# It is for training only, and one that is installed here may not fit an older release.
sys.modules["datasets"] = None  # type: ignore[assignment]

from sentence_transformers import SentenceTransformer, __version__  # noqa: E402

model = SentenceTransformer(sys.argv[1], device="cpu")
embeddings = model.encode(json.load(sys.stdin)).tolist()
json.dump({"version": __version__, "embeddings": embeddings}, sys.stdout)
