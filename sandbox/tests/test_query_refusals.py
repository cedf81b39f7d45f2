"""What the query language refuses, in the recorded words."""

from __future__ import annotations

from typing import Any

import pytest

_AFTER_A_PROPERTY = """
Was expecting one of:
    <EOF>{blank}
    "." ...
    <AND> ...
    "between" ...
    "contains" ...
    "=" ...
    "in" ...
    "iterator" ...
    "like" ...
    "maxresults" ...
    "!=" ...
    <NOT> ...
    <OR> ...
    "order" ...
    "orderby" ...
    "startposition" ...
    "=" ...
    "!=" ...
    "=" ...
    "!=" ...
    "=" ...
    "!=" ...
    "." ...
    """.format(blank=" ")
_PAGE = " STARTPOSITION 1 MAXRESULTS 20"

_PARSER = [
    (f"select * from Customer where PrimayEmailAddr>Address = 'a@example.com'{_PAGE}",
     f'Encountered " ">" "> "" at line 1, column 45.{_AFTER_A_PROPERTY}'),
    (f"Select * from Customer Where PrimaryEmailAddr.EmailAddress>test@example.com{_PAGE}",
     f'Encountered " ">" "> "" at line 1, column 59.{_AFTER_A_PROPERTY}'),
    (f"select * from Customer where PrimayEmailAddr in Address = 'a@example.com'{_PAGE}",
     'Encountered " <IDENTIFIER> "Address "" at line 1, column 49.\nWas expecting:\n    "(" ...\n    '),
]  # fmt: skip

# Which word is met where is recorded or follows from the grammar; what was expected instead is not known here.
_PLACES = [
    ("select * from Customer where DisplayName = 'Amy''s Bird Sanctuary'", '<STRING> "\'s Bird Sanctuary\' "', 1, 49),
    ("select * from Purchase limit TxnDate", '<IDENTIFIER> "limit "', 1, 24),
    ("select * from Vendor\nwhere Id = '1' or Id = '2'", '<IDENTIFIER> "or "', 2, 16),
    ("select * from Customer where DisplayName != 'a'", '"!=" "!= "', 1, 42),
    ("select * from Customer maxresults 1 maxresults 2", '<IDENTIFIER> "maxresults "', 1, 37),
    ("update Customer", '<IDENTIFIER> "update "', 1, 1),
]  # fmt: skip

_VALIDATION = [
    ("SELECT * FROM Custmoer", "invalid context declaration: Custmoer"),
    ("select * from Customer where EmailAddress = 'a'", "Property EmailAddress not found for Entity Customer"),
    ("select * from Vendor where EmailAddress = 'a'", "Property EmailAddress not found for Entity Vendor"),
    ("select * from Customer where PrimaryEmailAddr.EmailAddress>'a' Order By Metadata.LastUpdatedTime",
     "Property PrimaryEmailAddr.EmailAddress not found for Entity Customer"),
    ("select NoSuchField from Purchase", "Property NoSuchField not found for Entity Purchase"),
    ("select * from Vendor where PrimaryEmailAddr = 'a'", "property 'PrimaryEmailAddr' is not queryable"),
    ("select * from Deposit where TotalAmt > '1'", "property 'TotalAmt' is not queryable"),
    ("select * from Purchase where DepartmentRef = '1'", "property 'DepartmentRef' is not queryable"),
    ("select * from Customer where AcctNum = '1'", "property 'AcctNum' is not queryable"),
    ("select * from Item where IncomeAccountRef = '1'", "property 'IncomeAccountRef' is not queryable"),
    ("select * from Customer maxresults 1500", "value 1500 is too large. Max allowed value is 1000"),
    ("select * from Customer maxresults 1001", "value 1001 is too large. Max allowed value is 1000"),
    ("select * from Customer startposition 0", "value 0 is too small. Min allowed value is 1"),
    ("select * from Customer maxresults 0", "value 0 is too small. Min allowed value is 1"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "words"), _PARSER)
def test_a_statement_outside_the_grammar_is_4000_with_what_was_expected(
    client: Any, statement: str, words: str
) -> None:
    answer = client.query(statement)

    assert (answer.status_code, answer.json()["Fault"]) == (
        400,
        {
            "Error": [
                {"Message": "Error parsing query", "Detail": f"QueryParserError: {words}", "code": "4000"}
            ],
            "type": "ValidationFault",
        },
    )


@pytest.mark.parametrize(("statement", "word", "line", "column"), _PLACES)
def test_a_statement_outside_the_grammar_is_4000_with_word_and_place(
    client: Any, statement: str, word: str, line: int, column: int
) -> None:
    error = client.query(statement).json()["Fault"]["Error"][0]

    assert (error["code"], error["Detail"].partition("\n")[0]) == (
        "4000",
        f'QueryParserError: Encountered " {word}" at line {line}, column {column}.',
    )


@pytest.mark.parametrize(("statement", "words"), _VALIDATION)
def test_a_statement_about_what_is_not_there_is_4001(client: Any, statement: str, words: str) -> None:
    answer = client.query(statement)

    assert (answer.status_code, answer.json()["Fault"]) == (
        400,
        {
            "Error": [
                {"Message": "Invalid query", "Detail": f"QueryValidationError: {words}", "code": "4001"}
            ],
            "type": "ValidationFault",
        },
    )


def test_an_id_that_is_no_number_is_2030(client: Any) -> None:
    answer = client.query("select * from Vendor where Id = ''")

    assert answer.json()["Fault"] == {
        "Error": [
            {
                "Message": "Invalid ID",
                "Detail": "Id should be a valid number. Supplied value:",
                "code": "2030",
                "element": "Id",
            }
        ],
        "type": "ValidationFault",
    }


def test_an_id_is_not_compared_with_more_or_less(client: Any) -> None:
    error = client.query("select * from Vendor where Id > '5'").json()["Fault"]["Error"][0]

    assert error["code"] == "4001"


def test_a_field_that_no_page_marks_is_accepted_where_the_switch_says_so(client: Any) -> None:
    statement = "select count(*) from Customer where Notes = 'a'"
    refused = client.query(statement).status_code

    client.sandbox.control("switches", unmarked_filter="accept")

    assert (refused, client.query(statement).json()["QueryResponse"]) == (400, {"totalCount": 0})
