"""What tests of writing share: a company that changes are written to, and a table of values that columns take."""

from writes.company import Company

__all__ = ["Company"]
