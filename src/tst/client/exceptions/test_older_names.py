"""What older code imports still does its job."""

from __future__ import annotations

import pytest

from conductor.client.event.queue.kafka_queue_configuration import (
    KafkaConsumerConfiguration,
    KafkaProducerConfiguration,
    KafkaQueueConfiguration,
)
from conductor.client.exceptions.api_error import APIError, APIErrorCode
from conductor.client.exceptions.api_exception_handler import api_exception_handler, for_all_methods
from conductor.client.helpers.helper import ObjectMapper
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.rest import ApiException
from conductor.client.http.thread import AwaitableThread


def test_an_api_error_can_be_printed_and_classified() -> None:
    """str() of an APIError is a line; its status has a name."""

    @for_all_methods(api_exception_handler, exclude=["left_alone"])
    class Client:
        def call(self) -> None:
            raise ApiException(status=404, reason="Not Found")

        def left_alone(self) -> None:
            raise ApiException(status=409, reason="Conflict")

    with pytest.raises(APIError, match="404") as caught:
        Client().call()
    assert APIErrorCode(caught.value.status or 0) is APIErrorCode.NOT_FOUND
    assert APIErrorCode(503) is APIErrorCode.UNKNOWN
    with pytest.raises(ApiException) as other:
        Client().left_alone()
    assert not isinstance(other.value, APIError)


def test_objects_become_json_values_and_come_back() -> None:
    """ObjectMapper turns a model into the wire's names and such a dict into the model."""
    mapper, definition = ObjectMapper(), TaskDef(name="t", retry_count=2)
    plain = mapper.to_json(definition)
    assert (plain["name"], plain["retryCount"]) == ("t", 2)
    assert mapper.from_json(plain, TaskDef) == definition


def test_a_thread_gives_its_answer_or_its_error() -> None:
    """AwaitableThread.get() returns the value and raises what the call raised."""
    assert AwaitableThread(target=lambda a, b: a + b, args=(1,), kwargs={"b": 2}).get() == 3
    with pytest.raises(ZeroDivisionError):
        AwaitableThread(target=lambda: 1 / 0).get()


def test_a_queue_configuration_needs_both_sides() -> None:
    """A Kafka queue says which side is missing, and else gives both."""
    queue = KafkaQueueConfiguration("orders")
    queue.add_consumer(KafkaConsumerConfiguration("a:9092"))
    with pytest.raises(ValueError, match="no producer"):
        queue.get_worker_configuration()
    queue.add_producer(KafkaProducerConfiguration("b:9092"))
    assert queue.get_worker_configuration() == {
        "consumer": {"bootstrap.servers": "a:9092"},
        "producer": {"bootstrap.servers": "b:9092"},
    }
