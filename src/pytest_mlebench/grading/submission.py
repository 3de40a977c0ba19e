"""Reading a submission: a file written by an agent, and so hostile input, becomes a table or a reason for a person."""

from __future__ import annotations

import codecs
import errno
import inspect
import io
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.files import IrregularFileError, open_untrusted
from pytest_mlebench.quantities import format_size

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_BYTES", "SUBMISSION_NAME", "find_submission", "printable", "read_submission"]

SUBMISSION_NAME = "submission.csv"
"""The file, directly in the submission folder, that is graded."""

MAX_BYTES = 2 * 1024**3
"""Largest submission that is read, in bytes; several times what any competition of the benchmark needs."""

_MAX_COLUMNS = 10_000
_CHUNK = 1024**2
# Short rows are padded to the header's width, so that a small file could ask for any amount of memory.
_FREE_CELLS = 16 * 1024**2

# What an agent can make of its own folder; any other failure to open is the machine's.
_AGENTS_DOING = {errno.EACCES, errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EPERM}

_SIGNATURES = {
    b"\x1f\x8b": "gzip data",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def find_submission(folder: Path) -> Path | None:
    """The path of the submission in the submission folder `folder` of an attempt, or None if nothing is there.

    Whatever stands at that place counts, be it a directory or a dangling link: it was submitted, and `read_submission`
    says what is wrong with it.
    """
    path = folder / SUBMISSION_NAME
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return path
    return path


def read_submission(path: Path, *, max_bytes: int = MAX_BYTES, **pandas_options: Any) -> pd.DataFrame:
    """Read the CSV at `path` with `pandas.read_csv` and its defaults, except ``float_precision="round_trip"``.

    The file must be a regular one, reached without a symbolic link in the last two components of `path`, of at most
    `max_bytes` bytes of UTF-8 without NUL. It is copied to memory before anything is
    made of it, so that a file that changes meanwhile does no harm. Further `pandas_options` are passed on.

    Raises InvalidSubmissionError, with a text for the submission's author, where any of this does not hold, where the
    file has no columns or more than 10,000, or where pandas cannot parse it; HarnessError where the machine fails.
    """
    content = _read(path, max_bytes)
    _check_shape(content, pandas_options.get("sep") or pandas_options.get("delimiter") or ",", path.name)
    return _parse(content, path.name, pandas_options)


def printable(text: str, width: int = 200) -> str:
    """`text`, which an agent may have written, fit for one line of a terminal: escaped, and cut at `width`."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: width + 1])
    return line if len(line) <= width else line[: width - 3] + "..."


def _read(path: Path, max_bytes: int) -> io.BytesIO:
    """The whole content, copied to memory and checked chunk by chunk, so that what is wrong early costs little."""
    name, content = path.name, io.BytesIO()
    decoder = codecs.getincrementaldecoder("utf-8")()
    descriptor = _open(path)
    try:
        size = os.fstat(descriptor).st_size
        if size > max_bytes:
            raise InvalidSubmissionError(
                f"{name} has {format_size(size)}, more than the {format_size(max_bytes)} that are read: make it smaller"
            )
        while chunk := os.read(descriptor, _CHUNK):
            _check_text(chunk, decoder, content, name)
            content.write(chunk)
            if content.tell() > max_bytes:
                raise InvalidSubmissionError(
                    f"{name} grew past {format_size(max_bytes)} while it was read: finish writing it first"
                )
        _check_text(b"", decoder, content, name)
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror or error}") from error
    finally:
        os.close(descriptor)
    if content.tell() == 0:
        raise InvalidSubmissionError(f"{name} is empty: write a header and one row for each prediction")
    content.seek(0)
    return content


def _open(path: Path) -> int:
    """A descriptor of the regular file at `path`; never blocks, and follows no link in the last two components."""
    try:
        return open_untrusted(path)
    except IrregularFileError as error:
        raise InvalidSubmissionError(f"{path.name} is {error.kind}: it must be a regular file, a CSV") from None
    except OSError as error:
        if path.parent.is_symlink():
            raise InvalidSubmissionError("the submission folder is a symbolic link: make it a real folder") from None
        raise _cannot_open(error, path) from error


def _cannot_open(error: OSError, path: Path) -> InvalidSubmissionError | HarnessError:
    if error.errno == errno.ENOENT:
        return InvalidSubmissionError(f"there is no file {path.name}")
    if error.errno in _AGENTS_DOING:
        return InvalidSubmissionError(f"{path.name} cannot be opened ({error.strerror}): make it a readable file")
    return HarnessError(f"cannot open {path}: {error.strerror or error}")


def _not_text(head: bytes, name: str, why: str) -> InvalidSubmissionError:
    """The refusal of a file that starts with `head` and is no text because of `why`; known formats are named."""
    found = [kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)]
    return InvalidSubmissionError(f"{name} {f'is {found[0]}' if found else why}: write a plain CSV in UTF-8")


def _check_text(chunk: bytes, decoder: codecs.IncrementalDecoder, before: io.BytesIO, name: str) -> None:
    """Refuse NUL bytes and what is not UTF-8 in `chunk`, which follows `before`; an empty chunk is the end."""
    offset = before.tell()
    with before.getbuffer() as view:
        head = bytes(view[:8]) or chunk[:8]
    if (nul := chunk.find(b"\0")) >= 0:
        line = _line(before, chunk[:nul])
        raise _not_text(head, name, f"has a NUL byte at offset {offset + nul} (line {line})")
    pending = decoder.getstate()[0]
    # Most submissions are ASCII throughout, and need no decoding to be known as good.
    if chunk and not pending and chunk.isascii():
        return
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        start = error.start
        bad = (pending + chunk)[start : start + 1]
        where = f"byte 0x{bad.hex()} at offset {offset - len(pending) + start}"
        line = _line(before, chunk[: max(0, start - len(pending))])
        raise _not_text(head, name, f"is not UTF-8 text ({where}, line {line})") from None


def _line(before: io.BytesIO, chunk: bytes) -> int:
    with before.getbuffer() as view:
        lines = sum(bytes(view[start : start + _CHUNK]).count(b"\n") for start in range(0, len(view), _CHUNK))
    return lines + chunk.count(b"\n") + 1


def _check_shape(content: io.BytesIO, separator: str, name: str) -> None:
    """Refuse what would have pandas build absurdly many columns or cells from few bytes.

    Header and first row set the width: pandas takes the fields that the first row has too many for an index.
    """
    if len(separator) != 1:
        return
    sep = re.escape(separator.encode())
    blank = re.compile(rb"(?:[ %b\r\n]*[\r\n])?" % (b"" if separator == "\t" else b"\t"))
    field = re.compile(rb'(?:"(?:[^"]|"")*+"[^%b\r\n]*+|[^%b\r\n]*+)(%b)?' % (sep, sep, sep))
    with content.getbuffer() as view:
        width, position = 0, 3 if bytes(view[:3]) == codecs.BOM_UTF8 else 0
        for _ in range(2):
            if match := blank.match(view, position):
                position = match.end()
            fields, more = 0, True
            while more:
                found = field.match(view, position)
                more = found is not None and found[1] is not None
                position, fields = found.end() if found else position, fields + 1
                if fields > _MAX_COLUMNS:
                    raise InvalidSubmissionError(
                        f"{name} has more than {_MAX_COLUMNS:,} columns: write the columns of the sample submission"
                    )
            width = max(width, fields)
        size = len(view)
        if size * width > _FREE_CELLS:
            lines = _newlines(view)
            if lines * width > max(_FREE_CELLS, 2 * size):
                raise InvalidSubmissionError(
                    f"{name} has {width} columns, but most of its {lines} lines have far fewer fields: "
                    "write every field of every row"
                )


def _newlines(view: memoryview) -> int:
    counts = [0, 0]
    for start in range(0, len(view), _CHUNK):
        chunk = bytes(view[start : start + _CHUNK])
        counts[0] += chunk.count(b"\n")
        counts[1] += chunk.count(b"\r")
    return max(counts)


def _parse(content: io.BytesIO, name: str, options: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    # A pandas without this option parses exactly anyway.
    if "float_precision" in inspect.signature(pd.read_csv).parameters:
        options = {"float_precision": "round_trip", **options}
    try:
        with warnings.catch_warnings():
            # Columns of mixed types are for the competition's own checks to refuse.
            warnings.simplefilter("ignore")
            table: pd.DataFrame = pd.read_csv(content, compression=None, **options)
            return _large_integers_as_text(table)
    except pd.errors.EmptyDataError:
        raise InvalidSubmissionError(f"{name} has no columns: its first line must be the header") from None
    except (ValueError, OverflowError) as error:
        raise InvalidSubmissionError(f"{name} cannot be parsed as CSV: {_explain(str(error))}") from None


def _large_integers_as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of integers beyond 64 bits as text, which pandas made of them before 3.1, with the published graders."""
    if not table.columns.is_unique:
        return table
    for name in table.columns[[dtype.kind == "O" for dtype in table.dtypes]]:
        cells = table[name].dropna()
        if len(cells) and all(type(cell) is int for cell in cells):
            table[name] = cells.map(str).astype(object).reindex(table.index)
    return table


def _explain(text: str) -> str:
    """The reason of a pandas parser error in words for the file's author."""
    if ragged := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        return f"line {ragged[2]} has {ragged[3]} fields where {ragged[1]} are expected"
    if quote := re.search(r"EOF inside string starting at row (\d+)", text):
        return f'a quote (") that opens near line {int(quote[1]) + 1} is never closed'
    return printable(text.removeprefix("Error tokenizing data. C error: ").split("\n")[0])
