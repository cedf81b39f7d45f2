"""Makes the shared fixtures known to the tests of every package."""

pytest_plugins = ["quickbooks_demo.testing"]
