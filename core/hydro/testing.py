"""A kit for the tests of plugins and of hydro itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

TEXTS = (
    "my card has not arrived yet when will it come",
    "how do i change the pin of my new card",
    "why was i charged a fee for this transfer to another account",
    "the exchange rate for the payment in the shop was wrong",
    "can i top up with a cheque or with cash at the machine",
    "please tell me where to find my balance and close the account",
)

SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 66,
}

OWN_SIZES: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "distilbert": {"hidden_dim": 64},
    "electra": {"embedding_size": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "modernbert": {
        "local_attention": 8,
        "global_attn_every_n_layers": 2,
        "bos_token_id": None,
        "eos_token_id": None,
    },
    "t5": {"d_kv": 8, "d_ff": 64},
    "qwen3": {"num_key_value_heads": 2, "head_dim": 8},
}

ROBERTA = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
BERT = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
SPECIAL = {
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "mpnet": ROBERTA,
    "qwen3": {"eos": "<|end|>", "unk": "<|unk|>"},
}


def tiny_backbone(
    folder: Path, architecture: str = "bert", texts: Iterable[str] = TEXTS, seed: int = 0
) -> Path:
    """Write a small random backbone as transformers saves one: 2 layers, 32 wide, 64 tokens.

    Its tokenizer knows the words of ``texts``, and spells others letter by letter. Random numbers
    drawn elsewhere are not disturbed.

    Args:
        folder: where to; made if it is not there.
        architecture: bert, distilbert, roberta, xlm-roberta, mpnet, electra, albert, deberta-v2,
            modernbert, t5 or qwen3, which reads from left to right and has neither padding nor a
            separator.
        texts: where the vocabulary is taken from.
        seed: of the weights.
    """
    special = SPECIAL.get(architecture, BERT)
    tokenizer = _tokenizer(special, texts)
    ids = {f"{name}_token_id": tokenizer.convert_tokens_to_ids(t) for name, t in special.items()}
    sizes = {**SIZES, **OWN_SIZES.get(architecture, {}), **ids, "vocab_size": len(tokenizer)}
    config = AutoConfig.for_model(architecture, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(special: dict[str, str], texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Make a tokenizer of whole words and of letters for the words it does not know."""
    words = sorted({word for text in texts for word in text.split()})
    signs = [chr(code) for code in range(33, 127)]
    vocabulary = [*special.values(), *signs, *(f"##{sign}" for sign in signs), *words]
    ids = {token: place for place, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(WordPiece(ids, unk_token=special["unk"]))
    tokenizer.normalizer = BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    if "cls" in special:
        start, end = special["cls"], special["sep"]
        tokenizer.post_processor = TemplateProcessing(
            single=f"{start} $A {end}",
            pair=f"{start} $A {end} $B:1 {end}:1",
            special_tokens=[(start, ids[start]), (end, ids[end])],
        )
    tokens = {f"{name}_token": token for name, token in special.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **tokens)
