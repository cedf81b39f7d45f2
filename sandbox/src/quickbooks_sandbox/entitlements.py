"""The entitlements of a company: XML without a namespace, at an address of its own."""

from __future__ import annotations

_FEATURES = ("Classes", "Locations", "Inventory", "Budgets", "Purchase orders")


def entitlements() -> str:
    """What the subscription of the sandbox company includes."""
    features = "".join(
        f'<Entitlement id="{place}"><name>{name}</name><term>On</term></Entitlement>'
        for place, name in enumerate(_FEATURES, 1)
    )
    threshold = (
        "<name>Chart of accounts</name><limit>250</limit><enforced>true</enforced>"
        "<currentCount>91</currentCount><aboveThreshold>false</aboveThreshold>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><EntitlementsResponse>'
        "<QboCompany>true</QboCompany><PlanName>QuickBooks Online Plus</PlanName><MaxUsers>5</MaxUsers>"
        f"<CurrentUsers>1</CurrentUsers><DaysRemainingTrial>0</DaysRemainingTrial>{features}"
        f"<Thresholds><threshold>{threshold}</threshold></Thresholds></EntitlementsResponse>"
    )
