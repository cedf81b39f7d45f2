"""A Query with several statements is split as psql splits them, which knows Postgres' rules of quoting."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from quickbooks_demo.database import Address
from quickbooks_proxy.lexer import Unclear, split, tokens

STATEMENTS = [
    "select 1",
    "select 'a;b', 'it''s; all', E'back\\';slash', E'\\\\'",
    "select $$a;b$$, $tag$ x; $$ ; $tag$, $1$2",
    'select 1 as "a;""b", U&"d;\\0061t" from x',
    "select /* a ; /* nested ; */ still ; */ 2",
    "select 1 -- not ; the end\n, 2",
    "insert into t (a) values (1, $1)",
    "create rule r as on insert to t do also (insert into u values (1); delete from v)",
    "create function f() returns int begin atomic select case when true then 1; select 2; end; end",
    "create or replace procedure p() begin atomic insert into t values (1); update t set a = 2; end",
    "create function begin_end() returns int language sql as 'select 1;'",
    "begin",
    "update t set a = case when b then 1 else 2 end",
    "select b'1;', x'f;', n'c;', u&'d;'",
    "select a$b$c, $é$ ; $é$",
    "select 'two' \n ';lines'",
    "select 1 +-- comment;\n 2, 3*/* ; */4",
]


def splits(text: str) -> list[str]:
    return [piece.encode("latin-1").decode() for piece in split(text.encode().decode("latin-1"))]


def test_what_is_split_is_what_psql_sends(postgres_server: Address, tmp_path: Path) -> None:
    script = ";\n".join(STATEMENTS) + ";\n"
    (tmp_path / "statements.sql").write_text("\\o /dev/null\n" + script)

    sent = subprocess.run(
        ["psql", postgres_server.url, "-X", "-q", "-e", "-f", str(tmp_path / "statements.sql")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert sent.stdout == "".join(f"{piece};\n" for piece in splits(script))
    assert splits(script) == STATEMENTS


def test_empty_statements_are_none() -> None:
    assert splits(";; select 1 ; /* only this */ ; -- that\n;") == ["select 1"]


@pytest.mark.parametrize(
    "text",
    [
        "select 'open",
        'select "open',
        "select $a$ open $b$",
        "select /* open /* */",
        "select (1; 2",
        "select E'a\\'",
    ],
)
def test_what_is_not_closed_is_not_split(text: str) -> None:
    with pytest.raises(Unclear):
        split(text)


def test_backslashes_escape_in_plain_strings_where_the_session_says_so() -> None:
    text = "select 'a\\';b', 1; select 2"

    assert split(text, backslashes=True) == ["select 'a\\';b', 1", "select 2"]


def test_names_are_folded_as_postgres_folds_them() -> None:
    found = [token.name for token in tokens('Customer "Customer" "a""b" CUSTOMER 12 \'x\'')]

    assert found == ["customer", "Customer", 'a"b', "customer", "", ""]
