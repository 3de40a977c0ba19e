"""Attempts of an agent in its container, behind the real gateway, with a model that plays a script."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.budget import Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess
from pytest_mlebench.attempts.gateway.session import GatewaySession
from pytest_mlebench.sandboxes import Execution, Job, Limits, Observer

from ..models.scripted import Reply, ScriptedModel

__all__ = ["Contained", "places"]


@contextlib.contextmanager
def places() -> Iterator[tuple[Path, ScriptedModel, GatewayProcess]]:
    """A folder with an empty data folder, a model, and a gateway that leads to it."""
    root = Path(tempfile.mkdtemp(prefix="contained-", dir="/tmp"))  # short, for the gateway's sockets
    root.chmod(0o755)
    (root / "data").mkdir()
    with (
        ScriptedModel(lambda request: Reply("")) as model,
        GatewayProcess(root, model_url=model.url, run_budget=None, spent=Usage(), patience=0.2) as gateway,
    ):
        yield root, model, gateway
    shutil.rmtree(root)


class Contained:
    """Call it for an attempt; what that leaves is in `folder`, what the model was asked in `model`."""

    def __init__(self, sandbox, agent: Agent, root: Path, model: ScriptedModel, gateway: GatewayProcess) -> None:
        self._sandbox, self._agent, self._root = sandbox, agent, root
        self.model, self._gateway = model, gateway
        self.folder = Path()

    def __call__(self, player: Callable, observer: Observer | None = None, **options: str) -> Execution:
        self.folder = self._root / secrets.token_hex(3)
        for name in ("submission", "code", "logs"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "instructions.txt").write_text("Tell the wines apart.\n")
        self.model.player = player
        self.model.requests.clear()
        agent = self._agent.with_options(options)
        self._sandbox.build(agent, lambda line: None)
        with GatewaySession(
            self._gateway.control,
            name="wine-0",
            socket=self.folder / "gateway.sock",
            transcript=self.folder / "model.jsonl",
            budget=None,
        ) as session:
            return self._sandbox.execute(
                Job(
                    name=f"mlebench-test-{secrets.token_hex(6)}",
                    run=f"test-run-{secrets.token_hex(4)}",
                    agent=agent,
                    environment={
                        **{f"MLEBENCH_OPTION_{name.upper()}": value for name, value in agent.options.items()},
                        "MLEBENCH_TIME_LIMIT": "300",
                    },
                    data=self._root / "data",
                    **{name: self.folder / name for name in ("submission", "code", "logs")},
                    instructions=self.folder / "instructions.txt",
                    log=self.folder / "agent.log",
                    gateway=session.address,
                    limits=Limits(time=300, processes=512),
                    network="llm",
                    observer=observer or Observer(),
                )
            )

    @property
    def log(self) -> str:
        """What the agent printed."""
        return (self.folder / "agent.log").read_text()
