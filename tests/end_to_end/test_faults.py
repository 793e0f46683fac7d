"""What is wrong ends with its exit code and one message, and leaves nothing that looks finished.

The readers' own tests go into each fault; this table is what somebody at a terminal meets.
"""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydro.errors import SettingsError

Hydro = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hydro(tmp_path: Path, command: Hydro) -> Hydro:
    """Run an experiment that goes below the test's folder: exit code, stdout, stderr."""
    return lambda *arguments: command("run", *arguments, "--output", tmp_path / "runs")


def refused(answer: tuple[int, str, str], code: int, *said: str) -> None:
    """See to it that an answer is an error: its code, a message with all this, and no traceback."""
    found, out, err = answer
    assert (found, out) == (code, "")
    for each in said:
        assert each in err
    assert "hydro: " in err
    assert "Traceback" not in err


HEAD = "problem_type: text_metric_learning\n"
DATASET = "dataset: {train_dataframe: texts.csv, text_column: text, label_columns: label}\n"
BOMB = "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9 if n else 'lol'}]\n" for n in range(9))

SETTINGS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "an unknown key": (HEAD + DATASET + "traning: {}\n", ("bad.yml:3:1", "'training'?")),
    "an unknown key inside": (
        HEAD + DATASET + "training:\n  lr: 1\n",
        ("bad.yml:4:3", "Did you mean 'learning_rate'?"),
    ),
    "a misspelt choice": (
        HEAD + DATASET + "training: {loss_function: ArcFase}\n",
        ("bad.yml:3:27", "Did you mean 'ArcFace'?"),
    ),
    "a key twice": (
        HEAD + DATASET + "training:\n  epochs: 1\n  epochs: 2\n",
        ("bad.yml:5:3", "'epochs' is set twice, first on line 4"),
    ),
    "several at once": (
        HEAD + DATASET + "training: {epochs: many, batch_size: 0, warmup_epochs: -1}\n",
        ("training.epochs: must be", "training.batch_size: must be", "training.warmup_epochs: "),
    ),
    "a number out of range": (HEAD + DATASET + "training: {dropout: 1e30}\n", ("bad.yml:3:12",)),
    "not a number": (
        HEAD + DATASET + "training: {learning_rate: .nan}\n",
        ("training.learning_rate: must be a",),
    ),
    "a Python tag": (
        HEAD + "dataset: !!python/object/apply:os.system [exit]\n",
        ("bad.yml:2:10", "the tag tag:yaml.org,2002:python/object/apply:os.system is not read"),
    ),
    "an alias bomb": (BOMB, ("bad.yml:1:5", "anchors and aliases are not read")),
    "too much": (b"#" * (1 << 20) + b"#", ("larger than 1 MiB",)),
    "a deep nest": (HEAD + "dataset: " + "[" * 3000, ("nested deeper than 20 levels",)),
    "Latin-1": ("experiment_name: caf\u00e9\n".encode("latin-1"), ("bad.yml:1", "not UTF-8")),
    "a byte order mark": (b"\xef\xbb\xbf" + HEAD.encode(), ("bad.yml:1:1", "byte order mark")),
    "tabs": (HEAD + "dataset:\n\ttext_column: text\n", ("bad.yml:3:1", "not tabs")),
    "nothing": ("", ("holds nothing, not settings",)),
    "a list": ("- 1\n", ("holds a list, not settings",)),
    "two documents": (HEAD + "---\n" + HEAD, ("a second document",)),
    "an unclosed quote": (HEAD + 'experiment_name: "a\n', ("not valid YAML",)),
    "a NUL": (HEAD + "experiment_name: a\0b\n", ("bad.yml:2:19",)),
    "a missing table": (
        HEAD + "dataset: {train_dataframe: no.csv, text_column: a, label_columns: b}\n",
        ("bad.yml:2:28", "no.csv"),
    ),
    "no table": (HEAD + "dataset: {text_column: a, label_columns: b}\n", ("must be given",)),
    "another problem": ("problem_type: text_metric_laerning\n", ("Did you mean",)),
}


@pytest.mark.parametrize(("content", "said"), SETTINGS.values(), ids=SETTINGS)
def test_wrong_settings(
    content: str | bytes, said: tuple[str, ...], hydro: Hydro, texts: Any, tmp_path: Path
) -> None:
    shutil.copy(texts.table, tmp_path)
    path = tmp_path / "bad.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(hydro(str(path)), 3, *said)
    assert not (tmp_path / "runs").exists()


def packed(**members: bytes) -> bytes:
    """Make a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parquet(**columns: Any) -> bytes:
    """Make a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


ROWS = "text,label,fold\n" + "".join(f"word {n},{'ab'[n % 2]},{n % 4}\n" for n in range(12))
GROUPED = ("dataset.validation_strategy=grouped_kfold", "dataset.group_fold_column=group")
AGAIN = ROWS.replace("label", "text", 1)
GAP = ROWS.replace("word 3,b,3", "word 3,b,")
WIDE = ROWS.replace("word 3,b,3", "word, 3,b,3")
ONE_GROUP = "text,label,group\na,x,1\nb,y,1\nc,x,1\n"
TWO = {"text": ["a", "b"], "label": ["x", "y"]}

Table = tuple[str, str | bytes, tuple[str, ...], tuple[str, ...]]
TABLES: dict[str, Table] = {
    "a missing column": (".csv", ROWS.replace("text", "txet"), (), ("no column 'text'", "'txet'")),
    "semicolons": (".tsv", ROWS.replace(",", ";"), (), ("no column", "text;label;fold")),
    "no label anywhere": (".csv", "text,label\na,\nb,\n", (), ("no row left", "without label")),
    "blank texts only": (".csv", "text,label\n ,x\n,y\n", (), ("no row left", "blank text")),
    "Latin-1": (
        ".csv",
        ROWS.replace("word 3", "caf\u00e9").replace("word 2", "\x81").encode("latin-1"),
        (),
        ("line 4, byte",),
    ),
    "UTF-16": (".csv", ROWS.encode("utf-16") + b"x", (), ("not UTF-16 from line 14 on",)),
    "a NUL byte": (".csv", ROWS.replace("word 3", "a\0"), (), ("line 5, byte", "a NUL byte")),
    "a long row": (".csv", WIDE, (), ("line 5 has 4 fields, but the columns are 3",)),
    "a short row": (".csv", ROWS + "a,b\n", (), ("line 14 has 2 fields",)),
    "an open quote": (".csv", ROWS + '"a,b,1\n', (), ("opens on line 14 is never closed",)),
    "a column twice": (".csv", AGAIN, (), ("columns 1 and 2 are both called 'text'",)),
    "zero bytes": (".csv", b"", (), ("is empty",)),
    "a header only": (".csv", "text,label\n", (), ("has no rows",)),
    "one class": (".csv", ROWS.replace(",b,", ",a,"), (), ("one class",)),
    "one row": (
        ".csv",
        ROWS[: ROWS.index("word 1")],
        ("dataset.validation_strategy=automatic",),
        ("cannot be split",),
    ),
    "one fold": (".csv", "text,label,fold\na,x,1\nb,y,1\n", (), ("all rows are in the fold '1'",)),
    "a fold that is not there": (
        ".csv",
        ROWS,
        ("dataset.folds=[9]",),
        ("no fold '9'", "'0', '1', '2', '3'"),
    ),
    "a row without fold": (".csv", GAP, (), ("no 'fold' in row 4",)),
    "one group": (".csv", ONE_GROUP, GROUPED, ("group",)),
    "no group column": (".csv", ROWS, GROUPED, ("no column 'group'",)),
    "a Parquet file by another name": (".csv", parquet(**TWO), (), ("is a Parquet table, other",)),
    "a zip by another name": (".parquet", packed(a=b""), (), ("is a zip",)),
    "a damaged Parquet file": (".parquet", parquet(**TWO)[:-9], (), ("is damaged",)),
    "lists for texts": (
        ".parquet",
        parquet(text=[["a"]], label=["x"]),
        (),
        ("'text' is of type list",),
    ),
    "bytes for texts": (".parquet", parquet(text=[b"\xff"], label=["x"]), (), ("'text', row 1",)),
    "a zip without a table": (".zip", packed(**{"a.txt": b""}), (), ("no .csv in it",)),
    "a zip that leads outside": (".zip", packed(**{"../a.csv": b"x"}), (), ("leads outside",)),
    "a zip that explodes": (
        ".zip",
        packed(**{"a.csv": bytes(1 << 26)}),
        (),
        ("100 times its size",),
    ),
    "another ending": (".txt", ROWS, (), ("has to end in one of",)),
    "a workbook by name only": (".xlsx", ROWS, (), ("is not a zip or a workbook",)),
}


@pytest.mark.parametrize(("ending", "content", "changes", "said"), TABLES.values(), ids=TABLES)
def test_wrong_tables(
    ending: str,
    content: str | bytes,
    changes: tuple[str, ...],
    said: tuple[str, ...],
    hydro: Hydro,
    texts: Any,
    tmp_path: Path,
) -> None:
    path = tmp_path / f"table{ending}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    sets = (f"dataset.train_dataframe={path}", *changes)
    given = [word for each in sets for word in ("--set", each)]
    refused(hydro(str(texts.config), *given), 4, f"table{ending}", *said)
    assert not (tmp_path / "runs").exists()


def test_wrong_models(hydro: Hydro, texts: Any, tmp_path: Path) -> None:
    config = json.loads((texts.backbone / "config.json").read_text())

    def model(name: str, **changes: Any) -> Path:
        folder = shutil.copytree(texts.backbone, tmp_path / name)
        (folder / "config.json").write_text(json.dumps({**config, **changes}))
        return folder

    coded = model("coded", auto_map={"AutoModel": "evil.Evil"})
    (coded / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    pickled = model("pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    cut = model("cut")
    with (cut / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    (tmp_path / "empty").mkdir()
    for folder, said in {
        coded: "code",
        pickled: "pickles (.bin, .pt) are not read",
        cut: "Fetch or save it again",
        tmp_path / "empty": "config.json",
        Path("no/such-backbone"): "no local folder",
    }.items():
        name = folder.name
        changes = (f"architecture.backbone={folder}", f"experiment_name={name}")
        given = [word for each in changes for word in ("--set", each)]
        refused(hydro(str(texts.config), *given), 5, name, said)
        status = json.loads((tmp_path / "runs" / name / "status.json").read_text())
        assert (status["state"], status["reason"]) == ("failed", "model")
        assert not (tmp_path / "runs" / name / "scores.json").exists()
    assert not (tmp_path / "ran").exists()


def test_odd_rows_are_learned_from_and_told(hydro: Hydro, texts: Any, tmp_path: Path) -> None:
    frame = pd.read_csv(texts.table, dtype=str)
    odd = [
        "NA",
        "None",
        "null",
        "007",
        "1.0",
        "\u05e9\u05dc\u05d5\u05dd",
        "\U0001f469\u200d\U0001f467",
        "e\u0301",
        "?!",
        "ab " * 350_000,
    ]
    frame.loc[: len(odd) - 1, "text"] = odd
    frame.loc[20, "text"] = ""
    frame.loc[21, "label"] = ""
    frame.loc[frame["label"] == "card", "label"] = "NA"
    frame = frame.rename(columns={"text": "the 'text'.class", "label": 'a "label" if'})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    changes = [
        f"dataset.train_dataframe={tmp_path / 'odd.csv'}",
        "dataset.text_column=the 'text'.class",
        'dataset.label_columns=a "label" if',
        "training.epochs=1",
        "experiment_name=odd",
    ]
    code, _, err = hydro(str(texts.config), *[word for each in changes for word in ("--set", each)])
    assert code == 0
    assert '1 row without a "label" if dropped (row 22)' in err
    assert "1 row with missing or blank the 'text'.class dropped (row 21)" in err
    kept = pd.read_csv(
        tmp_path / "runs/odd/predictions/validation_predictions.csv",
        dtype=str,
        keep_default_na=False,
    )
    held_out = frame[(frame["fold"] == "0") & (frame.iloc[:, 0] != "")]
    assert kept["the 'text'.class"].tolist() == held_out.iloc[:, 0].tolist()
    assert "NA" in kept['a "label" if'].tolist()


HOSTILE = [
    *("../x", "..", ".", "/etc/x", "a/b", "a\\b", "~", "~root", "-rf", "--help", ".hidden"),
    *(
        "a\nb",
        "a\rb",
        "a\tb",
        "a b ",
        "a:b",
        "a*b",
        "a?b",
        'a"b',
        "a'b",
        "a|b",
        "a<b",
        "a>b",
        "a%00b",
    ),
    *(
        "CON",
        "con.txt",
        "nul",
        "aux.",
        "com1",
        "LPT9",
        "prn.yml",
        "a.",
        "\u202ea",
        "\u00e9.",
        "\U0001f4a9",
    ),
    *(
        f"{up}{name}"
        for up in ("../", "..\\", "/", "./../")
        for name in "abcdefghijklmnopqrstuvwxyz01234"
    ),
    *(f"a{sign}" for sign in "!#$&()+,;=@[]^`{}~\u2028\ufeff\u200b\uff0f\u2215\u29f5\xa0"),
    *("a" * length for length in (101, 255, 256, 300, 5000)),
    *(f"{'../' * depth}etc" for depth in range(2, 28)),
]


def test_no_name_leads_out_of_the_folder(texts: Any, tmp_path: Path) -> None:
    assert len(set(HOSTILE)) >= 200
    inside = tmp_path / "one/two"
    inside.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    for name in HOSTILE:
        document = inside / "named.yml"
        told = json.loads(texts.config.read_text()) | {"experiment_name": name}
        document.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        with pytest.raises(SettingsError, match="experiment_name"):
            texts.at(inside / "runs").run(config=document)
        document.unlink()
    assert sorted(tmp_path.rglob("*")) == before


def test_no_token_reaches_a_file_or_the_terminal(
    hydro: Hydro, texts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = "planted-token-0123456789"
    for name in ("HF_TOKEN", "WANDB_API_KEY", "NEPTUNE_API_TOKEN", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, planted)
    code, out, err = hydro(str(texts.config), "--set", "training.epochs=0")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (code, len(files) > 10) == (0, True)
    assert planted not in out + err
    assert [path for path in files if planted.encode() in path.read_bytes()] == []
