"""The quotas of SQS, units in their names.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html,
quotas-fifo.html, quotas-messages.html and quotas-policies.html of the same guide.
"""

from __future__ import annotations

from typing import Final

name_characters_max: Final = 80
deleted_name_ms: Final = 60_000
"""How long the name of a deleted queue stays taken."""
purge_interval_ms: Final = 60_000

delay_seconds_max: Final = 900
message_bytes_min: Final = 1024
message_bytes_max: Final = 1024 * 1024
"""Of a message, and of all messages of a batch together; 256 KiB until August 2025."""
retention_seconds_min: Final = 60
retention_seconds_max: Final = 14 * 24 * 3600
retention_seconds_default: Final = 4 * 24 * 3600
receive_wait_seconds_max: Final = 20
visibility_seconds_max: Final = 12 * 3600
"""Also the longest that a message stays hidden after one receive, however often that is prolonged."""
visibility_seconds_default: Final = 30
data_key_seconds_min: Final = 60
data_key_seconds_max: Final = 24 * 3600
data_key_seconds_default: Final = 300
"""How long SQS uses a data key of KMS; without KMS there is nothing to set."""

receive_messages_max: Final = 10
batch_entries_max: Final = 10
batch_id_characters_max: Final = 80
message_attributes_max: Final = 10
attribute_name_characters_max: Final = 256
attribute_type_characters_max: Final = 256
id_characters_max: Final = 128
"""Of message group, deduplication and receive request attempt ids."""

in_flight_max: Final = 120_000
fifo_calls_per_second_max: Final = 300
"""Per queue and kind of call without high throughput, per message group with it; a batch is one call."""
deduplication_ms: Final = 5 * 60_000
receive_attempt_ms: Final = 5 * 60_000

max_receive_count_max: Final = 1000
redrive_sources_max: Final = 10

tags_max: Final = 50
tag_key_characters_max: Final = 128
tag_value_characters_max: Final = 256

list_results_max: Final = 1000

policy_bytes_max: Final = 8192
policy_statements_max: Final = 20
policy_principals_max: Final = 50
policy_actions_max: Final = 7
"""Per statement."""

move_messages_per_second_max: Final = 500
move_task_ms_max: Final = 36 * 3600 * 1000
move_tasks_listed_max: Final = 10
move_tasks_active_max: Final = 100
"""Per account."""
