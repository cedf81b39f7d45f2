"""Queued changes of rows become writes to QuickBooks, each once."""
