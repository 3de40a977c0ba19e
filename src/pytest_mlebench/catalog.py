"""The competitions there are: the packaged ones, and those in folders that a user adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pytest_mlebench.competition import COMPLEXITIES, Competition
from pytest_mlebench.errors import MlebenchError, UnknownNameError

__all__ = ["Catalog", "get", "ids"]

_PACKAGED = (Path(__file__).parent / "competitions").resolve()


class Catalog:
    """The packaged competitions and those in `folders`; each sub-folder with a competition.toml is one.

    Folders are listed at once, each competition.toml is read when it is first needed. Raises MlebenchError where a
    folder cannot be listed, or an id is in two folders.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders: dict[str, Path] = {}
        self._read: dict[str, Competition] = {}
        for parent in dict.fromkeys([_PACKAGED, *(Path(folder).resolve() for folder in folders)]):
            try:
                found = sorted(folder for folder in parent.iterdir() if (folder / "competition.toml").is_file())
            except OSError as error:
                raise MlebenchError(f"cannot list the competitions in {parent}: {error.strerror or error}") from error
            if not found and (parent / "competition.toml").is_file():
                raise MlebenchError(f"{parent} is a competition itself: name the folder that holds it, {parent.parent}")
            for folder in found:
                if folder.name in self._folders:
                    raise MlebenchError(
                        f"two competitions are named {folder.name!r}, in {self._folders[folder.name].parent} "
                        f"and {parent}: rename one"
                    )
                self._folders[folder.name] = folder

    def all_ids(self) -> list[str]:
        """The ids of all competitions, sorted: real, builtin and added ones."""
        return sorted(self._folders)

    def ids(self, complexity: str | None = None) -> list[str]:
        """Sorted ids of the competitions of that complexity, or of all real (Kaggle) ones.

        Raises UnknownNameError for a complexity that does not exist.
        """
        if complexity is None:
            return [competition.id for competition in self if competition.source == "kaggle"]
        if complexity not in COMPLEXITIES:
            raise UnknownNameError("complexity", complexity, COMPLEXITIES)
        return [competition.id for competition in self if competition.complexity == complexity]

    def get(self, id: str) -> Competition:
        """The competition of that id; raises UnknownNameError naming the near ones."""
        if id not in self._folders:
            raise UnknownNameError("competition", id, self._folders, "(list them with `mlebench list`)")
        if id not in self._read:
            self._read[id] = Competition.read(self._folders[id])
        return self._read[id]

    def __iter__(self) -> Iterator[Competition]:
        """All competitions in order of their ids."""
        return map(self.get, self.all_ids())


@cache
def _packaged() -> Catalog:
    return Catalog()


def ids(complexity: str | None = None) -> list[str]:
    """`Catalog.ids` of the packaged competitions."""
    return _packaged().ids(complexity)


def get(id: str) -> Competition:
    """`Catalog.get` of the packaged competitions."""
    return _packaged().get(id)
