"""The `quickbooks` command: one module per subcommand."""
