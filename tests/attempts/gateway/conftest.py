"""A gateway that serves all tests of an area, before a scripted model that each of them gives its own script."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mlebench.attempts.budget import Budget, Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess
from pytest_mlebench.attempts.gateway.session import GatewaySession

from ...models.scripted import Reply, ScriptedModel
from .asking import KEYS

Opening = Callable[..., GatewaySession]


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedModel]:
    with ScriptedModel(lambda _: Reply("nothing")) as model:
        yield model


@pytest.fixture
def model(upstream: ScriptedModel) -> Iterator[ScriptedModel]:
    """The model behind the gateways; give it a `player`."""
    upstream.player = lambda _: Reply("a word", usage=(100, 10))
    upstream.requests.clear()
    yield upstream
    errors, upstream.errors = upstream.errors, []
    assert not errors


def environment_of(model: ScriptedModel) -> dict[str, str]:
    """Keys for several providers, all of which are the scripted model."""
    bare = model.url.removesuffix("/v1")
    return {
        **KEYS,
        "OPENAI_BASE_URL": model.url,
        "OPENROUTER_API_BASE": model.url,
        "ANTHROPIC_API_BASE": bare,
    }


@pytest.fixture(scope="session")
def gateway(upstream: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """One that finds the provider by the model's name."""
    folder = tmp_path_factory.mktemp("gateway")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.endswith("_API_KEY")]:
            patch.delenv(name)
        for name, value in environment_of(upstream).items():
            patch.setenv(name, value)
        process = GatewayProcess(folder, model_url=None, run_budget=None, spent=Usage(), patience=0.6)
        process.start()
    with process:
        yield process


@pytest.fixture
def opening(gateway: GatewayProcess, tmp_path: Path) -> Iterator[Opening]:
    """Opens attempts at the gateway, closed after the test."""
    opened: list[GatewaySession] = []

    def open_one(
        budget: Budget | None = None, socket: Path | None = None, control: Path | None = None
    ) -> GatewaySession:
        session = GatewaySession(
            control or gateway.control,
            name="some-0",
            socket=socket,
            transcript=tmp_path / f"transcript-{len(opened)}.jsonl",
            budget=budget,
        )
        session.__enter__()
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def attempt(opening: Opening) -> GatewaySession:
    return opening()
