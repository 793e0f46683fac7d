"""What every text problem shares: tokens, batches without padding, the encoder, embeddings.

This is a second door for plugins, heavy with torch and transformers: import it inside a builder.
"""

from hydro.artifacts.cache import default_cache
from hydro.text.backbones import find_backbone
from hydro.text.batches import TextBatch, collate, length_bucketed_batches, quantile_length
from hydro.text.cache import cached_token_ids
from hydro.text.corpus import TokenizedTexts
from hydro.text.embed import embed
from hydro.text.encoder import Encoder
from hydro.text.loading import load_backbone, load_config
from hydro.text.pooling import POOLS
from hydro.text.quiet import quiet_transformers
from hydro.text.tokenizer import TextTokenizer, load_tokenizer

__all__ = [
    "POOLS",
    "Encoder",
    "TextBatch",
    "TextTokenizer",
    "TokenizedTexts",
    "cached_token_ids",
    "collate",
    "default_cache",
    "embed",
    "find_backbone",
    "length_bucketed_batches",
    "load_backbone",
    "load_config",
    "load_tokenizer",
    "quantile_length",
    "quiet_transformers",
]
