"""Which Kaggle credentials are found, in the order of the kaggle package."""

from __future__ import annotations

import pytest

from pytest_mlebench.data.credentials import Credentials, find


def test_none(home):
    assert find() is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("access_token", "access token"),
        ("access_token.txt", "access token"),
        ("kaggle.json", "legacy API key"),
        ("credentials.json", "OAuth login"),
    ],
)
def test_files(home, name, kind):
    (home / ".kaggle" / name).write_text("")
    assert find() is None, "an empty file holds none"
    (home / ".kaggle" / name).write_text("secret")
    assert find() == Credentials(kind, str(home / ".kaggle" / name))


def test_variables(home, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    assert find() is None, "half of a pair"
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    assert find() == Credentials("legacy API key", "KAGGLE_USERNAME and KAGGLE_KEY")
    (home / ".kaggle" / "access_token").write_text("secret")
    assert find().kind == "access token"
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    assert find() == Credentials("access token", "KAGGLE_API_TOKEN")


def test_a_folder_of_its_own(home, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "kaggle.json").write_text("{}")
    assert find().where == str(tmp_path / "kaggle.json")


def test_the_xdg_folder_where_the_old_one_is_not(home, monkeypatch):
    (home / ".kaggle").rmdir()
    (home / ".config" / "kaggle").mkdir(parents=True)
    (home / ".config" / "kaggle" / "kaggle.json").write_text("{}")
    assert find().where == str(home / ".config" / "kaggle" / "kaggle.json")


def test_agrees_with_the_package_on_where_tokens_are(home, monkeypatch):
    from kagglesdk.kaggle_env import get_access_token_from_env

    assert get_access_token_from_env() == (None, None)
    (home / ".kaggle" / "access_token").write_text("secret")
    assert get_access_token_from_env() == ("secret", "access_token")
    assert find().where == str(home / ".kaggle" / "access_token")
