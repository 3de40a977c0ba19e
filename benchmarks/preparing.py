"""How fast preparations go, by files and by bytes, for the competitions with most of either.

Run it as ``python benchmarks/preparing.py [--files N] [--bytes N] [ID ...]``. Raw data are synthetic, of the real
shape: many small files, or archives of random bytes. Each is prepared by `Competition.prepare` in a process of its own;
"beside" is what only linking so many files, or only copying so many bytes, takes on the same disk.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from peak import peak_memory

_PICTURE = 100_000
"""Bytes of one picture in an archive."""


def _many(names: list[str], folder: Path) -> None:
    made = set()
    for name in names:
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(b"\xff\xd8 a small file")


def histopathologic(raw: Path, count: int) -> None:
    names = [f"{number:040x}" for number in range(count)]
    _many([f"{name}.tif" for name in names], raw / "train")
    _many([f"{number:040x}.tif" for number in range(count, count + count // 4)], raw / "test")
    pd.DataFrame({"id": names, "label": np.arange(count) % 2}).to_csv(raw / "train_labels.csv", index=False)


def molecules(raw: Path, count: int) -> None:
    names = [f"{number * 7919 % 16**12:012x}" for number in range(count)]
    _many([f"{name[0]}/{name[1]}/{name[2]}/{name}.png" for name in (name[::-1] for name in names)], raw / "train")
    table = pd.DataFrame({"image_id": [name[::-1] for name in names], "InChI": "InChI=1S/H2O/h1H2"})
    table.to_csv(raw / "train_labels.csv", index=False)
    table[["InChI"]].head(10).to_csv(raw / "extra_approved_InChIs.csv", index=False)


def herbarium(raw: Path, count: int) -> None:
    classes = np.arange(count) % (count // 35)
    names = [f"images/{c // 100:03d}/{c % 100:02d}/{number}.jpg" for number, c in enumerate(classes)]
    _many(names, raw / "train")
    metadata = {
        "annotations": [
            {"id": n, "image_id": n, "category_id": int(c), "institution_id": n % 5} for n, c in enumerate(classes)
        ],
        "categories": [{"id": c, "name": f"species {c}", "family": "f", "order": "o"} for c in range(count // 35)],
        "images": [
            {"id": n, "width": 600, "height": 1000, "file_name": name, "license": n % 3} for n, name in enumerate(names)
        ],
        "info": {"year": 2021},
        "licenses": [{"id": n, "name": "", "url": ""} for n in range(3)],
        "institutions": [{"id": n, "name": f"garden {n}"} for n in range(5)],
    }
    (raw / "train" / "metadata.json").write_text(json.dumps(metadata))


def steganalysis(raw: Path, count: int) -> None:
    for folder in ("Cover", "JMiPOD", "JUNIWARD", "UERD"):
        _many([f"{number:05d}.jpg" for number in range(1, count // 4 + 1)], raw / folder)


def notebooks(raw: Path, count: int) -> None:
    names = [f"{number:014x}" for number in range(count)]
    (raw / "train").mkdir()
    for name in names:
        (raw / "train" / f"{name}.json").write_text('{"cell_type": {"a": "code", "b": "markdown"}, "source": {}}')
    pd.DataFrame({"id": names, "cell_order": "b a"}).to_csv(raw / "train_orders.csv", index=False)
    ancestors = pd.DataFrame({"id": names, "ancestor_id": [f"{n // 2:08x}" for n in range(count)], "parent_id": None})
    ancestors.to_csv(raw / "train_ancestors.csv", index=False)


def tumours(raw: Path, count: int) -> None:
    patients = [f"{number:05d}" for number in range(count // 400)]
    for series in ("FLAIR", "T1w", "T1wCE", "T2w"):
        _many([f"{p}/{series}/Image-{n}.dcm" for p in patients for n in range(100)], raw / "train")
    table = pd.DataFrame({"BraTS21ID": patients, "MGMT_value": np.arange(len(patients)) % 2})
    table.to_csv(raw / "train_labels.csv", index=False)


def wildlife(raw: Path, size: int) -> None:
    count, rng = size // _PICTURE, np.random.default_rng(0)
    ids = [f"{number:08x}-77aa-11e8" for number in range(count)]
    table = pd.DataFrame({"category_id": 0, "file_name": [f"{id}.jpg" for id in ids], "id": ids})
    table.assign(location=np.arange(count) % 138, width=1024).to_csv(raw / "train.csv", index=False)
    with zipfile.ZipFile(raw / "train_images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for id in ids:
            archive.writestr(f"{id}.jpg", rng.bytes(_PICTURE))


def species(raw: Path, size: int) -> None:
    count, rng = size // _PICTURE, np.random.default_rng(0)
    names = [f"train_val2019/Plants/{n % 1010}/{n:032x}.jpg" for n in range(count)]
    rest = {"info": {}, "licenses": [], "categories": [{"id": n, "name": str(n)} for n in range(1010)]}
    images = [{"license": 0, "file_name": name, "height": 9, "width": 9, "id": n} for n, name in enumerate(names)]
    annotations = [{"id": n, "image_id": n, "category_id": n % 1010} for n in range(count)]
    held_out = count - 10
    parts = {"train2019": (0, held_out), "val2019": (held_out, count)}
    for name, (first, last) in parts.items():
        content = {**rest, "images": images[first:last], "annotations": annotations[first:last]}
        (raw / f"{name}.json").write_text(json.dumps(content))
    (raw / "test2019.json").write_text(json.dumps({"info": {}, "licenses": [], "images": []}))
    with tarfile.open(raw / "train_val2019.tar.gz", "w:gz", compresslevel=1) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = _PICTURE
            tar.addfile(info, io.BytesIO(rng.bytes(_PICTURE)))
    with tarfile.open(raw / "test2019.tar.gz", "w:gz"):
        pass


def products(raw: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    picture_size = 8_000
    with (raw / "train.bson").open("wb") as file:
        for number in range(size // picture_size):
            picture = b"\x05picture\0" + struct.pack("<i", picture_size) + b"\0" + rng.bytes(picture_size)
            entry = struct.pack("<i", len(picture) + 5) + picture + b"\0"
            array = b"\x030\0" + entry
            body = b"\x10_id\0" + struct.pack("<i", number) + b"\x04imgs\0" + struct.pack("<i", len(array) + 5) + array
            body += b"\0\x10category_id\0" + struct.pack("<i", 1_000_000_000 + number % 5_000)
            file.write(struct.pack("<i", len(body) + 5) + body + b"\0")
    names = pd.DataFrame({"category_id": range(1_000_000_000, 1_000_005_000)})
    names.assign(category_level1="a", category_level2="b", category_level3="c").to_csv(
        raw / "category_names.csv", index=False
    )


def characters(raw: Path, size: int) -> None:
    count, rng = size // _PICTURE, np.random.default_rng(0)
    ids = [f"page_{number:06d}" for number in range(count)]
    pd.DataFrame({"image_id": ids, "labels": "U+306F 1231 3465 133 53"}).to_csv(raw / "train.csv", index=False)
    pd.DataFrame({"Unicode": ["U+306F"], "char": ["は"]}).to_csv(raw / "unicode_translation.csv", index=False)
    with zipfile.ZipFile(raw / "train_images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for id in ids:
            archive.writestr(f"{id}.jpg", rng.bytes(_PICTURE))


FILES: dict[str, Callable[[Path, int], None]] = {
    "bms-molecular-translation": molecules,
    "herbarium-2021-fgvc8": herbarium,
    "rsna-miccai-brain-tumor-radiogenomic-classification": tumours,
    "alaska2-image-steganalysis": steganalysis,
    "histopathologic-cancer-detection": histopathologic,
    "AI4Code": notebooks,
}
BYTES: dict[str, Callable[[Path, int], None]] = {
    "inaturalist-2019-fgvc6": species,
    "cdiscount-image-classification-challenge": products,
    "iwildcam-2019-fgvc6": wildlife,
    "kuzushiji-recognition": characters,
}


def measure(id: str, root: Path) -> None:
    """Prepare here and print what it took as JSON; runs in a process of its own."""
    from pytest_mlebench import catalog

    started = time.perf_counter()
    catalog.get(id).prepare(root / "raw", root / "public", root / "private")
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": peak_memory()}))


def beside(raw: Path, target: Path, link: bool) -> float:
    """Seconds that only linking the raw files into one folder, or only copying their bytes, takes."""
    target.mkdir()
    paths = [path for path in raw.rglob("*") if path.is_file()]
    started = time.perf_counter()
    for number, path in enumerate(paths):
        if link:
            os.link(path, target / str(number))
        else:
            shutil.copyfile(path, target / str(number))
    return time.perf_counter() - started


def main() -> None:
    """Make the raw data, prepare each in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--files", type=int, default=200_000, help="small files of each competition with many")
    parser.add_argument("--bytes", type=int, default=2_000_000_000, help="bytes of each competition with archives")
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    print(f"{'competition':<52} {'amount':>14} {'seconds':>8} {'rate':>16} {'beside':>8} {'peak memory':>12}")
    for id in options.ids or [*FILES, *BYTES]:
        with tempfile.TemporaryDirectory(prefix="mlebench-preparing-") as temporary:
            root = Path(temporary)
            for name in ("raw", "public", "private"):
                (root / name).mkdir()
            maker = FILES.get(id) or BYTES[id]
            maker(root / "raw", options.files if id in FILES else options.bytes)
            command = [sys.executable, __file__, "--measure", id, str(root)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            files = [path.stat().st_size for path in (root / "raw").rglob("*") if path.is_file()]
            other = beside(root / "raw", root / "beside", link=id in FILES)
        seconds = result["seconds"]
        if id in FILES:
            amount, rate = f"{len(files):,} files", f"{len(files) / seconds:,.0f} files/s"
        else:
            amount, rate = f"{sum(files) / 1e9:.2f} GB", f"{sum(files) / 1e6 / seconds:,.0f} MB/s"
        peak = f"{result['peak'] / 1024**2:.0f} MB"
        print(f"{id:<52} {amount:>14} {seconds:>8.2f} {rate:>16} {other:>8.2f} {peak:>12}", flush=True)


if __name__ == "__main__":
    main()
