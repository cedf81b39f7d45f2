"""The database side: migrations, merge, fence, roles and their state."""
