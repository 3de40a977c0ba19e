from __future__ import annotations

import functools
import gzip
import io
import time
import warnings
import zipfile

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading import submission as module
from pytest_mlebench.grading.submission import find_submission, printable, read_submission

CSV = "id,x\n1,0.5\n2,0.25\n"


def test_a_csv_is_read_as_pandas_reads_it(path):
    path.write_text(CSV)
    pd.testing.assert_frame_equal(read_submission(path), pd.read_csv(io.StringIO(CSV)))
    assert find_submission(path.parent) == path


def test_floats_are_read_exactly_unless_told_otherwise(path, monkeypatch):
    numbers = ["0.1234567890123456789", "1.7976931348623157e308", "2.2250738585072011e-308", "1234567890.12345678901"]
    path.write_text("x\n" + "\n".join(numbers))
    assert list(read_submission(path)["x"]) == [float(number) for number in numbers]
    read, options = pd.read_csv, []
    monkeypatch.setattr(pd, "read_csv", functools.wraps(read)(lambda *a, **k: options.append(k) or read(*a, **k)))
    read_submission(path, float_precision="legacy")
    assert [option["float_precision"] for option in options] == ["legacy"]


def test_pandas_options_are_passed_on(path):
    path.write_text("id\tx\n01\tNA\n")
    table = read_submission(path, sep="\t", dtype=str, keep_default_na=False)
    assert table.to_dict("list") == {"id": ["01"], "x": ["NA"]}


@pytest.mark.parametrize(
    "content",
    ["\ufeff" + CSV, CSV.replace("\n", "\r\n"), CSV.replace("\n", "\r"), "\n \n" + CSV, CSV.rstrip("\n")],
    ids=["BOM", "CRLF", "CR", "blank lines", "no last newline"],
)
def test_forms_of_csv_that_people_write(path, content):
    path.write_bytes(content.encode())
    assert read_submission(path).to_dict("list") == {"id": [1, 2], "x": [0.5, 0.25]}


def test_text_outside_ascii_is_read_wherever_a_chunk_ends(path):
    text = "a\n" + "x" * (module._CHUNK - 3) + "ä\n€\n𝄞\n"
    path.write_text(text, encoding="utf-8")
    assert list(read_submission(path)["a"])[1:] == ["€", "𝄞"]


def test_a_header_without_rows_is_for_the_competition_to_judge(path):
    path.write_text("id,x\n")
    assert read_submission(path).shape == (0, 2)


def test_columns_of_mixed_types_raise_no_warning(path):
    path.write_text("id,x\n" + "1,1\n" * 300_000 + "1,a\n" * 300_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_submission(path)) == 600_000


@pytest.mark.parametrize(
    "content", ["\n", " ", "\n" * 5_000_000, "\ufeff"], ids=["newline", "blank", "newlines", "BOM"]
)
def test_a_file_without_columns(path, content, refusal):
    path.write_text(content)
    assert "has no columns: its first line must be the header" in refusal(path)


def test_a_nul_byte_is_located(path, refusal):
    path.write_bytes(b"id,x\n1,2\n" + b"1,2\n" * 500_000 + b"1,\0\n")
    assert "has a NUL byte at offset 2000011 (line 500003)" in refusal(path)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("id,x\n1,ä\n".encode("latin-1"), "byte 0xe4 at offset 7, line 2"),
        (b"id\n" + b"a" * (module._CHUNK - 4) + b"\xc3\n", f"byte 0xc3 at offset {module._CHUNK - 1}, line 2"),
        (b"id\n" + b"a" * (module._CHUNK - 3) + b"\n\xff", f"byte 0xff at offset {module._CHUNK + 1}, line 3"),
        (b"id\n\xe2\x82", "byte 0xe2 at offset 3, line 2"),
        (b"id\n\xed\xa0\x80", "byte 0xed at offset 3, line 2"),
    ],
    ids=["latin-1", "across chunks", "second chunk", "cut off", "surrogate"],
)
def test_what_is_not_utf8_is_located(path, content, place, refusal):
    path.write_bytes(content)
    assert f"is not UTF-8 text ({place})" in refusal(path)


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("submission.csv", CSV)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV.encode("utf-16"), "UTF-16 text"),
        (gzip.compress(CSV.encode()), "gzip data"),
        (zipped(), "a zip archive or an Excel workbook"),
    ],
    ids=["UTF-16", "gzip", "zip"],
)
def test_other_formats_are_named_and_never_unpacked(path, content, kind, refusal):
    path.write_bytes(content)
    assert f"is {kind}: write a plain CSV in UTF-8" in refusal(path)


def test_a_column_whose_name_begins_like_another_format_is_fine(path):
    path.write_text("PAR1,BZh\n1,2\n")
    assert list(read_submission(path)) == ["PAR1", "BZh"]


@pytest.mark.parametrize("name", ["submission.csv.gz", "s3:evil", "http:evil"])
def test_the_name_of_the_file_decides_nothing(path, name):
    path = path.with_name(name)
    path.write_text(CSV)
    assert len(read_submission(path)) == 2


def test_ragged_rows_are_located(path, refusal):
    path.write_text("id,x\n1,2\n1,2,3\n")
    assert "line 3 has 3 fields where 2 are expected" in refusal(path)


def test_a_quote_that_is_never_closed(path, refusal):
    path.write_text('id,x\n1,"2\n' + "3,4\n" * 1_000_000)
    assert "near line 2 is never closed" in refusal(path)


def test_a_parser_error_shows_no_control_characters(path, refusal):
    path.write_text("id\n\x1b]0;title\x07\n")
    assert "\x1b" not in refusal(path, dtype=float)


COLUMNS = ",".join(f"c{i}" for i in range(9_999))


@pytest.mark.parametrize(
    "content",
    [
        "," * 1_000_000,
        ",".join(f"c{i}" for i in range(300_000)) + "\n1\n",
        '"a\n","b"' + "," * 1_000_000,
        "a\n" + "," * 1_000_000,
        'a\n"1\n' + '""' * 1_000_000 + '"' + "," * 1_000_000,
        "\ufeff\n\n  \n" + "," * 1_000_000,
        "a,b\n" + "\n" * 1_000_000 + "," * 1_000_000,
    ],
    ids=[
        "header",
        "names",
        "quoted newline",
        "first row",
        "quotes in first row",
        "after blank lines",
        "first row below",
    ],
)
def test_a_million_columns_are_refused_quickly(path, content, refusal):
    path.write_text(content)
    assert "has more than 10,000 columns" in refusal(path)


def test_a_wide_file_with_short_rows_is_refused_quickly(path, refusal):
    path.write_text(COLUMNS + "\n" + "1\n" * 1_000_000)
    assert "has 9999 columns, but most of its 1000001 lines have far fewer fields" in refusal(path)


def test_a_wide_file_with_whole_rows_is_read(path):
    path.write_text(COLUMNS + "\n" + ("," * 9_998 + "\n") * 50)
    assert read_submission(path).shape == (50, 9_999)


def test_commas_in_quotes_are_no_columns(path):
    path.write_text('id,"x"\n1,"' + "," * 1_000_000 + '"\n')
    assert read_submission(path).shape == (1, 2)


@pytest.mark.parametrize(("start", "digit"), [("", "1"), ("0.", "1"), ("1e", "9"), ("0x", "f")])
def test_absurdly_long_numbers_take_no_time(path, start, digit):
    path.write_text(f"id,x\n1,{start}{digit * 3_000_000}\n")
    start = time.thread_time()
    assert read_submission(path).shape == (1, 2)
    assert time.thread_time() - start < 2


def test_the_checks_of_a_million_rows_are_cheap(path):
    path.write_text("id,x\n" + "".join(f"img_{i:07d},0.{i:06d}\n" for i in range(1_000_000)))
    times = []
    for _ in range(3):
        start = time.thread_time()
        module._check_shape(module._read(path, module.MAX_BYTES), ",", path.name)
        times.append(time.thread_time() - start)
    assert min(times) < 0.25  # some 0.03 s on an idle machine


PIECES = st.sampled_from(
    [
        b",",
        b"\n",
        b"\r",
        b'"',
        b"\\",
        b"\0",
        b"\xff",
        b"\xc3",
        b" ",
        b"\t",
        b"id",
        b"1",
        b"-inf",
        b"nan",
        b"1e999",
        b"#",
    ]
)


@settings(max_examples=400, deadline=None)
@given(content=st.binary(max_size=300) | st.lists(PIECES, max_size=60).map(b"".join))
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b'"')
@example(b",\n,,\n")
def test_random_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "submission.csv"
    path.write_bytes(content)
    try:
        outcome = read_submission(path)
    except InvalidSubmissionError as error:
        outcome = str(error)
    assert isinstance(outcome, pd.DataFrame) or (outcome.startswith("submission.csv") and outcome.isprintable())


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)), min_size=1
    )
)
def test_what_pandas_writes_is_read_back_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    written = pd.DataFrame(rows, columns=["id", "x"])
    written.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_submission(path), written, check_exact=True)


@given(text=st.text())
def test_printable_text_is_one_short_line(text):
    assert printable(text).isprintable()
    assert len(printable(text)) <= 200


def test_integers_beyond_64_bits_are_text_whatever_pandas_makes_of_them(tmp_path):
    (tmp_path / "submission.csv").write_text("id,x,y\n1,99999999999999999999,1\n2,,2\n3,7,3\n")
    table = read_submission(tmp_path / "submission.csv")
    assert table["x"].dropna().tolist() == ["99999999999999999999", "7"]
    assert table["x"].isna().tolist() == [False, True, False]
    assert table["y"].tolist() == [1, 2, 3]
