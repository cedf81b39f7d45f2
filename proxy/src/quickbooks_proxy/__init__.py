"""A proxy in front of the mirror: it relays byte for byte, and SQL that writes becomes writes to QuickBooks."""
