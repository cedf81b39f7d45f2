"""A faithful local QuickBooks Online, for tests, benchmarks and the quickstart."""
