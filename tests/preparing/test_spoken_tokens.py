from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from pytest_mlebench.preparing.spoken_tokens import prepare_spoken_tokens

COLUMNS = ["sentence_id", "token_id", "class", "before", "after"]


def prepared(tmp_path, tokens):
    raw, public, private = (tmp_path / name for name in ("raw", "public", "private"))
    for folder in (raw, public, private):
        folder.mkdir()
    with zipfile.ZipFile(raw / "xx_train.csv.zip", "w") as archive:
        archive.writestr("xx_train.csv", tokens.to_csv(index=False))
    prepare_spoken_tokens(raw, public, private, "xx")
    texts = {path.name: path.read_text() for path in private.iterdir()}
    for path in public.iterdir():
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == [path.name.removesuffix(".zip")]
            texts[path.name] = archive.read(archive.namelist()[0]).decode()
    return texts


def test_sentences_stay_whole_and_are_numbered_anew(tmp_path):
    # Sentences come in no order of their numbers.
    numbers = np.random.default_rng(0).permutation(40) + 100
    rows = [(n, t, "PLAIN", f"w{n}.{t}", f"s{n}.{t}") for n in numbers for t in range(1 + n % 3)]
    tokens = pd.DataFrame(rows, columns=COLUMNS)
    texts = prepared(tmp_path, tokens)
    drawn = set(train_test_split(tokens["sentence_id"].unique(), test_size=0.1, random_state=0)[1])
    for held_out, name in ((False, "xx_train.csv.zip"), (True, "xx_test_2.csv.zip")):
        wanted = [n for n in numbers if (n in drawn) is held_out]
        lines = texts[name].splitlines()[1:]
        assert len(lines) == sum(1 + n % 3 for n in wanted)
        expected = [(place, n, t) for place, n in enumerate(wanted) for t in range(1 + n % 3)]
        for line, (place, n, t) in zip(lines, expected, strict=True):
            cells = f'"w{n}.{t}"' if held_out else f'"PLAIN","w{n}.{t}","s{n}.{t}"'
            assert line == f"{place},{t},{cells}"


def test_text_is_quoted_and_tokens_that_read_as_missing_become_empty(tmp_path):
    tokens = pd.DataFrame([(n, 0, "PUNCT", 'a"b', "NA") for n in range(11)], columns=COLUMNS)
    texts = prepared(tmp_path, tokens)
    assert texts["xx_test_2.csv.zip"] == '"sentence_id","token_id","before"\n0,0,"a""b"\n1,0,"a""b"\n'
    assert texts["answers.csv"] == '"id","after"\n"0_0",""\n"1_0",""\n'
    assert texts["sample_submission.csv"] == texts["xx_sample_submission_2.csv.zip"]
    assert texts["sample_submission.csv"] == '"id","after"\n"0_0","a""b"\n"1_0","a""b"\n'
