"""Random companies and their histories, from a seed: one generator for every test under stress.

`operations` decides what happens, `Runner` makes it happen at any address, `findings` recomputes the books of a
company from what the API gives of it. None of them knows how the sandbox works.
"""

from history.checks import findings
from history.company import Company, read_company
from history.generator import History, operations
from history.operation import Actor, Operation
from history.runner import Runner, Surprise

__all__ = [
    "Actor",
    "Company",
    "History",
    "Operation",
    "Runner",
    "Surprise",
    "findings",
    "operations",
    "read_company",
]
