"""A program with Django's ORM, for the tests: prints as JSON what it has seen."""

from __future__ import annotations

import json
import sys
from typing import Any

import django
from django.conf import settings


def main() -> dict[str, Any]:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **json.loads(sys.argv[1])}}
    )
    django.setup()
    from django.db import DatabaseError, models, transaction

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
    try:
        Customer.objects.filter(pk="qbk_cust1234567").update(notes="x")
        error = ""
    except DatabaseError as refused:
        error = str(refused).splitlines()[0]
    one.delete()
    return {
        "id": one.pk or Customer.objects.get(display_name__startswith="Django").pk,
        "made": made.pk, "refreshed": refreshed, "locked": locked.notes, "updated": updated, "error": error,
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
