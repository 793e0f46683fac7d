"""Trains and embeds on a GPU with hydro and with sentence-transformers, in turn.

    pip install 'sentence-transformers[train]'
    python docs/benchmarks/gpu.py DATA [--pairs 5] [--updates 100] [--profile FILE]

DATA is a folder with train.csv and test.csv, columns text and label (banking77: PolyAI, CC BY 4.0).
Two encoders, all-MiniLM-L6-v2 and one of BERT base's shape with random weights, both in bfloat16:
training in batches of 64 and 256 texts of at most 64 tokens by the same ArcFace and AdamW, and
embedding from text to vector, the peer at its best batch size of some. Prints as JSON the texts a
second, the ratio of each pair, the share that hydro's useful operations (those on real tokens) have
of what a large product of matrices reaches on this card, and the peak of its memory.

What only a GPU can show is tested by ``pytest tests/end_to_end/test_gpu.py tests/core``.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from embedding_against_sentence_transformers import LONGEST, MODEL, Embed, clock
from sentence_transformers import SentenceTransformer
from training_against_sentence_transformers import Setup, Trained, contenders, operations
from transformers import AutoTokenizer, BertConfig, BertModel

from hydro.data.tables import read_table
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer

BATCHES = (64, 256)
PEER_SIZES = (64, 256, 1024)


def main() -> None:
    """Print the figures of both encoders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--device", type=torch.device, default=torch.device("cuda:0"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--profile", type=Path, help="Write where the time of an update goes.")
    arguments = parser.parse_args()
    device: torch.device = arguments.device
    rate = product_rate(device)
    report("", "bfloat16 products", {"tflops": round(rate / 1e12, 1)})
    with tempfile.TemporaryDirectory() as folder:
        minilm = find_backbone(MODEL)
        encoders = {MODEL: minilm, "BERT base, random": bert_base(Path(folder), minilm)}
        for name, backbone in encoders.items():
            for batch in BATCHES:
                setup = Setup(backbone, device, bf16=True, batch=batch)
                report(name, f"training, batches of {batch}", training(arguments, setup, rate))
            report(name, "embedding", embedding(arguments, backbone, device))
        if arguments.profile:
            setup = Setup(minilm, device, bf16=True)
            ours, *_ = contenders(arguments.data, setup, 20)
            arguments.profile.write_text(profile(ours))


def report(encoder: str, what: str, figures: dict[str, object]) -> None:
    """Print the figures of one part as a line of JSON, at once."""
    sys.stdout.write(json.dumps({"encoder": encoder, "what": what, **figures}) + "\n")
    sys.stdout.flush()


def bert_base(folder: Path, minilm: Path) -> Path:
    """Write an encoder of BERT base's shape, 110 million random weights, with MiniLM's tokens."""
    torch.manual_seed(0)
    BertModel(BertConfig()).save_pretrained(folder)
    AutoTokenizer.from_pretrained(minilm).save_pretrained(folder)
    return folder


def training(arguments: argparse.Namespace, setup: Setup, rate: float) -> dict[str, object]:
    """Train in turn, and return the figures."""
    ours, theirs, _, rows, table = contenders(arguments.data, setup, arguments.updates)
    peaks = {name: peak(work, setup) for name, work in (("hydro", ours), ("peer", theirs))}
    pairs = [(ours(), theirs()) for _ in range(arguments.pairs)]
    useful = operations(table["text"].tolist(), rows, setup.backbone)
    mine, others = ([len(rows) / each[at][0] for each in pairs] for at in (0, 1))
    return {
        **speeds(mine, others),
        "updates": len(rows) // setup.batch,
        "share_of_products": round(useful * statistics.median(mine) / len(rows) / rate, 3),
        "peak_mib": peaks,
        "first_and_last_loss": {
            name: [round(losses[at], 3) for at in (0, -1)]
            for name, (_, losses) in zip(("hydro", "peer"), pairs[0], strict=True)
        },
    }


def peak(work: Callable[[], Trained], setup: Setup) -> int:
    """Warm up, and return the most of the GPU's memory that was in use, in MiB."""
    if setup.device.type != "cuda":
        work()
        return 0
    torch.cuda.reset_peak_memory_stats(setup.device)
    work()
    return torch.cuda.max_memory_allocated(setup.device) // 2**20


def embedding(
    arguments: argparse.Namespace, backbone: Path, device: torch.device
) -> dict[str, object]:
    """Embed all texts in turn, and return the figures."""
    tables = [read_table(arguments.data / f"{name}.csv") for name in ("train", "test")]
    texts = [text for table in tables for text in table["text"]]
    tokenizer = load_tokenizer(backbone, max_length=LONGEST, lowercase=False, separator="")
    loaded = load_backbone(backbone, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(loaded, pool="Average", dropout=0.0, embedding_size=None).to(device)
    reference = embed(encoder, tokenizer.encode(texts[::10]))
    half = partial(torch.autocast, device.type, torch.bfloat16)

    def ours(texts: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return embed(encoder, tokenizer.encode(texts), autocast=half)

    theirs, size = peer(backbone, device, texts[::4])
    ours(texts)
    rounds = [(clock(ours, texts), clock(theirs, texts)) for _ in range(arguments.pairs)]
    mine, others = ([len(texts) / each[at][0] for each in rounds] for at in (0, 1))
    cosines = [(each[1][::10] * reference).sum(1).min() for each in rounds[0]]
    return {
        **speeds(mine, others),
        "peer_batch_size": size,
        "least_cosine_with_float32": dict(zip(("hydro", "peer"), map(float, cosines), strict=True)),
    }


def peer(backbone: Path, device: torch.device, texts: list[str]) -> tuple[Embed, int]:
    """Return what embeds with sentence-transformers in bfloat16, and its best batch size."""
    model = SentenceTransformer(str(backbone), device=str(device)).bfloat16()
    model.max_seq_length = LONGEST

    def with_batches_of(size: int) -> Embed:
        return lambda texts: np.asarray(
            model.encode(texts, batch_size=size, normalize_embeddings=True, convert_to_tensor=True)
            .float()
            .cpu()
        )

    with_batches_of(PEER_SIZES[0])(texts)
    size = min(PEER_SIZES, key=lambda size: clock(with_batches_of(size), texts)[0])
    return with_batches_of(size), size


def speeds(mine: list[float], others: list[float]) -> dict[str, object]:
    """Return texts a second of both, and their ratios."""
    ratios = [one / other for one, other in zip(mine, others, strict=True)]
    return {
        "texts_a_second": {
            "hydro": round(statistics.median(mine)),
            "peer": round(statistics.median(others)),
        },
        "ratios": [round(each, 2) for each in ratios],
        "median_ratio": round(statistics.median(ratios), 2),
    }


def product_rate(device: torch.device) -> float:
    """Measure the operations a second of a large product of matrices in bfloat16."""
    size, times = 8192 if device.type == "cuda" else 256, 10
    left, right = torch.randn(2, size, size, device=device, dtype=torch.bfloat16)
    setup = Setup(Path(), device)

    def multiply() -> None:
        for _ in range(times):
            left @ right
        setup.wait()

    multiply()
    seconds, _ = clock(lambda _: multiply(), [])  # type: ignore[arg-type, func-returns-value]
    return 2 * size**3 * times / seconds


def profile(work: Callable[[], Trained]) -> str:
    """Return where the time of some updates goes, by operation."""
    from torch.profiler import ProfilerActivity

    work()
    activities = [ProfilerActivity.CPU, ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profiler:
        seconds, _ = work()
    found = profiler.key_averages()
    tables = [
        found.table(sort_by=column, row_limit=40, max_name_column_width=60)
        for column in ("self_cuda_time_total", "self_cpu_time_total")
    ]
    return "\n".join([f"{seconds:.3f} s", *tables])


if __name__ == "__main__":
    main()
