"""The mirror beside the company: what differs, and its repair."""
