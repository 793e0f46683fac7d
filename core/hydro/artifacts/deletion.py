"""Deletes, renames and replaces files: the only module that does, by name what hydro wrote.

Nothing is deleted because it is in the way: every function is told which names are hydro's, or
knows them by a form that only hydro writes. Links are never followed. What somebody else put into a
folder of hydro stays where it is, and so does the folder.
"""

import errno
import fcntl
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

logger = logging.getLogger(__name__)

UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.(partial|deleted)|\.trash-[0-9a-f]{8}")
"""Names of what is being written or deleted, which only hydro gives."""

REPLACED = ".replaced"
"""Beside a new folder, the one that it replaces."""

EARLIER_UNFINISHED = re.compile(r"\..+-[a-z0-9_]{8}")
"""The same of earlier versions: a folder with nothing in it but ``new`` and ``old``."""


def partial_path(path: Path) -> Path:
    """Return a name beside a path for what is to become it."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")


def replace_file(partial: Path, path: Path) -> None:
    """Rename a file that is complete; an earlier one of the name is replaced."""
    partial.replace(path)


def delete_file(path: Path) -> None:
    """Delete a file that hydro wrote, if it is there; never hide an error that is on its way."""
    with suppress(OSError):
        path.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Mark a partial file or folder as being written, which the system ends with the process."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # Some file systems have no locks.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def shared_lock(descriptor: int) -> Iterator[None]:
    """Hold the lock of an open file together with others that do."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock of a file or folder; False where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def clear_unfinished(folder: Path) -> None:
    """Delete what processes that are gone were writing or deleting in a folder."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if not path.is_symlink() and _is_unfinished(path) and not is_locked(path):
                _restore_replaced(path)
                _delete_all(path)


def _restore_replaced(partial: Path) -> None:
    """Move a folder back that was out of its place when a process was killed."""
    names = {each.name for each in partial.iterdir()} if partial.is_dir() else set()
    for name in names - {REPLACED} if REPLACED in names else ():
        if not (partial.parent / name).exists():
            (partial / REPLACED).rename(partial.parent / name)


@contextmanager
def new_folder(target: Path, *, record: Path | None = None, replace: bool = True) -> Iterator[Path]:
    """Yield a path to make a folder at, which takes its place once the context ends well.

    In a folder that is there what hydro wrote is replaced, anything else stays. ``record`` is a
    file that keeps which names hydro wrote, for whoever deletes them later. Without ``replace`` a
    folder that another process has made meanwhile stays.
    """
    partial = partial_path(target)
    partial.mkdir()
    new = partial / target.name
    with locked(partial):
        try:
            yield new
            if replace:
                _swap(new, target, record)
            elif not target.is_dir():
                with _unless_made(target):
                    new.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    clear_unfinished(target.parent)


def move_folder(new: Path, target: Path) -> None:
    """Rename a new folder; what somebody put into an older one of the name stays."""
    if target.is_dir():
        _merge(new, target, ())
        shutil.rmtree(new)
    else:
        new.rename(target)


def recorded_paths(folder: Path, record: Path, *, unrecorded: bool = False) -> set[Path]:
    """Return what hydro wrote into a folder as a whole, by the record that it kept of that.

    Nothing is known of a folder without a record; ``unrecorded`` takes all but links in it for
    hydro's, as earlier versions kept none.
    """
    if folder.is_symlink() or not folder.is_dir():
        return {record} if record.is_file() else set()
    known = _read_record(record)
    if known is None and unrecorded:
        return {path for path in _walk(folder) if not path.is_symlink()} | {folder}
    if known is None:
        return set()
    return {*(folder / name for name in known), folder, record}


def delete_paths(folder: Path, own: Collection[Path]) -> list[Path]:
    """Delete what hydro wrote in a folder, and the folder itself if it is among that and empty.

    Args:
        folder: the folder.
        own: files, and folders that go if nothing else is in them.

    Returns:
        What is left of the folders in ``own``, because hydro did not write it.
    """
    owned = {path for path in own if not _passes_link(path, folder)}
    for path in owned:
        if path.is_symlink() or not path.is_dir():
            with suppress(FileNotFoundError):
                path.unlink()
    folders = [path for path in owned if path.is_dir() and not path.is_symlink()]
    left = []
    for path in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        if any(path.iterdir()):
            left += [each for each in path.iterdir() if each not in owned]
        else:
            path.rmdir()
    return sorted(left)


def delete_folder(folder: Path, own: Collection[Path]) -> list[Path]:
    """Delete a folder of hydro: at once if all of it is hydro's, else what is.

    Returns:
        What is left because hydro did not write it.
    """
    if folder.is_symlink() or not folder.is_dir():
        return []
    if foreign_paths(folder, own):
        return delete_paths(folder, {*own, folder})
    doomed = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.deleted")
    # Gone at once under its name, however long its files take.
    folder.rename(doomed)
    shutil.rmtree(doomed)
    return []


def foreign_paths(folder: Path, own: Collection[Path]) -> list[Path]:
    """List what is in a folder, at any depth, and is not among what hydro wrote."""
    owned = {*own}
    return sorted(path for path in _walk(folder) if path not in owned)


def warn_of_foreign(left: Iterable[Path]) -> None:
    """Warn of what was left in place."""
    listed = [*left]
    if listed:
        shown = ", ".join(map(str, listed[:5])) + (", …" if len(listed) > 5 else "")
        logger.warning("not deleted, because hydro did not write it: %s", shown)


def _swap(new: Path, target: Path, record: Path | None) -> None:
    """Move a complete folder to the place of an older one."""
    if target.is_symlink():
        raise FileExistsError(errno.EEXIST, "it is a link, which hydro does not replace. Remove it")
    names = {path.relative_to(new).as_posix() for path in _walk(new)}
    before = (record and _read_record(record)) or set()
    own = {target / name for name in names | before}
    if record:
        _write_record(record, names | before)
    if not target.exists():
        new.rename(target)
    elif foreign_paths(target, own):
        _merge(new, target, own)
    else:
        old = new.with_name(REPLACED)
        target.rename(old)
        try:
            new.rename(target)
        except OSError:
            old.rename(target)
            raise


@contextmanager
def _unless_made(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        if not target.is_dir():
            raise


def _merge(new: Path, target: Path, own: Collection[Path]) -> None:
    """Move each file of a new folder into an older one that has more in it than hydro wrote."""
    fresh = set()
    for path in sorted(_walk(new)):
        to = target / path.relative_to(new)
        fresh.add(to)
        if path.is_dir():
            to.mkdir(exist_ok=True)
        else:
            path.replace(to)
    delete_paths(target, {*own} - fresh)
    warn_of_foreign(foreign_paths(target, {*own, *fresh}))


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all that is in a folder, at any depth; links are yielded, not followed."""
    for top, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(top, name)


def _passes_link(path: Path, folder: Path) -> bool:
    """Return whether a folder between a path and one above it is a link."""
    between = (each for each in path.parents if each.is_relative_to(folder) and each != folder)
    return any(each.is_symlink() for each in between)


def _is_unfinished(path: Path) -> bool:
    if UNFINISHED.fullmatch(path.name):
        return True
    if not EARLIER_UNFINISHED.fullmatch(path.name) or not path.is_dir():
        return False
    inside = {each.name for each in path.iterdir()}
    return bool(inside) and inside <= {"new", "old"}


def _delete_all(path: Path) -> None:
    """Delete what nobody but hydro can have put there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        delete_file(path)


def _read_record(path: Path) -> set[str] | None:
    try:
        return {str(name) for name in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError):
        return None


def _write_record(path: Path, names: Iterable[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    partial = partial_path(path)
    try:
        partial.write_text(json.dumps(sorted(names), indent=0) + "\n", encoding="utf-8")
        replace_file(partial, path)
    finally:
        delete_file(partial)
