"""Every package's tests share the fixtures of quickbooks_demo.testing."""

pytest_plugins = ["quickbooks_demo.testing"]
