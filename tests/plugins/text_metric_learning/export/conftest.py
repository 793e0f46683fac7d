"""A tiny encoder with random weights and a tokenizer of single letters."""

import sys

import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer, PreTrainedTokenizerFast

from hydro.data import text_input
from hydro.data.text_input import delimited, encoding

# In an export it lies beside the program that imports it.
for name, module in (
    ("text_input", text_input),
    ("text_input.delimited", delimited),
    ("text_input.encoding", encoding),
):
    sys.modules.setdefault(name, module)

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """It tells upper from lower case."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{x}" for x in LETTERS)]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    made: PreTrainedTokenizerFast = BertTokenizer(vocab=vocabulary, do_lower_case=False)
    return made


@pytest.fixture(scope="session")
def backbone() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=5 + 2 * len(LETTERS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    made = BertModel(config)
    made.train(False)
    return made
