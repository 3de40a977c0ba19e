"""Tokens and money of an attempt and of the run, and what happens when a budget is used up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from pytest_mlebench.attempts.budget import Budget, Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess

from ...models.scripted import Failure, Reply
from ...waiting import wait_for
from .asking import HELLO, chat, client, lines_of, post
from .conftest import Opening


def test_tokens_and_cost_are_known_while_the_attempt_goes_on(model, attempt):
    model.player = lambda _: Reply("a word", usage=(1_000_000, 100_000))
    post(attempt, chat("openai/gpt-4o-2024-08-06"))
    post(attempt, chat("anthropic/claude-sonnet-4-5", stream=True))
    # The prices, per million tokens: 2.5 and 10 USD, 3 and 15 USD.
    wait_for(lambda: attempt.usage.requests == 2)
    assert attempt.usage.cost == pytest.approx(2.5 + 1.0 + 3.0 + 1.5)
    assert (attempt.usage.input_tokens, attempt.usage.output_tokens, attempt.usage.tokens) == (
        2_000_000,
        200_000,
        2_200_000,
    )
    assert attempt.usage.models == ("anthropic/claude-sonnet-4-5", "openai/gpt-4o-2024-08-06")
    assert attempt.usage.spent == Usage(tokens=2_200_000, cost=attempt.usage.cost)
    assert (attempt.usage.failures, attempt.run_is_over, attempt.trouble) == (0, None, None)


def test_what_the_provider_says_of_the_cost_counts_before_the_table(model, attempt):
    model.player = lambda _: Reply("a word", usage=(1_000, 1_000), cost=0.25)
    for stream in (False, True):
        post(attempt, chat("openrouter/meta-llama/llama-3.1-405b-instruct", stream=stream))
    assert [request.body["usage"] for request in model.requests] == [{"include": True}] * 2
    attempt.close()
    assert attempt.usage.cost == 0.5


def test_a_model_without_a_price_is_counted_in_tokens(model, attempt):
    model.player = lambda _: Reply("a word", usage=(7, 3))
    post(attempt, chat("openai/a-model-of-our-own"))
    attempt.close()
    assert (attempt.usage.tokens, attempt.usage.cost) == (10, None)


def test_cached_tokens_cost_less(model, attempt):
    model.player = lambda _: Reply("a word", usage=(1_000_000, 0), details={"cached_tokens": 1_000_000})
    post(attempt, chat("openai/gpt-4o-2024-08-06"))
    attempt.close()
    assert attempt.usage.cost == pytest.approx(1.25)


def test_a_stream_that_the_agent_leaves_is_counted_roughly(model, attempt, tmp_path):
    model.player = lambda _: Reply("word " * 1000, pause=0.2)
    body = chat(messages=[{"role": "user", "content": "x" * 4000}], stream=True)
    with (
        httpx.Client(trust_env=False, timeout=120) as asking,
        asking.stream("POST", f"{attempt.address}/v1/chat/completions", json=body) as response,
    ):
        seen = response.iter_lines()
        for _ in range(6):
            next(seen)
    wait_for(lambda: attempt.usage.requests and attempt.usage.tokens)
    assert 1000 <= attempt.usage.input_tokens < 1100
    assert 1 <= attempt.usage.output_tokens < 1000
    assert attempt.usage.failures == 1
    (line,) = lines_of(tmp_path / "transcript-0.jsonl")
    assert line["usage"]["estimated"] is True
    assert line["error"] == "the agent went away before the answer ended"
    assert line["response"]["choices"][0]["message"]["content"].startswith("word word")


def test_what_is_at_work_when_the_attempt_ends_is_counted(model, attempt, tmp_path):
    model.player = lambda _: Reply("too late", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(post, attempt, chat(messages=[{"role": "user", "content": "x" * 4000}]))
        wait_for(lambda: model.requests)
        attempt.close()
        with pytest.raises(httpx.HTTPError):
            asked.result()
    assert attempt.usage.input_tokens > 1000
    assert lines_of(tmp_path / "transcript-0.jsonl")[0]["error"] == "the attempt ended"


@pytest.mark.parametrize(("budget", "used"), [(Budget(tokens=150), "220 of 150 tokens"), (Budget(cost=0.0005), "USD")])
def test_an_attempt_whose_budget_is_used_up_gets_no_more(model, opening: Opening, budget: Budget, used: str):
    attempt, other = opening(budget), opening()
    post(attempt, chat())  # 110 tokens, for 0.00035 USD
    post(attempt, chat())
    asked = len(model.requests)
    for streams in (False, True):
        with client(attempt) as asking, pytest.raises(openai.APIStatusError, match=used) as refused:
            asking.chat.completions.create(model="openai/gpt-4o", messages=HELLO, stream=streams)
        assert (refused.value.status_code, refused.value.code) == (402, "insufficient_quota")
        assert "the attempt's budget is used up: it used" in str(refused.value)
    assert (asked, len(model.requests)) == (2, 2)
    wait_for(lambda: attempt.usage.requests == 4)
    assert budget.exceeded(attempt.usage.spent) is not None
    assert (attempt.usage.failures, attempt.run_is_over, attempt.trouble) == (2, None, None)
    assert post(other, chat()).status_code == 200


def test_a_budget_in_money_is_not_spent_on_models_without_a_price(model, opening: Opening):
    attempt = opening(Budget(cost=5.0))
    assert post(attempt, chat("openai/a-model-of-our-own")).status_code == 200
    refused = post(attempt, chat("openai/a-model-of-our-own"))
    assert refused.status_code == 402
    wait_for(lambda: attempt.trouble)
    assert "the price of the model openai/a-model-of-our-own is not known" in attempt.trouble
    assert len(model.requests) == 1


def test_the_runs_budget_holds_for_all_attempts_with_what_was_spent_before(model, opening: Opening, tmp_path):
    budget, before = Budget(tokens=1_000), Usage(tokens=800)
    with GatewayProcess(tmp_path, model_url=model.url, run_budget=budget, spent=before) as process:
        first, second = opening(control=process.control), opening(control=process.control)
        assert post(first, chat("a-model")).status_code == 200
        assert (first.run_is_over, second.run_is_over) == (None, None)
        assert post(second, chat("openai/a-model")).status_code == 200
        late = opening(control=process.control)
        said = "the run's budget is used up: 1,020 of 1,000 tokens"
        for attempt in (first, late):
            refused = post(attempt, chat("a-model"))
            assert (refused.status_code, refused.json()["error"]["message"]) == (402, said)
        wait_for(lambda: first.run_is_over == late.run_is_over == said)
        assert second.run_is_over is None  # it asked for no more
        assert (late.trouble, len(model.requests)) == (None, 2)
    # With a URL all names are that endpoint's, and without a key it gets none.
    assert {request.body["model"] for request in model.requests} == {"a-model"}
    assert {request.headers["authorization"] for request in model.requests} == {"Bearer none"}


def test_many_requests_at_a_time_are_all_counted_and_too_many_refused(model, attempt):
    model.player = lambda _: Reply("a word", usage=(100, 10), seconds=0.3)
    with ThreadPoolExecutor(72) as pool:
        answers = [one.result() for one in [pool.submit(post, attempt, chat()) for _ in range(72)]]
    done = sum(answer.status_code == 200 for answer in answers)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert done >= 64
    assert all(answer.status_code == 429 and answer.headers["retry-after"] == "1" for answer in refused)
    attempt.close()
    assert attempt.usage.tokens == done * 110


def test_a_failure_costs_nothing(model, attempt):
    model.player = lambda _: Failure(400, "too long for the model")
    answer = post(attempt, chat())
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "too long for the model")
    attempt.close()
    assert (attempt.usage.tokens, attempt.usage.cost, attempt.usage.failures, attempt.trouble) == (0, None, 1, None)
