"""Writes the schema of the current version, from which later versions test that they can upgrade it.

    .venv/bin/python tools/make_schema.py

Run it when a version is released; the file is never written again. It holds what `quickbooks migrate` runs as
quickbooks_owner on an empty database, for the schema `public`.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

from quickbooks_core.postgres.build import build
from quickbooks_core.postgres.statements import Names
from quickbooks_core.postgres.version import program_version

SCHEMAS = Path(__file__).resolve().parents[1] / "quickbooks-core" / "tests" / "schemas"


def main() -> int:
    """Writes the file; 1 when this version has one."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    path = SCHEMAS / f"{program_version():04}.sql.gz"
    if path.exists():
        print(f"{path.name} exists: a released version does not change", file=sys.stderr)
        return 1
    path.write_bytes(gzip.compress(schema().encode(), mtime=0))
    return 0


def schema() -> str:
    """All statements of the current version, to run at once."""
    return "".join(f"{statement.as_string(None)};\n\n" for statement in build(Names()))


if __name__ == "__main__":
    sys.exit(main())
