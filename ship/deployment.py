"""A deployment: environment, templates, package, and the outputs known so far."""

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
    """Deployment of the templates and the package to an environment.

    :param outputs: outputs of the stacks and of the upload that are known so far.
    """

    environment: Environment
    dist: Path = DIST
    folder: Path = TEMPLATES
    show: Show = print
    poll_seconds: float = 5.0
    outputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def checked(cls, environment: Environment, **more: Any) -> Deployment:
        """Return the deployment after checking the account and the names of the parameters.

        :raises SystemExit: when a check fails; nothing was changed.
        """
        caller = environment.check_account()
        deployment = cls(environment, **more)
        if unknown := unknown_in(environment.given, deployment.folder):
            raise SystemExit(f"{environment.name}: no template has the parameters {', '.join(unknown)}")
        deployment.environment = environment.deployed_by(caller)
        return deployment

    @property
    def templates(self) -> list[Template]:
        """The templates of the environment's stacks."""
        return read_templates(self.environment.stacks, self.folder)

    @property
    def changer(self) -> Changer:
        """The changer of the stacks."""
        return Changer(self.environment.client("cloudformation"), self.show, poll_seconds=self.poll_seconds)

    def stack_name(self, template: Template) -> str:
        """Return the name of a template's stack."""
        return f"{self.environment.name_prefix}-{template.name}"

    @property
    def bucket(self) -> str | None:
        """The bucket of the MWAA environment; None when no stack creates one and the file names none."""
        return {**self.outputs, **self.environment.given}.get("AirflowBucket")

    def check_package(self) -> None:
        """Check that the package exists.

        :raises SystemExit: when a part of it is missing.
        """
        if missing := [name for name in (*upload.VERSIONED, upload.DAGS) if not (self.dist / name).exists()]:
            raise SystemExit(f"{self.dist} has no {', '.join(missing)}: run make package. Nothing was changed.")

    def check_available(self, template: Template, names: list[str]) -> None:
        """Check that the file or an earlier step provides these parameters, before anything is changed.

        :raises SystemExit: when a parameter would have no value.
        """
        names_in_order = [earlier.name for earlier in self.templates]
        before = self.templates[: names_in_order.index(template.name)]
        provided = set(upload.VERSIONED.values()).union(*(earlier.outputs for earlier in before))
        if missing := [name for name in names if name not in provided]:
            raise SystemExit(
                f"{template.name}.yaml needs {', '.join(missing)}, which no earlier stack provides. Add it under "
                f'"parameters" in the file of {self.environment.name}. Nothing was changed.'
            )

    def difference(self) -> upload.Difference:
        """Compare the package with the bucket, which must exist."""
        return upload.compare(self.environment.client("s3"), str(self.bucket), self.dist)
