"""The package as others install it: with its companies, without this checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

SANDBOX = Path(__file__).parents[1]
_OUTSIDE = "def test_it(quickbooks_sandbox): assert quickbooks_sandbox.look('health')['company'] == 'demo'\n"


def test_every_company_of_the_checkout_goes_into_the_package() -> None:
    project = tomllib.loads((SANDBOX / "pyproject.toml").read_text())

    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    companies = [path.name for path in (SANDBOX.parent / "seeds").iterdir() if path.is_dir()]
    assert included == {f"../seeds/{name}": f"quickbooks_sandbox/seeds/{name}" for name in companies}


@pytest.mark.soak
def test_an_installed_package_serves_its_company_to_a_project_elsewhere(tmp_path: Path) -> None:
    uv, python = str(Path(sys.executable).with_name("uv")), tmp_path / "venv" / "bin" / "python"
    for package in ("quickbooks-core", "quickbooks-sandbox"):
        _run(uv, "build", "--wheel", "--package", package, "--out-dir", str(tmp_path), cwd=SANDBOX.parent)
    _run(uv, "venv", "--python", sys.executable, str(tmp_path / "venv"), cwd=tmp_path)
    wheels = [str(path) for path in tmp_path.glob("*.whl")]
    _run(uv, "pip", "install", "--python", str(python), *wheels, "pytest", cwd=tmp_path)
    (tmp_path / "test_mine.py").write_text(_OUTSIDE)

    said = _run(str(python), "-m", "pytest", "-q", "test_mine.py", cwd=tmp_path)

    assert "1 passed" in said


def _run(*command: str, cwd: Path) -> str:
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return ended.stdout
