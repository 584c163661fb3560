"""boto3 clients of a cloud: stock ones, and one that still speaks a service's older protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

import gureum.services

REGION = "us-east-1"


def make_client(
    service: str,
    endpoint: str,
    *,
    protocol: str | None = None,
    key: tuple[str, str] = ("test", "test"),
    token: str | None = None,
    region: str = REGION,
    **config: Any,
) -> Any:
    """A boto3 client.

    `protocol` makes it speak a protocol that botocore's model does not name any more; `config` goes to botocore.
    """
    session = botocore.session.Session()
    session.register_component("data_loader", _loader(service, protocol))
    settings = {"retries": {"total_max_attempts": 1}, "max_pool_connections": 50, **config}
    return boto3.Session(botocore_session=session).client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=token,
        config=Config(**settings),
    )


class _Loader(botocore.loaders.Loader):
    """Loads botocore's models, one of them changed."""

    def __init__(self, service: str, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(extra_search_paths=[botocore.loaders.Loader.BUILTIN_DATA_PATH])
        self._service = service
        self._change = change

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model = super().load_service_model(service_name, type_name, api_version)
        if service_name == self._service and type_name == "service-2":
            model = json.loads(json.dumps(model))
            self._change(model)
        return model


@cache
def _loader(service: str, protocol: str | None) -> botocore.loaders.Loader:
    if protocol is None:
        return botocore.loaders.create_loader()
    directory = Path(gureum.services.__file__).parent / service
    overlays = [directory / "common.json", directory / f"{protocol}.json"]

    def change(model: dict[str, Any]) -> None:
        for overlay in overlays:
            if overlay.exists():
                _merge(model, json.loads(overlay.read_text()))
        model["metadata"]["protocol"] = protocol
        model["metadata"]["protocols"] = [protocol]
        model["metadata"].pop("awsQueryCompatible", None)

    return _Loader(service, change)


def _merge(document: dict[str, Any], overlay: dict[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        else:
            document[key] = value
