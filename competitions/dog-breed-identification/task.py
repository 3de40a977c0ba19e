"""Dog Breed Identification: of which of 120 breeds is a dog? Graded by log loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities, rows_sum_to_one
from pytest_mlebench.metrics.log_loss import log_loss
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import one_hot, read_csv, write_csv

BREEDS = [
    "affenpinscher", "afghan_hound", "african_hunting_dog", "airedale", "american_staffordshire_terrier",
    "appenzeller", "australian_terrier", "basenji", "basset", "beagle", "bedlington_terrier", "bernese_mountain_dog",
    "black-and-tan_coonhound", "blenheim_spaniel", "bloodhound", "bluetick", "border_collie", "border_terrier",
    "borzoi", "boston_bull", "bouvier_des_flandres", "boxer", "brabancon_griffon", "briard", "brittany_spaniel",
    "bull_mastiff", "cairn", "cardigan", "chesapeake_bay_retriever", "chihuahua", "chow", "clumber", "cocker_spaniel",
    "collie", "curly-coated_retriever", "dandie_dinmont", "dhole", "dingo", "doberman", "english_foxhound",
    "english_setter", "english_springer", "entlebucher", "eskimo_dog", "flat-coated_retriever", "french_bulldog",
    "german_shepherd", "german_short-haired_pointer", "giant_schnauzer", "golden_retriever", "gordon_setter",
    "great_dane", "great_pyrenees", "greater_swiss_mountain_dog", "groenendael", "ibizan_hound", "irish_setter",
    "irish_terrier", "irish_water_spaniel", "irish_wolfhound", "italian_greyhound", "japanese_spaniel", "keeshond",
    "kelpie", "kerry_blue_terrier", "komondor", "kuvasz", "labrador_retriever", "lakeland_terrier", "leonberg",
    "lhasa", "malamute", "malinois", "maltese_dog", "mexican_hairless", "miniature_pinscher", "miniature_poodle",
    "miniature_schnauzer", "newfoundland", "norfolk_terrier", "norwegian_elkhound", "norwich_terrier",
    "old_english_sheepdog", "otterhound", "papillon", "pekinese", "pembroke", "pomeranian", "pug", "redbone",
    "rhodesian_ridgeback", "rottweiler", "saint_bernard", "saluki", "samoyed", "schipperke", "scotch_terrier",
    "scottish_deerhound", "sealyham_terrier", "shetland_sheepdog", "shih-tzu", "siberian_husky", "silky_terrier",
    "soft-coated_wheaten_terrier", "staffordshire_bullterrier", "standard_poodle", "standard_schnauzer",
    "sussex_spaniel", "tibetan_mastiff", "tibetan_terrier", "toy_poodle", "toy_terrier", "vizsla", "walker_hound",
    "weimaraner", "welsh_springer_spaniel", "west_highland_white_terrier", "whippet", "wire-haired_fox_terrier",
    "yorkshire_terrier",
]  # fmt: skip


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled photos; answers are one column of 0 and 1 for each breed."""
    train, test = train_test(read_csv(raw / "labels.csv"), test_size=0.1)
    for part, table in (("train", train), ("test", test)):
        link_each(table["id"] + ".jpg", raw / "train", public / part)
    write_csv(train, public / "labels.csv")
    shares = dict.fromkeys(BREEDS, 1 / len(BREEDS))
    write_csv(pd.DataFrame({"id": test["id"], **shares}), public / "sample_submission.csv")
    write_csv(pd.DataFrame({"id": test["id"], **one_hot(test["breed"], BREEDS)}), private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the probabilities, which must sum to one in every row; further columns are tolerated."""
    require_columns(submission, [*BREEDS, "id"])
    submission = align(submission, answers, "id")
    predicted = probabilities(submission[BREEDS])
    rows_sum_to_one(predicted)
    return log_loss(answers[BREEDS].to_numpy(), predicted)
