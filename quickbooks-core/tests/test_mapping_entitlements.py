"""Entitlements come as XML of their own dialect and become a document like every other."""

from __future__ import annotations

import pytest
from quickbooks_core.catalog import by_name
from quickbooks_core.entitlements import NotEntitlements, from_xml
from quickbooks_core.mapping import to_document, to_row

ENTITLEMENTS = by_name("Entitlements")
PLUS = b"""<?xml version="1.0" encoding="UTF-8"?>
<EntitlementsResponse>
  <QboCompany>true</QboCompany>
  <PlanName>Plus &amp; more</PlanName>
  <MaxUsers>5</MaxUsers>
  <CurrentUsers>2</CurrentUsers>
  <DaysRemainingTrial>-1</DaysRemainingTrial>
  <Entitlement id="10"><name>Classes</name><term>On</term></Entitlement>
  <Entitlement id="11"><name>Budgets</name><term>Off</term></Entitlement>
  <Thresholds>
    <Threshold><name>Users</name><limit>5</limit><enforced>true</enforced></Threshold>
  </Thresholds>
  <Novelty since="2030">yes</Novelty>
</EntitlementsResponse>"""


def test_every_element_finds_its_column():
    row = to_row(ENTITLEMENTS, from_xml(PLUS, "123"))

    assert row == {
        "id": "qbk_ent123",
        "qbo_company": True,
        "plan_name": "Plus & more",
        "max_users": 5,
        "current_users": 2,
        "days_remaining_trial": -1,
        "entitlement": [
            {"id": "10", "name": "Classes", "term": "On"},
            {"id": "11", "name": "Budgets", "term": "Off"},
        ],
        "thresholds": {"Threshold": [{"name": "Users", "limit": "5", "enforced": "true"}]},
        "extra": {"Novelty": {"since": "2030", "value": "yes"}},
    }
    assert to_document(ENTITLEMENTS, row) == from_xml(PLUS, "123")


def test_a_single_entitlement_is_a_list_too():
    body = b"<EntitlementsResponse><Entitlement id='1'><name>a</name></Entitlement></EntitlementsResponse>"

    assert from_xml(body, "1")["Entitlement"] == [{"id": "1", "name": "a"}]


def test_a_company_without_quickbooks_online_has_a_row():
    body = b"<EntitlementsResponse><QboCompany>false</QboCompany></EntitlementsResponse>"

    assert to_row(ENTITLEMENTS, from_xml(body, "1")) == {"id": "qbk_ent1", "qbo_company": False}


def test_a_value_of_another_type_stays_in_extra():
    body = b"<EntitlementsResponse><MaxUsers>Unlimited</MaxUsers></EntitlementsResponse>"

    assert to_row(ENTITLEMENTS, from_xml(body, "1")) == {"id": "qbk_ent1", "extra": {"MaxUsers": "Unlimited"}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"fault": {}}',
        b"<html><body>Sign in</body></html>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><EntitlementsResponse/>',
    ],
)
def test_what_is_no_entitlements_answer_is_refused(body):
    with pytest.raises(NotEntitlements):
        from_xml(body, "1")
