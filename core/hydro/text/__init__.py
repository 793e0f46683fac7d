"""What text problems share: settings and builders, tokenized texts, encoder, inference.

Importing it is light; what needs torch or transformers is imported on first use.
"""

from typing import TYPE_CHECKING

from hydro.plugins.lazy import lazy_attributes
from hydro.text.builders import TextComponents, build_encoder, text_components
from hydro.text.insights.records import text_insights
from hydro.text.saved_modules import infer_settings
from hydro.text.settings import (
    TextArchitectureSection,
    TextDatasetSection,
    TextEnvironmentSection,
    TextSettings,
    TextTokenizerSection,
)

if TYPE_CHECKING:
    from hydro.artifacts.cache import default_cache
    from hydro.text.backbones import find_backbone
    from hydro.text.batches import TextBatch, collate, length_bucketed_batches, quantile_length
    from hydro.text.cache import cached_token_ids
    from hydro.text.class_embeddings import class_means
    from hydro.text.corpus import TokenizedTexts
    from hydro.text.dataset import LabeledTexts
    from hydro.text.encoder import Encoder
    from hydro.text.exported_input import copy_text_input
    from hydro.text.inference import embed, forward_all
    from hydro.text.loading import check_vocabulary, load_backbone, load_config, quiet_transformers
    from hydro.text.pooling import POOLS
    from hydro.text.tokenizer import TextTokenizer, load_tokenizer

MODULES = {
    "POOLS": "hydro.text.pooling",
    "Encoder": "hydro.text.encoder",
    "LabeledTexts": "hydro.text.dataset",
    "TextBatch": "hydro.text.batches",
    "TextTokenizer": "hydro.text.tokenizer",
    "TokenizedTexts": "hydro.text.corpus",
    "cached_token_ids": "hydro.text.cache",
    "check_vocabulary": "hydro.text.loading",
    "class_means": "hydro.text.class_embeddings",
    "collate": "hydro.text.batches",
    "copy_text_input": "hydro.text.exported_input",
    "default_cache": "hydro.artifacts.cache",
    "embed": "hydro.text.inference",
    "find_backbone": "hydro.text.backbones",
    "forward_all": "hydro.text.inference",
    "length_bucketed_batches": "hydro.text.batches",
    "load_backbone": "hydro.text.loading",
    "load_config": "hydro.text.loading",
    "load_tokenizer": "hydro.text.tokenizer",
    "quantile_length": "hydro.text.batches",
    "quiet_transformers": "hydro.text.loading",
}
"""The heavy names, by the module that defines each."""

__all__ = [
    "POOLS",
    "Encoder",
    "LabeledTexts",
    "TextArchitectureSection",
    "TextBatch",
    "TextComponents",
    "TextDatasetSection",
    "TextEnvironmentSection",
    "TextSettings",
    "TextTokenizer",
    "TextTokenizerSection",
    "TokenizedTexts",
    "build_encoder",
    "cached_token_ids",
    "check_vocabulary",
    "class_means",
    "collate",
    "copy_text_input",
    "default_cache",
    "embed",
    "find_backbone",
    "forward_all",
    "infer_settings",
    "length_bucketed_batches",
    "load_backbone",
    "load_config",
    "load_tokenizer",
    "quantile_length",
    "quiet_transformers",
    "text_components",
    "text_insights",
]

__getattr__ = lazy_attributes(__name__, MODULES)
