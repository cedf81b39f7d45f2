"""Random statements, once on plain tables and once through the proxy with a QuickBooks that refuses nothing."""
