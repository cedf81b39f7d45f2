"""The one-command demo: embedded Postgres, sandbox and pipeline."""
