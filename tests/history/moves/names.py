"""Names come, change, rest and return: customers, vendors, items, accounts and the smaller lists."""

from __future__ import annotations

from history.draw import Body, Draw, ref
from history.operation import Actor, Operation
from history.world import Thing

# What can be deactivated: stock and accounts with postings have rules of their own that nobody has recorded.
RESTING = ("Customer", "Vendor", "Employee", "Class", "Department", "Term", "PaymentMethod", "Item")
# Without a sparse update on their page.
_WHOLE_ONLY = ("Class", "Department", "Term", "PaymentMethod")
_KINDS = {
    "bank": ("Bank", "Checking"),
    "card": ("Credit Card", "CreditCard"),
    "income": ("Income", "SalesOfProductIncome"),
    "cost": ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
    "expense": ("Expense", "OfficeGeneralAdministrativeExpenses"),
    "stock": ("Other Current Asset", "Inventory"),
    "loan": ("Long Term Liability", "NotesPayable"),
}


def account(draw: Draw, kind: str = "") -> Operation:
    """An account, now and then below another of its kind."""
    kind = kind or draw.random.choice(list(_KINDS))
    type_, sub_type = _KINDS[kind]
    body: Body = {"Name": label(draw, "Account"), "AccountType": type_, "AccountSubType": sub_type}
    above = [thing for thing in draw.world.of("Account") if thing.party == kind and not thing.parent]
    parent = draw.pick(above) if draw.chance(25) else None
    if parent:
        body |= {"SubAccount": True, "ParentRef": ref(parent.name)}
    return draw.create("Account", body, party=kind, parent=parent.name if parent else "")


def account_of(draw: Draw, *kinds: str) -> Body:
    """A reference to an account of one of these kinds."""
    found = draw.pick([thing for thing in draw.world.of("Account") if thing.party in kinds])
    assert found, f"a history begins with accounts of {kinds}"
    return ref(found.name)


def label(draw: Draw, entity: str) -> str:
    """A name that nothing else has."""
    # Short enough for every list, also with what QuickBooks appends to an inactive one.
    return f"{entity[:9]} {draw.world.new_name('')[1:]}-{draw.random.randrange(100)}"


def customer(draw: Draw) -> Operation:
    """A customer, or a job of one."""
    body: Body = {"DisplayName": label(draw, "Customer")}
    parent = draw.pick([thing for thing in draw.world.active("Customer") if depth(draw, thing) < 3])
    if parent is None or draw.chance(65):
        return draw.create("Customer", body)
    return draw.create("Customer", {**body, "Job": True, "ParentRef": ref(parent.name)}, parent=parent.name)


def depth(draw: Draw, thing: Thing) -> int:
    """How deep it stands: the top is 1."""
    return 1 + (depth(draw, draw.world.things[thing.parent]) if thing.parent else 0)


def vendor(draw: Draw) -> Operation:
    """A vendor, with terms if there are any."""
    body: Body = {"DisplayName": label(draw, "Vendor")}
    term = draw.active("Term")
    return draw.create("Vendor", {**body, "TermRef": ref(term.name)} if term and draw.chance(30) else body)


def employee(draw: Draw) -> Operation:
    """An employee."""
    return draw.create("Employee", {"GivenName": "Employee", "FamilyName": label(draw, "Employee")})


def item(draw: Draw, kind: str = "") -> Operation:
    """A service, a good, or a good with stock."""
    kind = kind or draw.random.choice(("Service", "NonInventory", "Inventory"))
    body: Body = {
        "Name": label(draw, "Item"),
        "Type": kind,
        "UnitPrice": draw.cents() / 100,
        "IncomeAccountRef": account_of(draw, "income"),
    }
    if kind != "Service":
        body |= {"ExpenseAccountRef": account_of(draw, "cost"), "PurchaseCost": draw.cents() / 100}
    if kind == "Inventory":
        body |= {
            "TrackQtyOnHand": True,
            "QtyOnHand": draw.random.randint(0, 20),
            "InvStartDate": "@day-30",
            "AssetAccountRef": account_of(draw, "stock"),
        }
    return draw.create("Item", body, party=kind)


def small(draw: Draw, entity: str) -> Operation:
    """A class, department, term, payment method, agency or note."""
    name = label(draw, entity)
    bodies: dict[str, Body] = {
        "Attachable": {"Note": name},
        "TaxAgency": {"DisplayName": name},
        "Term": {"Name": name, "DueDays": draw.random.choice((0, 10, 30))},
    }
    return draw.create(entity, bodies.get(entity, {"Name": name}))


def renamed(draw: Draw) -> Operation | None:
    """Another name; what stands below follows."""
    thing = draw.pick(draw.world.active(*RESTING, "Account"))
    if thing is None:
        return None
    key = "DisplayName" if thing.entity in ("Customer", "Vendor", "Employee") else "Name"
    new = label(draw, thing.entity)
    return draw.change(thing, {key: new}, "replace" if thing.entity in _WHOLE_ONLY else "")


def repriced(draw: Draw) -> Operation | None:
    """An item with another price, cost, or account: what was booked stays booked."""
    thing = draw.active("Item")
    if thing is None:
        return None
    changes: Body = {"UnitPrice": draw.cents() / 100}
    if "PurchaseCost" in thing.body and draw.chance(50):
        changes["PurchaseCost"] = draw.cents() / 100
    if draw.chance(30):
        changes["IncomeAccountRef"] = account_of(draw, "income")
    return draw.change(thing, changes)


def moved(draw: Draw) -> Operation | None:
    """A customer without jobs becomes the job of another."""
    world = draw.world
    thing = draw.pick([one for one in world.active("Customer") if not world.children(one.name)])
    if thing is None:
        return None
    parent = draw.pick([one for one in world.active("Customer") if depth(draw, one) < 3 and one is not thing])
    if parent is None:
        return None
    operation = draw.change(thing, {"Job": True, "ParentRef": ref(parent.name)}, "update")
    thing.parent = parent.name if not operation.expects else thing.parent
    return operation


def rests(draw: Draw) -> Operation | None:
    """A name is made inactive; one with a balance is refused."""
    world = draw.world
    fit = [thing for thing in world.active(*RESTING) if thing.party != "Inventory"]
    thing = draw.pick([one for one in fit if not world.children(one.name)])
    if thing is None:
        return None
    changes: Body = {"Active": False}
    if thing.entity in ("Customer", "Vendor") and world.balance(thing.name):
        return Operation(Actor.CLIENT, "update", thing.entity, thing.name, '{"Active": false}', "6220")
    if world.names_inactive(thing.body):
        return draw.change(thing, changes, "replace")
    operation = draw.change(thing, changes, "replace" if thing.entity in _WHOLE_ONLY else "")
    thing.active = False
    return operation


def returns(draw: Draw) -> Operation | None:
    """An inactive name is used again."""
    thing = draw.pick([one for one in draw.world.of(*RESTING) if not one.active])
    if thing is None:
        return None
    operation = draw.change(thing, {"Active": True}, "replace" if thing.entity in _WHOLE_ONLY else "")
    thing.active = thing.active or not operation.expects
    return operation
