"""Registered services and their methods (Orkes servers)."""

from __future__ import annotations

from conductor.client.http.models.circuit_breaker_transition_response import CircuitBreakerTransitionResponse
from conductor.client.http.models.proto_registry_entry import ProtoRegistryEntry
from conductor.client.http.models.service_method import ServiceMethod
from conductor.client.http.models.service_registry import ServiceRegistry
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesServiceRegistryClient(OrkesBaseClient):
    """Everything under `/registry/service`."""

    def get_registered_services(self) -> list[ServiceRegistry]:
        """All services."""
        return self.serviceRegistryResourceApi.get_registered_services()

    def get_service(self, name: str) -> ServiceRegistry:
        """A service."""
        return self.serviceRegistryResourceApi.get_service(name)

    def add_or_update_service(self, service_registry: ServiceRegistry) -> None:
        """Register a service, or replace it."""
        self.serviceRegistryResourceApi.add_or_update_service(service_registry)

    def remove_service(self, name: str) -> None:
        """Remove a service."""
        self.serviceRegistryResourceApi.remove_service(name)

    def open_circuit_breaker(self, name: str) -> CircuitBreakerTransitionResponse:
        """Let no more calls through."""
        return self.serviceRegistryResourceApi.open_circuit_breaker(name)

    def close_circuit_breaker(self, name: str) -> CircuitBreakerTransitionResponse:
        """Let calls through again."""
        return self.serviceRegistryResourceApi.close_circuit_breaker(name)

    def get_circuit_breaker_status(self, name: str) -> CircuitBreakerTransitionResponse:
        """Whether calls go through."""
        return self.serviceRegistryResourceApi.get_circuit_breaker_status(name)

    def is_circuit_breaker_open(self, name: str) -> bool:
        """Whether no calls go through."""
        return self.get_circuit_breaker_status(name).current_state == "OPEN"

    def add_or_update_method(self, registry_name: str, method: ServiceMethod) -> None:
        """Add a method to a service, or replace it."""
        self.serviceRegistryResourceApi.add_or_update_method(registry_name, method)

    def remove_method(self, registry_name: str, service_name: str, method: str, method_type: str) -> None:
        """Remove a method of a service."""
        self.serviceRegistryResourceApi.remove_method(registry_name, service_name, method, method_type)

    def get_proto_data(self, registry_name: str, filename: str) -> bytes:
        """A proto file."""
        return self.serviceRegistryResourceApi.get_proto_data(registry_name, filename)

    def set_proto_data(self, registry_name: str, filename: str, data: bytes) -> None:
        """Keep a proto file."""
        self.serviceRegistryResourceApi.set_proto_data(registry_name, filename, data)

    def delete_proto(self, registry_name: str, filename: str) -> None:
        """Remove a proto file."""
        self.serviceRegistryResourceApi.delete_proto(registry_name, filename)

    def get_all_protos(self, registry_name: str) -> list[ProtoRegistryEntry]:
        """The proto files of a service."""
        return self.serviceRegistryResourceApi.get_all_protos(registry_name)

    def discover(self, name: str, create: bool | None = False) -> list[ServiceMethod]:
        """The methods that a service offers."""
        return self.serviceRegistryResourceApi.discover(name, create=create or None)

    def get_queue_sizes_for_all_tasks(self) -> dict[str, int]:
        """How many tasks wait, by type."""
        return self.taskResourceApi.all()
