"""Who may do what in the containers' Airflow; named by AIRFLOW__CORE__AUTH_MANAGER."""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser


class Roles(SimpleAuthManager):
    """Airflow's simple auth manager, in which only an admin deletes a DAG, its runs or its history.

    Its role *user* may, which is more than an analyst needs to see and trigger.
    """

    def is_authorized_dag(
        self,
        *,
        method: ResourceMethod,
        user: SimpleAuthManagerUser,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
    ) -> bool:
        """Whether the user may do this to the DAG, or to the part of it that ``access_entity`` names."""
        if method == "DELETE" and not self._is_admin(user):
            return False
        allowed: bool = super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )
        return allowed
