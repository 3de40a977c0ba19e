"""Grade time and peak memory of every competition at the real size of its test set, each in a fresh process.

Run it as ``python benchmarks/graders.py [ID ...]``. The rows are synthetic: the recorded submissions of the tests,
repeated under new ids until there are as many as in the real test set (`ROWS`, from the published splits). Seconds are
those of ``Competition.grade`` in a process that has graded nothing before, reading both files included.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from large_cases import MAKERS, table
from peak import peak_memory

TESTS = Path(__file__).parents[1] / "tests" / "competitions"

ROWS = {
    "3d-object-detection-for-autonomous-vehicles": 4_536,
    "AI4Code": 20_000,
    "aerial-cactus-identification": 3_325,
    "alaska2-image-steganalysis": 5_000,
    "aptos2019-blindness-detection": 367,
    "billion-word-imputation": 306_681,
    "bms-molecular-translation": 484_838,
    "cassava-leaf-disease-classification": 2_676,
    "cdiscount-image-classification-challenge": 706_990,
    "chaii-hindi-and-tamil-question-answering": 112,
    "champs-scalar-coupling": 466_000,
    "denoising-dirty-documents": 5_800_000,
    "detecting-insults-in-social-commentary": 2_647,
    "dog-breed-identification": 1_023,
    "dogs-vs-cats-redux-kernels-edition": 2_500,
    "facebook-recruiting-iii-keyword-extraction": 603_420,
    "freesound-audio-tagging-2019": 3_361,
    "google-quest-challenge": 608,
    "google-research-identify-contrails-reduce-global-warming": 1_856,
    "h-and-m-personalized-fashion-recommendations": 1_371_980,
    "herbarium-2020-fgvc7": 206_000,
    "herbarium-2021-fgvc8": 451_000,
    "herbarium-2022-fgvc9": 175_000,
    "histopathologic-cancer-detection": 45_561,
    "hms-harmful-brain-activity-classification": 10_700,
    "hotel-id-2021-fgvc8": 9_756,
    "hubmap-kidney-segmentation": 3,
    "icecube-neutrinos-in-deep-ice": 13_200_000,
    "imet-2020-fgvc7": 21_318,
    "inaturalist-2019-fgvc6": 32_400,
    "invasive-species-monitoring": 459,
    "iwildcam-2019-fgvc6": 86_000,
    "iwildcam-2020-fgvc7": 60_760,
    "jigsaw-toxic-comment-classification-challenge": 153_164,
    "jigsaw-unintended-bias-in-toxicity-classification": 97_320,
    "kuzushiji-recognition": 361,
    "leaf-classification": 99,
    "learning-agency-lab-automated-essay-scoring-2": 1_731,
    "lmsys-chatbot-arena": 5_748,
    "ml2021spring-hw2": 330_000,
    "mlsp-2013-birds": 1_216,
    "movie-review-sentiment-analysis-kernels-only": 46_818,
    "multi-modal-gesture-recognition": 99,
    "new-york-city-taxi-fare-prediction": 9_914,
    "nfl-player-contact-detection": 472_000,
    "nomad2018-predict-transparent-conductors": 240,
    "osic-pulmonary-fibrosis-progression": 2_628,
    "paddy-disease-classification": 2_602,
    "petfinder-pawpularity-score": 992,
    "plant-pathology-2020-fgvc7": 183,
    "plant-pathology-2021-fgvc8": 3_727,
    "plant-seedlings-classification": 665,
    "playground-series-s3e18": 1_484,
    "predict-volcanic-eruptions-ingv-oe": 444,
    "random-acts-of-pizza": 1_162,
    "ranzcr-clip-catheter-line-classification": 3_009,
    "rsna-2022-cervical-spine-fracture-detection": 14_536,
    "rsna-breast-cancer-detection": 2_384,
    "rsna-miccai-brain-tumor-radiogenomic-classification": 59,
    "seti-breakthrough-listen": 6_000,
    "siim-covid19-detection": 1_240,
    "siim-isic-melanoma-classification": 4_142,
    "smartphone-decimeter-2022": 37_000,
    "spaceship-titanic": 870,
    "spooky-author-identification": 1_958,
    "stanford-covid-vaccine": 25_680,
    "statoil-iceberg-classifier-challenge": 321,
    "tabular-playground-series-dec-2021": 400_000,
    "tabular-playground-series-may-2022": 100_000,
    "tensorflow-speech-recognition-challenge": 6_473,
    "tensorflow2-question-answering": 61_476,
    "text-normalization-challenge-english-language": 993_465,
    "text-normalization-challenge-russian-language": 1_059_191,
    "tgs-salt-identification-challenge": 1_000,
    "the-icml-2013-whale-challenge-right-whale-redux": 25_149,
    "tweet-sentiment-extraction": 2_749,
    "us-patent-phrase-to-phrase-matching": 3_648,
    "uw-madison-gi-tract-image-segmentation": 18_000,
    "ventilator-pressure-prediction": 603_600,
    "vesuvius-challenge-ink-detection": 1,
    "vinbigdata-chest-xray-abnormalities-detection": 1_500,
    "whale-categorization-playground": 1_150,
}
"""Rows of a submission at the real size; where the specification of a split leaves a doubt, rounded up."""

# Columns of the answers that group rows, beside the one that both files share; they need new values too.
GROUPS = {"osic-pulmonary-fibrosis-progression": ["Patient"]}


def generator(id: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rawgen_{id.replace('-', '_')}", TESTS / "rawgen" / f"{id}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small(id: str, root: Path) -> tuple[Path, Path]:
    """A small private folder, and the longest of the recorded submissions of as many rows that are valid."""
    from pytest_mlebench import catalog

    competition, module = catalog.get(id), generator(id)
    raw, public, private = (root / name for name in ("raw", "public", "private"))
    for folder in (raw, public, private):
        folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(module, "make_answers"):
            module.make_answers(private, public, 0)
        else:
            module.make_raw(raw, seed=0)
            competition.prepare(raw, public, private)
    shutil.rmtree(raw)
    gold = private / competition.gold_submission
    recorded = TESTS / "golden" / id / "seed0"
    expected = json.loads((recorded / "expected.json").read_text())
    known, best = table(gold), gold
    for name, want in expected.items():
        path = recorded / "cases" / f"{name}.csv"
        if "score" not in want or want.get("nan"):
            continue
        try:
            case = table(path)
        except (ValueError, pd.errors.ParserError):
            continue
        key = shared_column(case, known)
        usable = len(case) == len(known) and key is not None and set(case[key]) == set(known[key])
        if usable and (best == gold or path.stat().st_size > best.stat().st_size):
            best = path
    return private, best


def shared_column(submission: pd.DataFrame, gold: pd.DataFrame) -> str | None:
    """The column with the ids: the one, of those in both, with the most different values."""
    names = [name for name in submission.columns if name in gold.columns]
    return max(names, key=lambda name: gold[name].nunique(), default=None)


def enlarge(id: str, private: Path, submission: Path, rows: int) -> None:
    """Repeat answers and submission under new ids until the submission has `rows` rows."""
    from pytest_mlebench import catalog

    competition = catalog.get(id)
    given = table(submission)
    times = -(-rows // len(given))
    if times <= 1:
        return
    gold = table(private / competition.gold_submission)
    key = shared_column(given, gold)
    assert key is not None
    keys = [key, *GROUPS.get(id, [])]
    tables = {submission: given}
    tables |= {path: table(path) for path in {private / competition.answers, private / competition.gold_submission}}
    for path, small_table in tables.items():
        repeat(small_table, keys, times).to_csv(path, index=False)


def repeat(part: pd.DataFrame, keys: list[str], times: int) -> pd.DataFrame:
    """The rows so many times, each time with other values in `keys`: numbers go on, texts get a number before them."""
    whole = pd.concat([part] * times, ignore_index=True)
    turn = np.repeat(np.arange(times), len(part))
    for key in keys:
        if key not in part:
            continue
        numbers = pd.to_numeric(part[key], errors="coerce")
        if numbers.notna().all():
            values = numbers.astype("int64")
            whole[key] = np.tile(values, times) + turn * (int(values.max()) + 1)
        else:
            whole[key] = pd.Series(turn).map("{:05d}x".format) + whole[key]
    return whole


def measure(id: str, private: Path, submission: Path) -> None:
    """Grade here and print what it took as JSON; runs in a process of its own."""
    from pytest_mlebench import catalog

    competition = catalog.get(id)
    started = time.perf_counter()
    grade = competition.grade(submission, private)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": peak_memory(), "valid": grade.valid, "reason": grade.reason}))


def main() -> int:
    """Make the cases, measure each in a process of its own, and print a table; 1 where a submission was refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        id, private, submission = options.measure
        measure(id, Path(private), Path(submission))
        return 0
    refused, slowest = 0, []
    print(f"{'competition':<58} {'rows':>10} {'seconds':>8} {'peak memory':>12}  (wanted: 60 s, 4 GB)")
    for id in options.ids or ROWS:
        with tempfile.TemporaryDirectory(prefix="mlebench-graders-") as temporary:
            root = Path(temporary)
            private, best = small(id, root)
            submission = root / "submission.csv"
            shutil.copy(best, submission)
            if id in MAKERS:
                MAKERS[id](private, submission, ROWS[id])
            else:
                enlarge(id, private, submission, ROWS[id])
            rows = sum(len(piece) for piece in pd.read_csv(submission, dtype=str, usecols=[0], chunksize=1_000_000))
            command = [sys.executable, __file__, "--measure", id, str(private), str(submission)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        note = "" if result["valid"] else f"  REFUSED: {result['reason']}"
        refused += not result["valid"]
        slowest.append((result["seconds"], id))
        print(f"{id:<58} {rows:>10,} {result['seconds']:>8.2f} {result['peak'] / 1024**2:>9.0f} MB{note}", flush=True)
    print("slowest: " + ", ".join(f"{id} {seconds:.1f} s" for seconds, id in sorted(slowest)[:-4:-1]))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
