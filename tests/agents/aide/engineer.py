"""A competent engineer for the wines, who plays AIDE's model: writes scripts, and reviews what they printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...models.scripted import Answer, Reply, forced_tool, text_of

__all__ = ["BUGGY", "Engineer", "script"]

SCRIPT = """\
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

{before}
train, test = pd.read_csv("./input/train.csv"), pd.read_csv("./input/test.csv")
columns = [c for c in test.columns if c != "id"]
model = {model}
scores = cross_val_score(model, train[columns], train["cultivar"], scoring="neg_log_loss", cv=3)
print(f"validation log loss: {{-scores.mean():.6f}}")
predicted = model.fit(train[columns], train["cultivar"]).predict_proba(test[columns])
submission = pd.DataFrame(predicted, columns=model.classes_)
submission.insert(0, "id", test["id"])
submission.to_csv("./working/submission.csv", index=False)
{after}
"""
BUGGY = "import pandas as pd\n\ntrain = pd.read_csv('./input/train.csv')\nprint(train['no such column'].mean())\n"
MODELS = {
    "prior": "DummyClassifier()",
    "logistic": "make_pipeline(StandardScaler(), LogisticRegression())",
    "stump": "DecisionTreeClassifier(max_depth=1)",
}


def script(model: str, *, before: str = "", after: str = "") -> str:
    """A script that trains one of MODELS, with statements before it or after all its work."""
    return SCRIPT.format(model=MODELS[model], before=before, after=after)


class Engineer:
    """Answers with each of `scripts` in turn, and reviews honestly; what is no script is given as it is."""

    def __init__(self, *scripts: str | Answer) -> None:
        self._scripts = list(scripts)
        self.asked: list[str] = []
        """What was wanted of it: draft, debug, improve, review."""
        self.prompts: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Answer:
        prompt = text_of(request)
        self.prompts.append(prompt)
        if forced_tool(request) == "submit_review":
            self.asked.append("review")
            return Reply(tool_calls=[("submit_review", review(prompt))])
        self.asked.append(
            "debug" if "# Previous (buggy)" in prompt else "improve" if "# Previous solution" in prompt else "draft"
        )
        answer = self._scripts.pop(0)
        if not isinstance(answer, str):
            return answer
        return Reply(f"The wines are told apart by their analysis.\n\n```python\n{answer}```\n")


def review(prompt: str) -> Mapping[str, Any]:
    """What the prompt's output of a script says, as the arguments of AIDE's submit_review."""
    output = prompt.rpartition("# Execution output")[2]
    found = re.search(r"validation log loss: ([\d.]+)", output)
    return {
        "is_bug": found is None or "Traceback" in output,
        "summary": "It works." if found else "It breaks off: mend what the traceback says.",
        "metric": float(found[1]) if found else None,
        "lower_is_better": True,
    }
