"""What tests keep between runs is right: made once, and made again when it is stale or broken."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cache import digest_of, kept


class Maker:
    """Makes a folder with one file, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "book").write_text(f"made {self.times}")


def test_made_once(tmp_path: Path) -> None:
    make = Maker()
    folders = [kept("books", "digest", make, tmp_path) for _ in range(3)]
    assert make.times == 1
    assert {(folder / "book").read_text() for folder in folders} == {"made 1"}


def test_workers_wait_for_the_one_that_makes_it(tmp_path: Path) -> None:
    make = Maker()
    threads = [threading.Thread(target=kept, args=("books", "digest", make, tmp_path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.times == 1


def broken(folder: Path) -> None:
    (folder / "book").write_text("made l")


def lost(folder: Path) -> None:
    (folder / "book").unlink()


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def with_a_manifest_of_nothing(folder: Path) -> None:
    (folder / "manifest.json").write_text("[]")


@pytest.mark.parametrize("harm", [broken, lost, without_manifest, with_a_manifest_of_nothing])
def test_made_again_when_broken(harm: Callable[[Path], None], tmp_path: Path) -> None:
    make = Maker()
    harm(kept("books", "digest", make, tmp_path))
    assert (kept("books", "digest", make, tmp_path) / "book").read_text() == "made 2"


def test_made_again_when_stale_and_the_old_one_is_gone(tmp_path: Path) -> None:
    make = Maker()
    kept("books", "digest", make, tmp_path)
    assert (kept("books", "another", make, tmp_path) / "book").read_text() == "made 2"
    assert {path.name for path in tmp_path.iterdir()} <= {"books", "books.lock"}


def test_nothing_is_left_of_what_was_not_finished(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "book").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept("books", "digest", fails, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"books.lock"}
    assert (kept("books", "digest", Maker(), tmp_path) / "book").read_text() == "made 1"


def test_a_digest_is_of_names_contents_and_what_else_is_told(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("1")
    other.write_text("1")
    found = {digest_of([path]), digest_of([other]), digest_of([path], "3.11"), digest_of([path, other])}
    path.write_text("2")
    assert len({*found, digest_of([path])}) == 5
