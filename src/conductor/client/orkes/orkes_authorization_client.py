"""Users, groups, roles, applications and permissions (Orkes servers)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from conductor.client.http.models.authentication_config import AuthenticationConfig
from conductor.client.http.models.authorization_request import AuthorizationRequest
from conductor.client.http.models.conductor_application import ConductorApplication
from conductor.client.http.models.conductor_user import ConductorUser
from conductor.client.http.models.create_or_update_application_request import CreateOrUpdateApplicationRequest
from conductor.client.http.models.create_or_update_role_request import CreateOrUpdateRoleRequest
from conductor.client.http.models.generate_token_request import GenerateTokenRequest
from conductor.client.http.models.group import Group
from conductor.client.http.models.role import Role
from conductor.client.http.models.subject_ref import SubjectRef
from conductor.client.http.models.tag_object import TagObject
from conductor.client.http.models.target_ref import TargetRef
from conductor.client.http.models.upsert_group_request import UpsertGroupRequest
from conductor.client.http.models.upsert_user_request import UpsertUserRequest
from conductor.client.orkes.models.access_key import AccessKey
from conductor.client.orkes.models.access_type import AccessType
from conductor.client.orkes.models.created_access_key import CreatedAccessKey
from conductor.client.orkes.models.granted_permission import GrantedPermission
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient

T = TypeVar("T")


def _as(answer: Any, kind: type[T]) -> T:
    """An answer whose type the server's document leaves open, as what it is."""
    return msgspec.convert(answer, kind, strict=False)


def _granted(answer: Any) -> list[GrantedPermission]:
    granted: list[GrantedPermission] = _as((answer or {}).get("grantedAccess", []), list[GrantedPermission])
    return granted


class OrkesAuthorizationClient(OrkesBaseClient):
    """Everything about who may do what."""

    def create_application(
        self, create_or_update_application_request: CreateOrUpdateApplicationRequest
    ) -> ConductorApplication:
        """Make an application."""
        return _as(
            self.applicationResourceApi.create_application(create_or_update_application_request), ConductorApplication
        )

    def get_application(self, application_id: str) -> ConductorApplication:
        """An application."""
        return _as(self.applicationResourceApi.get_application(application_id), ConductorApplication)

    def list_applications(self) -> list[ConductorApplication]:
        """All applications."""
        return self.applicationResourceApi.list_applications()

    def update_application(
        self, create_or_update_application_request: CreateOrUpdateApplicationRequest, application_id: str
    ) -> ConductorApplication:
        """Change an application."""
        return _as(
            self.applicationResourceApi.update_application(create_or_update_application_request, application_id),
            ConductorApplication,
        )

    def delete_application(self, application_id: str) -> None:
        """Remove an application."""
        self.applicationResourceApi.delete_application(application_id)

    def add_role_to_application_user(self, application_id: str, role: str) -> None:
        """Give an application a role."""
        self.applicationResourceApi.add_role_to_application_user(application_id, role)

    def remove_role_from_application_user(self, application_id: str, role: str) -> None:
        """Take a role from an application."""
        self.applicationResourceApi.remove_role_from_application_user(application_id, role)

    def set_application_tags(self, tags: list[MetadataTag], application_id: str) -> None:
        """Replace an application's tags."""
        self.applicationResourceApi.put_tags_for_application(tags, application_id)

    def get_application_tags(self, application_id: str) -> list[TagObject]:
        """An application's tags."""
        return self.applicationResourceApi.get_tags_for_application(application_id)

    def delete_application_tags(self, tags: list[MetadataTag], application_id: str) -> None:
        """Take tags off an application."""
        self.applicationResourceApi.delete_tags_for_application(tags, application_id)

    def create_access_key(self, application_id: str) -> CreatedAccessKey:
        """Make an access key; only now is its secret told."""
        return _as(self.applicationResourceApi.create_access_key(application_id), CreatedAccessKey)

    def get_access_keys(self, application_id: str) -> list[AccessKey]:
        """An application's access keys."""
        return _as(self.applicationResourceApi.get_access_keys(application_id), list[AccessKey])

    def toggle_access_key_status(self, application_id: str, key_id: str) -> AccessKey:
        """Switch an access key on or off."""
        return _as(self.applicationResourceApi.toggle_access_key_status(application_id, key_id), AccessKey)

    def delete_access_key(self, application_id: str, key_id: str) -> None:
        """Remove an access key."""
        self.applicationResourceApi.delete_access_key(application_id, key_id)

    def get_app_by_access_key_id(self, access_key_id: str) -> Any:
        """The application that an access key belongs to."""
        return self.applicationResourceApi.get_app_by_access_key_id(access_key_id)

    def upsert_user(self, upsert_user_request: UpsertUserRequest, user_id: str) -> ConductorUser:
        """Make a user, or change it."""
        return _as(self.userResourceApi.upsert_user(upsert_user_request, user_id), ConductorUser)

    def get_user(self, user_id: str) -> ConductorUser:
        """A user."""
        return _as(self.userResourceApi.get_user(user_id), ConductorUser)

    def list_users(self, apps: bool | None = False) -> list[ConductorUser]:
        """All users, with `apps` also those that are applications."""
        return self.userResourceApi.list_users(apps=apps)

    def delete_user(self, user_id: str) -> None:
        """Remove a user."""
        self.userResourceApi.delete_user(user_id)

    def check_permissions(self, user_id: str, target_type: str, target_id: str) -> Any:
        """What a user may do to a target."""
        return self.userResourceApi.check_permissions(user_id, type=target_type, id=target_id)

    def upsert_group(self, upsert_group_request: UpsertGroupRequest, group_id: str) -> Group:
        """Make a group, or change it."""
        return _as(self.groupResourceApi.upsert_group(upsert_group_request, group_id), Group)

    def get_group(self, group_id: str) -> Group:
        """A group."""
        return _as(self.groupResourceApi.get_group(group_id), Group)

    def list_groups(self) -> list[Group]:
        """All groups."""
        return self.groupResourceApi.list_groups()

    def delete_group(self, group_id: str) -> None:
        """Remove a group."""
        self.groupResourceApi.delete_group(group_id)

    def add_user_to_group(self, group_id: str, user_id: str) -> None:
        """Put a user into a group."""
        self.groupResourceApi.add_user_to_group(group_id, user_id)

    def get_users_in_group(self, group_id: str) -> list[ConductorUser]:
        """A group's users."""
        return _as(self.groupResourceApi.get_users_in_group(group_id), list[ConductorUser])

    def remove_user_from_group(self, group_id: str, user_id: str) -> None:
        """Take a user out of a group."""
        self.groupResourceApi.remove_user_from_group(group_id, user_id)

    def add_users_to_group(self, group_id: str, user_ids: list[str]) -> None:
        """Put users into a group."""
        self.groupResourceApi.add_users_to_group(group_id, user_ids)

    def remove_users_from_group(self, group_id: str, user_ids: list[str]) -> None:
        """Take users out of a group."""
        self.groupResourceApi.remove_users_from_group(group_id, user_ids)

    def grant_permissions(self, subject: SubjectRef, target: TargetRef, access: list[AccessType]) -> None:
        """Let a subject do something to a target."""
        self.authorizationResourceApi.grant_permissions(
            AuthorizationRequest(subject=subject, target=target, access=[*access])
        )

    def remove_permissions(self, subject: SubjectRef, target: TargetRef, access: list[AccessType]) -> None:
        """Let a subject no longer do something to a target."""
        self.authorizationResourceApi.remove_permissions(
            AuthorizationRequest(subject=subject, target=target, access=[*access])
        )

    def get_permissions(self, target: TargetRef) -> dict[str, list[SubjectRef]]:
        """Who may do what to a target."""
        return _as(
            self.authorizationResourceApi.get_permissions(target.type or "", target.id or ""),
            dict[str, list[SubjectRef]],
        )

    def get_granted_permissions_for_group(self, group_id: str) -> list[GrantedPermission]:
        """A group's permissions."""
        return _granted(self.groupResourceApi.get_granted_permissions1(group_id))

    def get_granted_permissions_for_user(self, user_id: str) -> list[GrantedPermission]:
        """A user's permissions."""
        return _granted(self.userResourceApi.get_granted_permissions(user_id))

    def generate_token(self, key_id: str, key_secret: str) -> Any:
        """A token for a key."""
        return self.tokenResourceApi.generate_token(GenerateTokenRequest(key_id=key_id, key_secret=key_secret))

    def get_user_info_from_token(self) -> Any:
        """Who we are."""
        return self.tokenResourceApi.get_user_info()

    def list_all_roles(self) -> list[Role]:
        """All roles."""
        return self.roleResourceApi.list_all_roles()

    def list_system_roles(self) -> dict[str, Role]:
        """The roles that the server brings."""
        return _as(self.roleResourceApi.list_system_roles(), dict[str, Role])

    def list_custom_roles(self) -> list[Role]:
        """The roles that were made here."""
        return self.roleResourceApi.list_custom_roles()

    def list_available_permissions(self) -> Any:
        """All permissions that a role may have."""
        return self.roleResourceApi.list_available_permissions()

    def create_role(self, create_role_request: CreateOrUpdateRoleRequest) -> Any:
        """Make a role."""
        return self.roleResourceApi.create_role(create_role_request)

    def get_role(self, role_name: str) -> Any:
        """A role."""
        return self.roleResourceApi.get_role(role_name)

    def update_role(self, role_name: str, update_role_request: CreateOrUpdateRoleRequest) -> Any:
        """Change a role."""
        return self.roleResourceApi.update_role(role_name, update_role_request)

    def delete_role(self, role_name: str) -> None:
        """Remove a role."""
        self.roleResourceApi.delete_role(role_name)

    def create_gateway_auth_config(self, auth_config: AuthenticationConfig) -> str:
        """Make a gateway configuration; its id."""
        return self.gatewayAuthResourceApi.create_config(auth_config)

    def get_gateway_auth_config(self, config_id: str) -> AuthenticationConfig:
        """A gateway configuration."""
        return self.gatewayAuthResourceApi.get_config(config_id)

    def list_gateway_auth_configs(self) -> list[AuthenticationConfig]:
        """All gateway configurations."""
        return self.gatewayAuthResourceApi.list_all_configs()

    def update_gateway_auth_config(self, config_id: str, auth_config: AuthenticationConfig) -> None:
        """Change a gateway configuration."""
        self.gatewayAuthResourceApi.update_config(config_id, auth_config)

    def delete_gateway_auth_config(self, config_id: str) -> None:
        """Remove a gateway configuration."""
        self.gatewayAuthResourceApi.delete_config(config_id)
