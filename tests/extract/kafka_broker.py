"""A Kafka broker in a process of its own: librdkafka's, which speaks the real protocol.

Says its address, then takes a line of JSON at a time, ``[partition, [message, ...]]`` with messages in hexadecimal or
null, and answers ``produced`` when the broker has them. Ends when nobody writes to it any more.
"""

import json
import sys

from confluent_kafka import Producer

TOPIC = "shop-events"


def main() -> None:
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    print(f"{broker.host}:{broker.port}", flush=True)
    for line in sys.stdin:
        partition, messages = json.loads(line)
        for message in messages:
            value = None if message is None else bytes.fromhex(message)
            producer.produce(TOPIC, value=value, partition=partition)
        producer.flush()
        print("produced", flush=True)


if __name__ == "__main__":
    main()
