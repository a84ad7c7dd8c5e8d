"""Checks of one's own: modules and files that a configuration names, loaded, held to the laws and proved.

A check reads no file, clock or network. What a module imports and calls is looked at before it is run. That keeps
from mistakes, not from malice: a rule file is a program, as trusted as any other that one runs.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from claimcheck.authoring.check import Check, ChecksRefused
from claimcheck.checks import all_checks
from claimcheck.custom_checks.proof import contract_violations, error_of, example_failure
from claimcheck.custom_checks.shortcuts import shortcut_failure
from claimcheck.engine.findings import ENGINE_EDITS
from claimcheck.plugins import CHECKS, PluginError, plugin
from claimcheck.plugins import place_of as place_of_plugin
from claimcheck.readers import reading_edits

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+", re.ASCII)

_DEFINES_A_CHECK: Final = re.compile(rb"^@(?:\w+\.)*(?:service|claim)_check\(", re.MULTILINE)

_PURE: Final = frozenset((
    "__future__", "abc", "array", "bisect", "calendar", "collections", "contextlib", "copy", "csv", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "itertools",
    "json", "math", "numbers", "operator", "re", "statistics", "string", "textwrap", "types", "typing",
    "typing_extensions", "unicodedata",
))  # fmt: skip
"""What a rule file may import of Python's own: modules that reach nothing outside of the program."""

_IN_CLAIMCHECK: Final = (
    "authoring.check", "authoring.examples", "checks", "claim", "message",
    "rulebook", "rulebook.rows", "rulebook.sections",
)  # fmt: skip
_OF_CLAIMCHECK: Final = frozenset(f"claimcheck.{name}" for name in _IN_CLAIMCHECK)
_OUTSIDE: Final = {
    "open": "opens a file",
    "input": "waits for a person",
    "print": "writes to where messages go",
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "breakpoint"), "runs what can't be looked at"),
    **dict.fromkeys(("exit", "quit", "SystemExit"), "ends the run, and with it the batch"),
}
_READERS: Final = ("Checker", "Store", "check", "load_configuration", "open_book", "read")
_CLOCKS: Final = ("now", "today", "utcnow")


_NOT_PROVED: Final = {
    "denies": "that nothing is paid for a line that it rejects",
    "depends_on_payment": "that its findings weigh less beside other rejects",
}
"""Parameters by which a check, or others for its sake, weigh less, with what each says. No example shows whether that
is so on other claims. (The shortcuts of a check are held to its examples: ``shortcuts``.)"""

_RENAMED: Final = {
    "cites": "citation",
    "maps": "codes",
    "concerns": "applies_to",
    "leans": "depends_on_payment",
    "by_services": "services_only",
    "screen": "clean_if",
    "when": "repeated",
}
_GONE: Final = {"by_details": "services_only or applies_to", "by_dates": "clean_if"}
"""Parameters of earlier versions, and what each is called now, or does its work."""

_MOVED: Final = {
    "claimcheck.checking": "claimcheck.authoring.check",
    "claimcheck.examples": "claimcheck.authoring.examples",
    "claimcheck.sections": "claimcheck.rulebook.sections",
    "claimcheck.maps": "claimcheck.codes",
    "claimcheck.message.maps": "claimcheck.message.codes",
    "claimcheck.Fault": "claimcheck.Finding",
    "claimcheck.message.Fault": "claimcheck.message.Finding",
}
"""Modules and names of earlier versions that a check might import, and where they are now."""


class _File(NamedTuple):
    """A module's file, and the folder that its name is from. Where a module stands alone among others' (a folder of
    installed ones), what lies beside it is not its own."""

    path: Path
    root: Path
    alone: bool = False

    @property
    def module(self) -> str:
        parts = self.path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def load_checks(names: Iterable[str]) -> tuple[Check, ...]:
    """Load checks and prove them.

    Args:
        names: modules (``acme_rules``), or paths of files and folders of them.

    Raises:
        ChecksRefused: what can't be found, imported or proved; none of them is to be run then.
    """
    checks = import_checks(names)
    if problems := [problem for check in checks for problem in problems_of(check)]:
        raise ChecksRefused(problems)
    return checks


@cache
def problems_of(check: Check) -> tuple[str, ...]:
    """Why a check is not to be run: the laws that it breaks, and those of its examples that do not hold."""
    laws = [f"{place_of(check)}: {check.id} {law}" for law in laws_broken_by(check)]
    examples = ((example.title, example_failure(check, example)) for example in check.examples)
    failures = [f"{place_of(check)}: {check.id}: the example {title!r} {why}" for title, why in examples if why]
    shortcut = "" if failures else shortcut_failure(check)
    return (*laws, *failures, *([f"{place_of(check)}: {check.id}: {shortcut}"] if shortcut else []))


def laws_broken_by(check: Check) -> Iterator[str]:
    """What a custom check lacks, apart from its examples. It says nothing that no example can show: a wrong word loses
    rejects in silence. Those of the checks that ship are proved by our tests, on claims of any kind."""
    if check not in all_checks():
        if problem := problem_of_id(check.id):
            yield problem
        for parameter, says in _NOT_PROVED.items():
            if getattr(check, parameter):
                why = "which nothing proves of a custom check, and which loses rejects where it is wrong"
                yield f"passes {parameter}=, {says}, {why}: leave {parameter}= out"
    yield from contract_violations(check)


def import_checks(names: Iterable[str]) -> tuple[Check, ...]:
    """Import checks without proving them, each once, as written.

    Raises:
        ChecksRefused: what can't be found or imported, or reaches for what a check may not.
    """
    checks: dict[str, Check] = {}
    for name in names:
        found = [check for file in _looked_at(_files(name)) for check in _checks_of(file)]
        if not found:
            raise ChecksRefused([f"{name}: defines no check: a function under @service_check or @claim_check"])
        for check in found:
            if checks.setdefault(check.id, check) is not check:
                raise ChecksRefused([f"{place_of(check)}: {check.id} is defined in {place_of(checks[check.id])} too"])
    return tuple(checks.values())


def files_of(name: str) -> list[Path]:
    """The files of checks that a name stands for.

    Raises:
        ChecksRefused: there are none.
    """
    return [file.path for file in _files(name)]


def defines_checks(path: Path) -> bool:
    """Whether a Python file looks as if it defines checks; one that can't be read does not."""
    try:
        return bool(_DEFINES_A_CHECK.search(path.read_bytes()))
    except OSError:
        return False


def problem_of_id(id: str) -> str:
    """What is wrong with the id of a check of one's own; blank where nothing is."""
    if not _ID.fullmatch(id):
        return "is no id of a check: write it like ACME-101, in capitals, with a prefix of your own"
    family = id.partition("-")[0]
    if family in {edit.id.partition("-")[0] for edit in (*all_checks(), *ENGINE_EDITS, *reading_edits())}:
        return f"has the prefix {family}, which is of checks that ship: give it one of your own, such as ACME"
    return ""


def place_of(check: Check) -> str:
    """Where a check is defined: file and line."""
    code = getattr(check.function, "__code__", None)
    return f"{_shown(Path(code.co_filename))}:{code.co_firstlineno}" if code else "a check without code"


def _shown(path: Path) -> str:
    """A path from where one stands, if it is below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


# -- finding files -------------------------------------------------------------------------------


def _files(name: str) -> list[_File]:
    """The files of checks that a name stands for: a path, an entry point of a distribution, or a module."""
    path = Path(name)
    if path.exists():
        return _files_at(path.resolve(), None)
    if "/" in name or name.endswith(".py"):
        raise ChecksRefused([f"{name}: there is no such file or folder of checks"])
    try:
        point = plugin(CHECKS, name)
    except PluginError as error:
        raise ChecksRefused([f"checks {error}"]) from None
    if point is None:
        return _files_of_module(name)
    try:
        if point.attr:
            raise ChecksRefused([f"names an object, {point.attr}; expected a module, such as acme_edits.checks"])
        return _files_of_module(point.module)
    except ChecksRefused as refused:
        raise ChecksRefused([f"checks {place_of_plugin(point)}: {problem}" for problem in refused.problems]) from None


def _files_of_module(name: str) -> list[_File]:
    """The files of an installed module, or of a package's."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module that was put together by hand has no spec
        spec = None
    places = [*(spec.submodule_search_locations or [])] if spec else []
    if places:
        package = Path(places[0])
        path = package.joinpath(*rest)
        path = path if path.is_dir() else path.with_name(f"{path.name}.py")
        if path.exists():
            return _files_at(path, package.parent)
    elif spec and spec.origin and not rest:
        return [_File(Path(spec.origin), Path(spec.origin).parent, alone=True)]
    expected = "expected one that is installed, or the path of a file"
    raise ChecksRefused([f"{name}: no module or entry point has this name; {expected}"])


def _files_at(path: Path, root: Path | None) -> list[_File]:
    if path.is_file():
        return [_File(path, root or _root_of(path))]
    packaged = root is not None or (path / "__init__.py").exists()
    root = root or (_root_of(path / "__init__.py") if packaged else path)
    found = sorted(path.rglob("*.py") if packaged else path.glob("*.py"))
    return [_File(file, root) for file in found if not _is_test(file)]


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name in ("conftest.py", "setup.py")


def _root_of(path: Path) -> Path:
    """The folder that a file's module name is from: the first above it that is no package."""
    return next(folder for folder in path.parents if not (folder / "__init__.py").exists())


# -- what a module reaches for -------------------------------------------------------------------


class _Looked(NamedTuple):
    """A module that reaches nothing outside, and those of its own that it imports."""

    file: _File
    imports: list[_File]


def _looked_at(files: list[_File]) -> Iterator[_Looked]:
    """The files that may be run. In a folder or package one that reaches out is passed by if it defines no check.

    Raises:
        ChecksRefused: one that defines checks reaches out, or one that was named alone.
    """
    looked: list[_Looked] = []
    refused: list[str] = []
    for file in files:
        seen: list[_File] = []
        problems = [*_reaches(file, seen)]
        if not problems:
            looked.append(_Looked(file, seen))
        elif len(files) == 1 or defines_checks(file.path):
            refused += problems
    if refused:
        raise ChecksRefused(refused)
    yield from looked


def _reaches(file: _File, seen: list[_File]) -> Iterator[str]:
    """Where a module, or one of its own that it imports, reaches for more than claims and rules."""
    if file in seen:
        return
    seen.append(file)
    try:
        tree = ast.parse(file.path.read_text("utf-8"), str(file.path))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{_shown(file.path)}: can't be read as a Python file: {error}"
        return
    except (SyntaxError, ValueError) as error:  # NUL bytes are a ValueError
        yield f"{_shown(file.path)}:{getattr(error, 'lineno', None) or 1}: is no Python: {error}"
        return
    told = set()
    dates = _dates(tree)
    authoring = _authoring_names(tree)
    for node in ast.walk(tree):
        line = f"{_shown(file.path)}:{getattr(node, 'lineno', 1)}"
        if (reached := _reaches_outside(node, dates)) and (line, reached) not in told:
            told.add((line, reached))
            yield f"{line}: {reached}: a check sees its claim and the rules, and nothing else"
        yield from (f"{line}: {renamed}" for renamed in _renamed(node, authoring))
        for module, name in _imported(node, file):
            if own := _own_file(module, name, file):
                yield from _reaches(own, seen)
            elif not _is_pure(module, name):
                yield f"{line}: {_refused_import(module, name)}"


def _authoring_names(tree: ast.AST) -> set[str]:
    """What a module calls the functions of claimcheck that take parameters of a check or of a finding."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "claimcheck"
        for alias in node.names
        if alias.name in ("service_check", "claim_check", "Finding")
    }


def _renamed(node: ast.AST, authoring: set[str]) -> Iterator[str]:
    """Parameters that a piece of code passes by the names that they had before."""
    called = node.func if isinstance(node, ast.Call) else None
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    if isinstance(node, ast.Call) and (name in authoring or name in ("service_check", "claim_check", "Finding")):
        for keyword in node.keywords:
            if new := _RENAMED.get(keyword.arg or ""):
                yield f"{keyword.arg}= is {new}= now: rename it"
            elif new := _GONE.get(keyword.arg or ""):
                yield f"{keyword.arg}= is no more: leave it out, or see {new}="


def _refused_import(module: str, name: str) -> str:
    for old in (module, f"{module}.{name}"):
        if new := _MOVED.get(old):
            return f"imports {old}, which is {new} now"
    if module == "claimcheck" and name in ("", "*"):
        return "imports all of claimcheck, which reads files: import by name, as from claimcheck import service_check"
    what = f"{module}.{name}" if name and module.partition(".")[0] == "claimcheck" else module
    return f"imports {what}: a check may not reach a file, the clock or the network"


def _dates(tree: ast.AST) -> set[str]:
    """What a module calls ``date``, ``datetime`` and their module."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        alias.asname or alias.name
        for node in imports
        for alias in node.names
        if "datetime" in (alias.name, getattr(node, "module", ""))
    }


def _reaches_outside(node: ast.AST, dates: set[str]) -> str:
    """What a piece of code reaches for, where that is outside of the program. ``dates`` are names of dates' classes."""
    if isinstance(node, ast.Name) and node.id in _OUTSIDE:
        return f"{node.id} {_OUTSIDE[node.id]}"
    called = node.func if isinstance(node, ast.Call) else None
    named = node if isinstance(node, ast.Attribute) and ast.unparse(node.value).partition(".")[0] in dates else None
    for clock in (called, named):
        if isinstance(clock, ast.Attribute) and clock.attr in _CLOCKS:
            return f"{clock.attr} reads the clock (claim.received_date is the day to measure by)"
    return ""


def _imported(node: ast.AST, file: _File) -> Iterator[tuple[str, str]]:
    """The modules that a piece of code imports, each with the name that it takes of it, if one."""
    if isinstance(node, ast.Import):
        for alias in node.names:  # import claimcheck.claim, without an alias, binds all of claimcheck
            whole = alias.name.startswith("claimcheck.") and not alias.asname
            yield ("claimcheck" if whole else alias.name), ""
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            package = file.path.relative_to(file.root).parts[: -node.level]
            module = ".".join((*package, module) if module else package)
        yield from ((module, alias.name) for alias in node.names)


def _own_file(module: str, name: str, file: _File) -> _File | None:
    """The file of a module that belongs to the same package, or lies in the same folder of single files."""
    top = module.partition(".")[0]
    packaged = "." in file.module or file.path.name == "__init__.py"
    if top == "claimcheck" or file.alone or (packaged and top != file.module.partition(".")[0]):
        return None
    for parts in ((*module.split("."), name), module.split(".")) if name else (module.split("."),):
        path = file.root.joinpath(*parts)
        for found in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if found.is_file():
                return _File(found, file.root)
    return None


def _is_pure(module: str, name: str) -> bool:
    """Whether what is imported reaches nothing outside of the program."""
    top = module.partition(".")[0]
    if top != "claimcheck":
        return top in _PURE
    if f"{module}.{name}".startswith("claimcheck.checks.") or f"{module}.{name}" in _OF_CLAIMCHECK:
        return True
    if module.startswith("claimcheck.rulebook.tables."):
        return True
    if f"{module}.{name}" in _MOVED:
        return False
    named = name not in _READERS and (module != top or name not in ("", "*"))
    return named and (module == top or module in _OF_CLAIMCHECK) and not _is_module(module, name)


def _is_module(module: str, name: str) -> bool:
    try:
        return bool(name) and importlib.util.find_spec(f"{module}.{name}") is not None
    except ModuleNotFoundError:  # what it is taken of is no package
        return False


# -- importing -----------------------------------------------------------------------------------


def _checks_of(looked: _Looked) -> list[Check]:
    """The checks that a module defines; those that it imports of ours are not its own."""
    file = looked.file
    root = str(file.root)
    if root not in sys.path:
        sys.path.append(root)  # last, so that no file of a folder stands in for a module of Python
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(file.module)
    except Exception as error:  # whatever the module raises
        raise ChecksRefused([f"{_shown(file.path)}: can't be imported: {error_of(error)}"]) from None
    for own in looked.imports:  # the file itself, too
        known = sys.modules.get(own.module)
        if known and Path(getattr(known, "__file__", None) or "").resolve() != own.path.resolve():
            raise ChecksRefused([f"{_shown(own.path)}: another module is called {own.module} too: rename the file"])
    found = [value for value in vars(module).values() if isinstance(value, Check)]
    return found if module.__name__.startswith("claimcheck.") else [c for c in found if c not in all_checks()]
