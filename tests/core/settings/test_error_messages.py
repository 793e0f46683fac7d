"""Tests of what the message says that refuses settings."""

import random
from collections.abc import Callable, Sequence
from time import process_time

import pytest

from hydro.settings.error_messages import SYNONYMS
from hydro.settings.schema import Schema
from hydro.settings.sections import Settings

Refusal = Callable[..., Sequence[str]]

WRONG = {
    "trainig: {}": "2:1: trainig: unknown setting. Did you mean 'training'?",
    "training: {lerning_rate: 1}": (
        "2:12: training.lerning_rate: unknown setting. Did you mean 'learning_rate'?"
    ),
    "experimentname: a": "2:1: experimentname: unknown setting. Did you mean 'experiment_name'?",
    "epochs: 3": "2:1: epochs: unknown setting. Did you mean 'training.epochs'?",
    "epoch: 3": "2:1: epoch: unknown setting. Did you mean 'training.epochs'?",
    "training: {batchsize: 1}": (
        "2:12: training.batchsize: unknown setting. Did you mean 'batch_size'?"
    ),
    "training: {backbone: b}": (
        "2:12: training.backbone: unknown setting. Did you mean 'architecture.backbone'?"
    ),
    "training: {model: b}": (
        "2:12: training.model: unknown setting. Did you mean 'architecture.backbone'?"
    ),
    "tokenizer: {zzz: 1}": (
        "2:13: tokenizer.zzz: unknown setting. "
        "Available: lowercase, max_length, padding_quantile, tokenizer"
    ),
    "training: {<<: {epochs: 1}}": "2:12: training.<<: unknown setting. Available: loss_function",
    "training: {loss_function: arcface}": (
        "2:27: training.loss_function: no choice 'arcface'; available: ArcFace, CrossEntropy, "
        "NormalizedSoftmax, ProxyAnchor, SoftTriple, SupCon, NTXent, MultiSimilarity, Circle, "
        "Triplet. Did you mean 'ArcFace'?"
    ),
    "training: {optimizer: Lion}": (
        "2:23: training.optimizer: no choice 'Lion'; available: AdamW, Adam, SGD, RMSprop, Adadelta"
    ),
    "architecture: {pool: average}": (
        "2:22: architecture.pool: no choice 'average'; "
        "available: Average, [CLS] token, Max, Last token. Did you mean 'Average'?"
    ),
    "training:\n  differential_learning_rate_layers: [Neck, Head]": (
        "3:45: training.differential_learning_rate_layers: no choice 'Head'; "
        "available: Backbone, Neck, Loss"
    ),
    "training: {epochs: many}": "2:20: training.epochs: must be a number, not 'many'",
    "training: {epochs: true}": "2:20: training.epochs: must be a number, not 'true'",
    "training: {epochs: [1]}": "2:20: training.epochs: must be a number, not ['1']",
    "training: {epochs: {a: 1}}": "2:20: training.epochs: must be a number, not a section",
    "training: {epochs: nan}": "2:20: training.epochs: must be a finite number, not 'nan'",
    "training: {epochs: .inf}": "2:20: training.epochs: must be a number, not '.inf'",
    "training: {epochs: 1e999}": "2:20: training.epochs: must be a finite number, not '1e999'",
    "training: {epochs: -1}": (
        "2:20: training.epochs: must be greater than or equal to 0, not '-1'"
    ),
    "training: {learning_rate: 0}": (
        "2:27: training.learning_rate: must be greater than 0, not '0'"
    ),
    "dataset2: {}": "2:1: dataset2: unknown setting. Did you mean 'dataset'?",
    "training: {batch_size: 1.5}": "2:24: training.batch_size: must be a whole number, not '1.5'",
    "training: {batch_size: 0x10}": (
        "2:24: training.batch_size: must be a whole number, not '0x10'"
    ),
    "training: {batch_size: 1e30}": (
        "2:24: training.batch_size: must be a whole number, not '1e30'"
    ),
    "environment: {seed: 1:30}": "2:21: environment.seed: must be a whole number, not '1:30'",
    "environment: {seed: -2}": (
        "2:21: environment.seed: must be greater than or equal to -1, not '-2'"
    ),
    "environment: {seed: 1e9999}": "2:21: environment.seed: must be a whole number, not '1e9999'",
    "environment: {gpus: {}}": "2:21: environment.gpus: must be a list of texts, not a section",
    "environment: {gpus: [[0]]}": "2:22: environment.gpus: must be text, not ['0']",
    "tokenizer: {lowercase: maybe}": (
        "2:24: tokenizer.lowercase: must be true or false, not 'maybe'"
    ),
    "experiment_name: [a]": "2:18: experiment_name: must be text, not ['a']",
    "training: 3": "2:11: training: holds settings of its own, not '3'",
    "training: []": "2:11: training: holds settings of its own, not []",
    "grid_search: 3": "2:14: grid_search: holds settings of its own, not '3'",
    "grid_search: {epochs: 3}": "2:23: grid_search.epochs: must be a list",
    "'': 1": "2:1: '': unknown setting",
    '"a\\nb": 1': "2:1: 'a\\nb': unknown setting",
    f"{'k' * 100}: 1": f"2:1: {'k' * 57}...: unknown setting",
    'training: {epochs: "\\e[2J"}': "2:20: training.epochs: must be a number, not '\\x1b[2J'",
    f"training: {{epochs: {'9' * 90}x}}": (
        f"2:20: training.epochs: must be a number, not '{'9' * 56}..."
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_is_told_with_line_column_and_remedy(text: str, refusal: Refusal) -> None:
    headline, said, *_ = refusal(text)
    assert headline == "FILE: 1 problem with the settings"
    assert said.startswith(f"FILE:{WRONG[text]}")


def test_the_line_itself_is_shown_with_a_caret_under_the_place(refusal: Refusal) -> None:
    assert refusal("training:\n  epochs: many  # enough\n")[2:] == [
        "      3 |   epochs: many  # enough",
        "                    ^",
    ]


def test_a_long_line_is_not_shown(refusal: Refusal) -> None:
    assert len(refusal(f"training: {{epochs: {'9' * 300}x}}")) == 2


def test_what_is_missing_stands_where_its_section_starts(refusal: Refusal) -> None:
    lines = refusal("dataset:\n  train_dataframe: rows.csv\n", head="# settings\n")
    said = [line for line in lines if line.startswith("FILE:")]
    assert said == [
        "FILE: 2 problems with the settings",
        "FILE:2:1: dataset.label_columns: must be given. Label column, or columns: rows of equal "
        "values are of the same class.",
        "FILE:2:1: dataset.text_column: must be given. Text column; several are concatenated.",
    ]


def test_a_list_that_must_name_something_is_not_empty(refusal: Refusal) -> None:
    head = "dataset: {train_dataframe: rows.csv, text_column: [], label_columns: label}\n"
    assert refusal("", head=head)[1] == "FILE:1:51: dataset.text_column: must not be empty"


def test_all_errors_are_told_at_once_in_the_order_of_the_file(refusal: Refusal) -> None:
    text = (
        "training:\n"
        "  epochs: -1\n"
        "  lerning_rate: 1e-4\n"
        "  optimizer: adamw\n"
        "environment: {seed: x, gpus: 0, mixed_precision_training: 3}\n"
        "logging: none\n"
    )
    said = [line for line in refusal(text) if line.startswith("FILE")]
    assert said[0] == "FILE: 6 problems with the settings"
    places = [line.split(" ")[0] for line in said[1:]]
    assert places == [
        "FILE:3:11:", "FILE:4:3:", "FILE:5:14:", "FILE:6:21:", "FILE:6:59:", "FILE:7:10:"
    ]  # fmt: skip


# `model` is a setting of its own in the section that has the backbone; it is in the table above.
@pytest.mark.parametrize("called", sorted({*SYNONYMS} - {"model"}))
def test_a_name_from_elsewhere_is_known(
    called: str, model: type[Settings], refusal: Refusal
) -> None:
    setting = SYNONYMS[called]
    section = next(each.section for each in Schema.of(model) if each.name == setting)
    said = refusal("", head=f"{section}: {{{called}: 1}}\n")
    place = f"FILE:1:{len(section) + 4}: {section}.{called}"
    assert f"{place}: unknown setting. Did you mean '{setting}'?" in said


def test_100_000_errors_are_counted_and_the_first_are_told(refusal: Refusal) -> None:
    start = process_time()
    lines = refusal("".join(f"k{number}: 1\n" for number in range(100_000)))
    assert process_time() - start < 20
    assert lines[0] == "FILE: 100000 problems with the settings"
    assert lines[-1] == "and 99950 more"
    assert sum(line.startswith("FILE") for line in lines) == 51


def typos(word: str, draw: random.Random) -> set[str]:
    """Give up to 20 misspellings: a letter left out, doubled, changed, or swapped with the next."""
    made: set[str] = set()
    for _ in range(20):
        at = draw.randrange(len(word) - 1)
        before, letter, after = word[:at], word[at], word[at + 1 :]
        changed = [
            before + after,
            before + letter + letter + after,
            before + draw.choice("abcdefghijklmnopqrstuvwxyz_") + after,
            before + after[0] + letter + after[1:],
        ]
        made.add(draw.choice(changed))
    return made - {word}


def test_nearly_every_typo_of_every_setting_is_understood(
    model: type[Settings], refusal: Refusal
) -> None:
    draw = random.Random(7)
    right = total = 0
    for each in Schema.of(model):
        wrong = typos(each.name, draw)
        head = f"{each.section}:\n" if each.section else "\n"
        indent = "  " if each.section else ""
        lines = refusal("".join(f"{indent}{name}: 1\n" for name in wrong), head=head)
        right += sum(line.endswith(f"Did you mean '{each.name}'?") for line in lines)
        total += len(wrong)
    assert total > 600
    assert right / total >= 0.98
