"""An application's access key, without its secret."""

from __future__ import annotations

import msgspec

from conductor.client.orkes.models.access_key_status import AccessKeyStatus


class AccessKey(msgspec.Struct, rename="camel"):
    """`created_at` is in epoch milliseconds."""

    id: str
    status: AccessKeyStatus
    created_at: int
