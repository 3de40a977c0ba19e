"""AIDE's tree search, step by step, with the best submission handed in as it changes."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import signal
import sys
import time
import warnings
from typing import Any

from aide import backend
from aide.agent import Agent
from aide.backend import backend_openai
from aide.interpreter import ExecutionResult, Interpreter
from aide.journal import Journal, Node
from aide.utils.config import (
    _load_cfg,
    prep_agent_workspace,
    prep_cfg,
    save_run,
)
from aide.utils.metric import WorstMetricValue

from . import files, task, verdicts
from .settings import Settings, takes_system_messages
from .stopping import Stop, Stopped

__all__ = ["Search"]

FAILURES = 10  # steps in a row without an answer that AIDE can use
OVERTIME = 60  # seconds
PREVIEW = 24_000  # characters; AIDE names every folder of the data


class GuardedAgent(Agent):  # type: ignore[misc]
    """AIDE's agent, for data of which AIDE cannot make a preview, or only one that no model can read."""

    def update_data_preview(self) -> None:
        """Look at the data once; they are read-only."""
        if self.data_preview is not None:
            return
        self.data_preview: str | None = None
        try:
            super().update_data_preview()
        except Exception as error:
            say(f"no preview of the data, their names only: {in_one_line(error)}")
            self.data_preview = task.listing(self.cfg.workspace_dir / "input")
        self.data_preview = task.shortened(self.data_preview or "", PREVIEW)


class Search:
    """One run of AIDE; `began` is when the attempt did, by time.monotonic()."""

    def __init__(self, settings: Settings, stop: Stop, *, began: float) -> None:
        self._settings, self._stop = settings, stop
        self._ends = began + settings.time_limit
        self._instructions = settings.instructions.read_text(encoding="utf-8")
        self._packages = task.installed()
        self._cfg = configuration(settings)
        prep_agent_workspace(self._cfg)
        self._submission = self._cfg.workspace_dir / "working" / "submission.csv"
        self._journal = Journal()
        self._agent = GuardedAgent(task_desc="", cfg=self._cfg, journal=self._journal)
        self._interpreter = Interpreter(
            self._cfg.workspace_dir,
            timeout=settings.exec_timeout,
            format_tb_ipython=self._cfg.exec.format_tb_ipython,
            agent_file_name=self._cfg.exec.agent_file_name,
        )
        self._handed_in: Node | None = None
        self._recorded = 0
        self._directions: dict[str, bool] = {}
        random.seed(settings.seed)
        warnings.filterwarnings(
            "ignore", category=RuntimeWarning, module=r"aide\."
        )  # its drawing of a tree of one node
        sys.setrecursionlimit(50_000)  # AIDE copies its journal along chains of nodes, each a few frames deep
        use_gateway(settings)
        report_waiting()

    def run(self) -> int:
        """Search to the end; the exit status: 0 after the last step, 1 if no step succeeds, 143 if it was stopped."""
        settings = self._settings
        say(f"model {settings.model}, feedback by {settings.feedback_model}, {settings.steps} steps")
        status = 1
        try:
            status = 0 if self._all_steps() else 1
        except Stopped:
            self._kill_script()
            if len(self._journal) > self._recorded:
                self._record(0.0)
            status = 143
        handed = "nothing" if self._handed_in is None else f"step {self._handed_in.step + 1}"
        say(f"{'stopped' if status == 143 else 'ended'} after {len(self._journal)} steps; handed in: {handed}")
        # Archives that AIDE unpacked: data, and no work of the attempt.
        shutil.rmtree(self._cfg.workspace_dir / "input", ignore_errors=True)
        return status

    def _all_steps(self) -> bool:
        """Whether all steps were made; else too many in a row failed."""
        failures = 0
        while len(self._journal) < self._settings.steps:
            self._stop.check()
            began = time.monotonic()
            try:
                self._prepare()
                self._agent.step(exec_callback=self._execute)
            except Exception as error:
                verdicts.forget_unfinished(self._journal.nodes)
                failures += 1
                say(f"step {len(self._journal) + 1}  failed: {in_one_line(error)}")
                if failures == FAILURES:
                    say(f"{failures} steps in a row failed, so no further one is tried")
                    return False
                continue
            failures = 0
            with self._stop.later():
                self._record(time.monotonic() - began)
        return True

    def _prepare(self) -> None:
        """Tell the model how things stand, and clear away what the step before left to hand in."""
        left = self._ends - time.monotonic()
        script = int(max(1, min(self._settings.exec_timeout, left)))
        self._cfg.exec.timeout = script
        # At the attempt's limit all is ended from outside; ended here a moment before, it would be one more failure.
        self._interpreter.timeout = script if script < int(left) else script + OVERTIME
        self._agent.task_desc = task.task(
            self._instructions,
            seconds_left=left,
            steps_left=self._settings.steps - len(self._journal),
            script_seconds=script,
            hardware=self._settings.hardware,
            packages=self._packages,
        )
        self._submission.parent.mkdir(exist_ok=True)
        files.remove(self._submission)

    def _execute(self, code: str, reset_session: bool = True) -> ExecutionResult:
        """Run a script in AIDE's interpreter, and leave no process behind that holds memory or a GPU."""
        began = time.monotonic()
        try:
            return self._interpreter.run(code, reset_session)
        except Exception as error:
            # The model shall learn of it, as of any error of its script.
            seconds = time.monotonic() - began
            if seconds >= self._interpreter.timeout:
                kind, what = "TimeoutError", f"stopped at its time limit of {task.duration(self._interpreter.timeout)}"
            else:
                kind, what = "RuntimeError", f"its process died, perhaps for want of memory ({in_one_line(error)})"
            return ExecutionResult([f"{kind}: the script was ended: {what}\n"], seconds, kind, {}, [])
        finally:
            self._interpreter.cleanup_session()

    def _record(self, seconds: float) -> None:
        """Hand in the newest node's submission if it is the best, save the journal, and say how it went."""
        node, self._recorded = self._journal.nodes[-1], len(self._journal)
        if not node.is_buggy and not verdicts.is_number(node.metric):
            node.is_buggy, node.metric = True, WorstMetricValue()
        if not node.is_buggy:
            self._directions[node.id] = node.metric.maximize
        verdicts.agree(self._journal.nodes, self._directions)
        outcome = "buggy" if node.exc_type is None else f"buggy ({node.exc_type})"
        if not node.is_buggy:
            outcome = f"metric {node.metric.value:.6g} ({'higher' if node.metric.maximize else 'lower'} is better)"
        try:
            if not node.is_buggy and self._hand_in(node):
                outcome += ", handed in"
            save_run(self._cfg, self._journal)
        except Exception as error:
            outcome += f", not saved: {in_one_line(error)}"
        best = self._journal.get_best_node()
        standing = "none" if best is None else f"{best.metric.value:.6g} of step {best.step + 1}"
        number = f"step {node.step + 1} of {self._settings.steps}"
        say(f"{number}  {node.stage_name}  {outcome}  best {standing}  {seconds:.0f} s")

    def _hand_in(self, node: Node) -> bool:
        """Whether the node's submission took the place of the one before: it left one, and none is better."""
        if not self._submission.is_file():
            return False
        if self._handed_in is not None and not node.metric > self._handed_in.metric:
            return False
        files.put(self._submission, self._settings.submission / "submission.csv")
        files.write(node.code, self._settings.code / "best_solution.py")
        self._handed_in = node
        return True

    def _kill_script(self) -> None:
        process = self._interpreter.process
        if process is not None and process.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)


def configuration(settings: Settings) -> Any:
    """AIDE's configuration: its own defaults, with the published settings in their place."""
    cfg = _load_cfg(use_cli_args=False)
    cfg.data_dir = str(settings.data)
    cfg.desc_file = str(settings.instructions)
    cfg.log_dir, cfg.workspace_dir = str(settings.logs / "aide"), str(settings.code / "aide")
    cfg.exp_name = "attempt"
    cfg.copy_data = cfg.generate_report = False
    cfg.exec.timeout = settings.exec_timeout
    agent = cfg.agent
    agent.steps = settings.steps
    agent.code.model, agent.feedback.model = settings.model, settings.feedback_model
    agent.search.max_debug_depth = settings.debug_depth
    agent.search.debug_prob = settings.debug_prob
    agent.search.num_drafts = settings.drafts
    cfg = prep_cfg(cfg)
    # AIDE numbers its runs; here there is one.
    cfg.log_dir, cfg.workspace_dir = settings.logs / "aide", settings.code / "aide"
    return cfg


def use_gateway(settings: Settings) -> None:
    """Let AIDE's client for OpenAI send the messages that the model's provider takes, and our temperatures."""

    def ask(
        system_message: str | None, user_message: str | None, func_spec: Any = None, *, model: str, **more: Any
    ) -> Any:
        if user_message is None and not takes_system_messages(model):
            system_message, user_message = None, system_message
        more["temperature"] = settings.temperature if func_spec is None else settings.feedback_temperature
        return backend_openai.query(system_message, user_message, func_spec, model=model, **more)

    backend.provider_to_query_func["openai"] = ask


def report_waiting() -> None:
    """Say when AIDE waits for a model that does not answer, which it does for ever, and what it warns of."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if message.startswith("Backoff exception"):
                say(f"the model does not answer: {in_one_line(message.removeprefix('Backoff exception: '))}")
            elif record.levelno >= logging.WARNING:
                say(in_one_line(message))

    logger = logging.getLogger("aide")
    logger.handlers, logger.propagate = [Lines()], False
    logger.setLevel(logging.INFO)
    logging.getLogger("backoff").setLevel(logging.WARNING)


def in_one_line(what: Exception | str) -> str:
    """An error or a message, short."""
    text = what if isinstance(what, str) else f"{type(what).__name__}: {what}"
    return task.shortened(" ".join(text.split()), 400)


def say(line: str) -> None:
    """Print a line that is read while it runs."""
    print(f"aide: {line}", flush=True)
