"""`meltano run` for real, in a project directory of its own beside the checkout's."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quickbooks_demo.child import Child, program, start_child
from quickbooks_demo.environment import clean_environment

_CONFIGURATION = ("meltano.yml", "plugins.txt")
_PLUGIN_DIRECTORIES = ("extractors", "loaders", "utilities")


@dataclass(frozen=True)
class Pipeline:
    """A Meltano project that shares the checkout's plugin environments, and nothing else."""

    project: Path
    environment: Mapping[str, str]
    begin: Callable[..., Child] = start_child

    def start(self, action: str, *arguments: str) -> Child:
        """Start `meltano <action> ...`; its output goes to the child's log."""
        # The plugins are those of the checkout; what would be installed again is looked for beside this project.
        options = ["--no-install"] if action in ("run", "invoke") else []
        command = [program("meltano"), "--log-format=uncolored", action, *options, *arguments]
        variables = {
            **clean_environment(),
            **self.environment,
            "MELTANO_PROJECT_ROOT": str(self.project),
        }
        return self.begin(command, self.project, variables, cwd=self.project)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run `meltano ...` to its end; its exit code and what it said."""
        child = self.start(*arguments)
        try:
            child.process.wait()
        finally:
            child.stop()
        return child.process.returncode, child.words()


def new_project(checkout: Path, project: Path) -> Path:
    """A project directory with the checkout's configuration and plugins, and a state of its own."""
    (project / ".meltano").mkdir(parents=True, exist_ok=True)
    for name in _CONFIGURATION:
        shutil.copyfile(checkout / name, project / name)
    for name in _PLUGIN_DIRECTORIES:
        link = project / ".meltano" / name
        link.unlink(missing_ok=True)
        link.symlink_to((checkout / ".meltano" / name).resolve())
    return project


def loader_url(url: str) -> str:
    """A database URL as the loader's SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
