"""QuickBooks' query language: text → syntax → one SQL statement."""
