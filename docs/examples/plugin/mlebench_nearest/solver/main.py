"""Runs in the sandbox, where there is no pytest_mlebench."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import requests
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = os.environ["MLEBENCH_DATA_DIR"]
train, test, submission = (pd.read_csv(f"{data}/{name}.csv") for name in ("train", "test", "sample_submission"))
features = [column for column in test if column != "id"]
(target,) = set(train) - set(test)
model = make_pipeline(StandardScaler(), KNeighborsClassifier(int(os.environ["MLEBENCH_OPTION_NEIGHBOURS"])))
model.fit(train[features], train[target])
submission[list(model.classes_)] = model.predict_proba(test[features])
path = Path(os.environ["MLEBENCH_SUBMISSION_DIR"], "submission.csv")
submission.to_csv(path, index=False)

url = f"{os.environ['MLEBENCH_VALIDATION_URL']}/validate"
print(requests.post(url, files={"file": path.read_bytes()}, timeout=600).text)
