"""Registers the agent `forest`, which is the function `solve`."""

from __future__ import annotations

import inspect

from pytest_mlebench import Agent


def solve() -> None:
    """Runs in the sandbox, on its own: it imports what it needs."""
    import os

    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    data = os.environ["MLEBENCH_DATA_DIR"]
    train, test, submission = (pd.read_csv(f"{data}/{name}.csv") for name in ("train", "test", "sample_submission"))
    features = [column for column in test if column != "id"]
    (target,) = set(train) - set(test)
    trees = int(os.environ["MLEBENCH_OPTION_TREES"])
    model = RandomForestClassifier(trees, random_state=int(os.environ["MLEBENCH_SEED"]))
    model.fit(train[features], train[target])
    submission[list(model.classes_)] = model.predict_proba(test[features])
    submission.to_csv(f"{os.environ['MLEBENCH_SUBMISSION_DIR']}/submission.csv", index=False)


def pytest_mlebench_agents() -> list[Agent]:
    """The hook by which agents come in."""
    program = f"from __future__ import annotations\n{inspect.getsource(solve)}\nsolve()"
    return [
        Agent(
            name="forest",
            description="a random forest on a table that needs no care",
            command=["python3", "-c", program],
            options={"trees": "200"},
            uses_gpu=False,
        )
    ]
