"""The shape of the repository: who may import whom, how long a file gets, and links that lead somewhere.

Reads the source trees and the docs, imports nothing of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {path.parent.name: path.parent for path in sorted(ROOT.glob("*/src/*/__init__.py"))}

# What each package may import of ours, beside itself. A package that is not named here is refused.
ALLOWED: dict[str, tuple[str, ...]] = {
    "quickbooks_core": (),
    "tap_quickbooks": ("quickbooks_core",),
    "target_quickbooks": ("quickbooks_core",),
    "quickbooks_proxy": ("quickbooks_core",),
    "quickbooks_sandbox": ("quickbooks_core.catalog",),
    # The demo puts the parts together; no part may know of it.
    "quickbooks_demo": ("quickbooks_core", "tap_quickbooks", "quickbooks_sandbox"),
}
FILE_LINES = 400

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays inside its package.
            origin = package if node.level else node.module
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def forbidden(source: str, package: str) -> list[str]:
    """The imports of ours that a module of this package may not have."""
    allowed = (package, *ALLOWED[package])
    return [
        name
        for name in imported(ast.parse(source), package)
        if any(is_within(name, ours) for ours in ALLOWED) and not any(is_within(name, one) for one in allowed)
    ]


def relative_links(document: Path) -> Iterator[str]:
    """The files a document points at, without the place inside them."""
    for target in _LINK.findall(_FENCED.sub("", document.read_text(encoding="utf-8"))):
        if not _ELSEWHERE.match(target):
            yield target.partition("#")[0]


def test_every_package_has_an_import_rule() -> None:
    assert set(PACKAGES) == set(ALLOWED)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_its_rule_allows(package: str) -> None:
    broken = {
        str(path.relative_to(ROOT)): names
        for path in sorted(PACKAGES[package].rglob("*.py"))
        if (names := forbidden(path.read_text(encoding="utf-8"), package))
    }

    assert broken == {}


@pytest.mark.parametrize(
    ("package", "source", "refused"),
    [
        ("quickbooks_core", "import tap_quickbooks.tap", ["tap_quickbooks.tap"]),
        ("quickbooks_core", "def f():\n    from quickbooks_demo import main", ["quickbooks_demo.main"]),
        ("quickbooks_core", "from . import schema\nfrom quickbooks_core import errors\nimport json", []),
        ("tap_quickbooks", "from quickbooks_core.client import Client", []),
        ("target_quickbooks", "from tap_quickbooks import run", ["tap_quickbooks.run"]),
        ("quickbooks_proxy", "from target_quickbooks import queue", ["target_quickbooks.queue"]),
        ("tap_quickbooks", "from quickbooks_sandbox import app", ["quickbooks_sandbox.app"]),
        ("quickbooks_sandbox", "from quickbooks_core import catalog", []),
        ("quickbooks_sandbox", "from quickbooks_core.catalog.model import Kind", []),
        ("quickbooks_sandbox", "from quickbooks_core import mapping", ["quickbooks_core.mapping"]),
        ("quickbooks_sandbox", "import quickbooks_core", ["quickbooks_core"]),
    ],
)
def test_the_rule_sees_every_form_of_import(package: str, source: str, refused: list[str]) -> None:
    assert forbidden(source, package) == refused


def test_no_source_file_is_too_long_except_catalogue_data() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES.values()
        for path in sorted(package.rglob("*.py"))
        if path.parent.name != "catalog"
    }

    assert {path: lines for path, lines in lengths.items() if lines >= FILE_LINES} == {}


def test_every_relative_link_of_the_docs_leads_to_a_file() -> None:
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

    broken = [
        f"{document.relative_to(ROOT)} → {target}"
        for document in documents
        for target in relative_links(document)
        if not (document.parent / target).exists()
    ]

    assert broken == []
