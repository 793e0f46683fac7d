"""A tokenizer as files that do all there is to do to a text, whichever program reads them."""

import copy
import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast


def write_tokenizer(folder: Path, tokenizer: PreTrainedTokenizerFast, *, max_length: int) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json``, leaving the tokenizer as it is.

    ``max_length`` is in tokens.
    """
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.model_max_length = max_length
    tokenizer.padding_side = "right"  # so that positions count from the first token, as in training
    if tokenizer.pad_token is None and tokenizer.all_special_tokens:
        tokenizer.pad_token = tokenizer.all_special_tokens[0]  # any will do: padding is masked
    tokenizer.save_pretrained(folder)
    _point_at_tokenizer_json(folder / "tokenizer_config.json")


def _point_at_tokenizer_json(path: Path) -> None:
    """Name the one class that takes tokenizer.json as it is, by what transformers 4 calls it.

    The classes of single models, ``BertTokenizer`` for one, read the vocabulary and build the rest
    again, which loses the lower-casing. Token types are left out: of a text by itself they are all
    0, and not every encoder takes them.
    """
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    config["model_input_names"] = ["input_ids", "attention_mask"]
    if "extra_special_tokens" in config:
        config["additional_special_tokens"] = config.pop("extra_special_tokens")
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
