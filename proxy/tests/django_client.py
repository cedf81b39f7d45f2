"""A program with Django's ORM, for the tests: prints as JSON what it has seen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, cast

import django
import psycopg
from django.conf import settings


def refused(asked: Callable[[], Any]) -> list[str | None]:
    """The SQLSTATE and the words of an error."""
    from django.db import DatabaseError

    try:
        asked()
    except DatabaseError as error:
        cause = cast(psycopg.Error, error.__cause__)
        return [cause.sqlstate, cause.diag.message_primary]
    return ["", "nothing was refused"]


def rolled_back(asked: Callable[[], Any]) -> Any:
    """What was seen in a transaction that came to nothing."""
    from django.db import transaction

    with transaction.atomic():
        seen = asked()
        transaction.set_rollback(True)
    return seen


def main() -> dict[str, Any]:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **json.loads(sys.argv[1])}}
    )
    django.setup()
    from django.db import models, transaction

    class Customer(models.Model):
        id = models.TextField(primary_key=True, db_default=models.Value("qbk_pending_"))
        display_name = models.TextField()
        notes = models.TextField(null=True)
        balance = models.DecimalField(null=True, max_digits=20, decimal_places=2)
        active = models.BooleanField(null=True)

        class Meta:
            app_label = "books"
            db_table = "customer"
            managed = False

    made = Customer.objects.create(display_name="Django", active=True)
    one = Customer.objects.get(display_name="Django")
    one.notes = "all columns"
    one.save()
    one.notes = "fields"
    one.save(update_fields=["notes"])
    one.refresh_from_db()
    refreshed = one.notes
    with transaction.atomic():
        locked = Customer.objects.select_for_update().get(pk="qbk_cust1")
        locked.notes = "locked"
        locked.save()
    locked.refresh_from_db()
    updated = Customer.objects.filter(pk=one.pk).update(notes="by query")

    def missing() -> None:
        Customer.objects.filter(pk="qbk_cust1234567").update(notes="x")

    lost = rolled_back(lambda: Customer.objects.create(display_name="Django lost", active=True).pk)
    inside = rolled_back(lambda: refused(missing))
    id = one.pk
    deleted, _ = one.delete()
    return {
        "id": id, "made": made.pk, "refreshed": refreshed, "locked": locked.notes, "updated": updated,
        "outside": refused(missing), "inside": inside, "lost": lost, "deleted": deleted,
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
