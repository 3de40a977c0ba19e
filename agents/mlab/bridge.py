"""Starts MLAgentBench's runner, with the model library led to the model gateway. Runs in MLAB's own Python.

LLM.py takes OpenAI's chat protocol only for models named gpt-3.5... and gpt-4..., and lets them answer with 500 tokens,
which cuts off most steps. So its runner is told such a name, and each request gets the options' model and limit.
"""

from __future__ import annotations

import os
import runpy
from importlib import import_module
from typing import Any

# 0.28, which no version here has the types of.
openai: Any = import_module("openai")


def lead(model: str, max_tokens: int) -> None:
    """Let every chat request ask for `model`, with answers of up to `max_tokens` tokens; no answer is None."""
    create = openai.ChatCompletion.create

    def create_there(**request: Any) -> Any:
        # As plain dictionaries: the library's own refuse an empty text, and None would end MLAB.
        response = create(**{**request, "model": model, "max_tokens": max_tokens}).to_dict_recursive()
        message = response["choices"][0]["message"]
        message["content"] = message.get("content") or ""
        return response

    openai.ChatCompletion.create = create_there


if __name__ == "__main__":
    lead(os.environ["MLAB_MODEL"], int(os.environ["MLAB_MAX_TOKENS"]))
    runpy.run_module("MLAgentBench.runner", run_name="__main__", alter_sys=True)
