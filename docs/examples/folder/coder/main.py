"""Asks a model for a program, runs it, shows the model what it printed, and so on until it has nothing to add."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from openai import OpenAI

RULE = "Answer with one whole Python program between ``` fences: I run it and show you what it prints. DONE ends this."

# OPENAI_BASE_URL leads to the gateway, which has the keys, counts tokens and keeps the transcript.
client = OpenAI()
instructions = Path(os.environ["MLEBENCH_INSTRUCTIONS"]).read_text(encoding="utf-8")
messages = [{"role": "system", "content": RULE}, {"role": "user", "content": instructions}]
for step in range(int(os.environ["MLEBENCH_OPTION_STEPS"])):
    completion = client.chat.completions.create(model=os.environ["MLEBENCH_OPTION_MODEL"], messages=messages)
    answer = completion.choices[0].message.content or ""
    programs = re.findall(r"```(?:python)?\n(.*?)```", answer, flags=re.DOTALL)
    if not programs:
        break
    # The working folder is the attempt's code folder, which is kept.
    program = Path(f"step_{step}.py")
    program.write_text(programs[-1], encoding="utf-8")
    try:
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=9 * 3600, check=False)
        outcome = f"exit status {done.returncode}\n{(done.stdout + done.stderr)[-8000:]}"
    except subprocess.TimeoutExpired:
        outcome = "ended after 9 hours"
    print(f"{program}: {outcome}")
    messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": outcome}]
