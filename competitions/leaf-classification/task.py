"""Leaf Classification: of which of 99 species is a leaf? Graded by log loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import probabilities, rows_sum_to_one
from pytest_mlebench.metrics.log_loss import log_loss
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import one_hot, write_csv

SPECIES = [
    "Acer_Capillipes", "Acer_Circinatum", "Acer_Mono", "Acer_Opalus", "Acer_Palmatum", "Acer_Pictum",
    "Acer_Platanoids", "Acer_Rubrum", "Acer_Rufinerve", "Acer_Saccharinum", "Alnus_Cordata", "Alnus_Maximowiczii",
    "Alnus_Rubra", "Alnus_Sieboldiana", "Alnus_Viridis", "Arundinaria_Simonii", "Betula_Austrosinensis",
    "Betula_Pendula", "Callicarpa_Bodinieri", "Castanea_Sativa", "Celtis_Koraiensis", "Cercis_Siliquastrum",
    "Cornus_Chinensis", "Cornus_Controversa", "Cornus_Macrophylla", "Cotinus_Coggygria", "Crataegus_Monogyna",
    "Cytisus_Battandieri", "Eucalyptus_Glaucescens", "Eucalyptus_Neglecta", "Eucalyptus_Urnigera", "Fagus_Sylvatica",
    "Ginkgo_Biloba", "Ilex_Aquifolium", "Ilex_Cornuta", "Liquidambar_Styraciflua", "Liriodendron_Tulipifera",
    "Lithocarpus_Cleistocarpus", "Lithocarpus_Edulis", "Magnolia_Heptapeta", "Magnolia_Salicifolia", "Morus_Nigra",
    "Olea_Europaea", "Phildelphus", "Populus_Adenopoda", "Populus_Grandidentata", "Populus_Nigra", "Prunus_Avium",
    "Prunus_X_Shmittii", "Pterocarya_Stenoptera", "Quercus_Afares", "Quercus_Agrifolia", "Quercus_Alnifolia",
    "Quercus_Brantii", "Quercus_Canariensis", "Quercus_Castaneifolia", "Quercus_Cerris", "Quercus_Chrysolepis",
    "Quercus_Coccifera", "Quercus_Coccinea", "Quercus_Crassifolia", "Quercus_Crassipes", "Quercus_Dolicholepis",
    "Quercus_Ellipsoidalis", "Quercus_Greggii", "Quercus_Hartwissiana", "Quercus_Ilex", "Quercus_Imbricaria",
    "Quercus_Infectoria_sub", "Quercus_Kewensis", "Quercus_Nigra", "Quercus_Palustris", "Quercus_Phellos",
    "Quercus_Phillyraeoides", "Quercus_Pontica", "Quercus_Pubescens", "Quercus_Pyrenaica", "Quercus_Rhysophylla",
    "Quercus_Rubra", "Quercus_Semecarpifolia", "Quercus_Shumardii", "Quercus_Suber", "Quercus_Texana",
    "Quercus_Trojana", "Quercus_Variabilis", "Quercus_Vulcanica", "Quercus_x_Hispanica", "Quercus_x_Turneri",
    "Rhododendron_x_Russellianum", "Salix_Fragilis", "Salix_Intergra", "Sorbus_Aria", "Tilia_Oliveri",
    "Tilia_Platyphyllos", "Tilia_Tomentosa", "Ulmus_Bergmanniana", "Viburnum_Tinus", "Viburnum_x_Rhytidophylloides",
    "Zelkova_Serrata",
]  # fmt: skip


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled leaves; answers are one column of 0 and 1 for each species."""
    with Archive(raw / "train.csv.zip") as archive:
        leaves = archive.read_csv("train.csv")
    train, test = train_test(leaves, test_size=0.1)
    with Archive(raw / "images.zip") as archive:
        archive.extract_each((f"{leaf}.jpg" for leaf in leaves["id"]), "images", public / "images")
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="species"), public / "test.csv")
    shares = dict.fromkeys(SPECIES, 1 / len(SPECIES))
    write_csv(pd.DataFrame({"id": test["id"], **shares}), public / "sample_submission.csv")
    write_csv(pd.DataFrame({"id": test["id"], **one_hot(test["species"], SPECIES)}), private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the probabilities, which must sum to one in every row."""
    exact_columns(submission, ["id", *SPECIES])
    submission = align(submission, answers, "id")
    predicted = probabilities(submission[SPECIES])
    rows_sum_to_one(predicted)
    return log_loss(answers[SPECIES].to_numpy(), predicted)
