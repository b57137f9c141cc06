"""Write Airflow's database for the test of FAB, in FAB's environment: the DAGs of two feeds, and users by role.

A user's password is the name; the role has the same name, but for the user whose role is for one DAG only.
"""

from __future__ import annotations

FEEDS = {"synthea_gate": "synthea", "clinic_gate": "clinic"}
USERS = {"viewer": "Viewer", "user": "User", "op": "Op", "admin": "Admin", "clerk": "Clerk", "nobody": "Nobody"}
"""Roles by user: FAB's own, one that may see a single DAG, and one without any permission."""


def main() -> None:
    """Create the tables, the DAGs, the roles and the users."""
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagbundle import DagBundleModel
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    initdb()
    with create_session() as session:
        session.merge(DagBundleModel(name="pages"))
        session.flush()
        for dag_id, feed in FEEDS.items():
            session.merge(DagModel(dag_id=dag_id, bundle_name="pages", is_stale=False, fileloc="x"))  # type: ignore[no-untyped-call]
            session.flush()
            for tag in ("lake-gate", feed):
                session.merge(DagTag(name=tag, dag_id=dag_id))
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        for role in ("Clerk", "Nobody"):
            manager.add_role(role)
        manager.sync_perm_for_dag("clinic_gate", {"Clerk": {"DAGs": {"can_read"}, "DAG Runs": {"can_read"}}})
        for name, role in USERS.items():
            found = manager.find_role(role)
            assert manager.add_user(name, name, name, f"{name}@example.com", found, password=name)


if __name__ == "__main__":
    main()
