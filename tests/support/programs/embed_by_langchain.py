"""Embeds texts with LangChain.

    python embed_by_langchain.py MODEL < texts.json

Prints its version and the embeddings as JSON.
"""

import json
import sys
from importlib.metadata import version

from langchain_huggingface import HuggingFaceEmbeddings

model = HuggingFaceEmbeddings(model_name=sys.argv[1], model_kwargs={"device": "cpu"})
texts = json.load(sys.stdin)
embeddings = [*model.embed_documents(texts[1:]), model.embed_query(texts[0])]
json.dump(
    {"version": version("langchain-huggingface"), "embeddings": embeddings[-1:] + embeddings[:-1]},
    sys.stdout,
)
