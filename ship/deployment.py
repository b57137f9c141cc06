"""What is deployed where: an environment, the templates, the package, and what is known of them by now."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.stacks import TEMPLATES, Template, read_templates, unknown_in
from ship import upload
from ship.changes import Changer, Show
from ship.environments import Environment

DIST = Path(__file__).resolve().parent.parent / "dist"


@dataclass(slots=True)
class Deployment:
    """What is deployed where.

    :param outputs: of the stacks and of the upload, as far as they are known by now.
    """

    environment: Environment
    dist: Path = DIST
    folder: Path = TEMPLATES
    show: Show = print
    poll_seconds: float = 5.0
    outputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def checked(cls, environment: Environment, **more: Any) -> Deployment:
        """Return the deployment, once it is sure that the account is the right one and every parameter has a place.

        :raises SystemExit: saying what is wrong; nothing was changed.
        """
        caller = environment.check_account()
        made = cls(environment, **more)
        if unknown := unknown_in(environment.given, made.folder):
            raise SystemExit(f"{environment.name}: no template has a parameter {', '.join(unknown)}")
        made.environment = environment.deployed_by(caller)
        return made

    @property
    def templates(self) -> list[Template]:
        """The templates of the environment's stacks."""
        return read_templates(self.environment.stacks, self.folder)

    @property
    def changer(self) -> Changer:
        """What changes the stacks."""
        return Changer(self.environment.client("cloudformation"), self.show, poll_seconds=self.poll_seconds)

    def stack_name(self, template: Template) -> str:
        """Return what a template's stack is called here."""
        return f"{self.environment.name_prefix}-{template.name}"

    @property
    def bucket(self) -> str | None:
        """The bucket of the MWAA environment; None when no stack makes one and the file names none."""
        return {**self.outputs, **self.environment.given}.get("AirflowBucket")

    def check_package(self) -> None:
        """Refuse to begin without a package."""
        if missing := [name for name in (*upload.VERSIONED, upload.DAGS) if not (self.dist / name).exists()]:
            raise SystemExit(f"{self.dist} has no {', '.join(missing)}: make package. Nothing was changed.")

    def check_will_come(self, template: Template, names: list[str]) -> None:
        """Refuse what would fail in the middle: a value that neither the file gives nor an earlier step will."""
        before = self.templates[: [one.name for one in self.templates].index(template.name)]
        coming = set(upload.VERSIONED.values()).union(*(one.outputs for one in before))
        if never := [name for name in names if name not in coming]:
            raise SystemExit(
                f"{template.name}.yaml needs {', '.join(never)}, which no stack before it gives. Name it under "
                f'"parameters" in the file of {self.environment.name}. Nothing was changed.'
            )

    def difference(self) -> upload.Difference:
        """Compare the package with the bucket, which must be there."""
        return upload.compare(self.environment.client("s3"), str(self.bucket), self.dist)
