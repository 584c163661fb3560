"""A real cloud in a process of its own, on a free port and in a directory of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gureum.cli.client import Client
from gureum.cli.place import Place
from tests.support.clients import make_client

START_SECONDS = 30.0
_SERVE = """
import sys, json
from pathlib import Path
from gureum.main import Settings, run
options = json.loads(sys.argv[1])
sys.exit(run(Settings(data=Path(options.pop("data")), **options)))
"""


class Cloud:
    """A running cloud.  `options` are those of `gureum.main.Settings`."""

    def __init__(self, data: Path, **options: Any) -> None:
        self.data = data
        self.options = {"port": 0, **options}
        self._log = data.with_name(f"{data.name}.log")
        self.process: subprocess.Popen[bytes]
        self.port = 0

    def start(self) -> Cloud:
        """Start it and wait until it serves; again on the same port when it was started before."""
        self.launch()
        said = self._said.wait(START_SECONDS)
        if not said:
            self.kill()
        assert said, f"the cloud says nothing:\n{self.log()}"
        assert self.process.poll() is None, f"the cloud did not start:\n{self.log()}"
        self.port = json.loads((self.data / "run" / "gureum.json").read_text())["port"]
        return self

    def launch(self) -> None:
        """Start it and do not wait."""
        self.data.mkdir(parents=True, exist_ok=True)
        options = {**self.options, "data": str(self.data), "port": self.port or self.options["port"]}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, json.dumps(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._said = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self.process, self._said), daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """Ask it to stop and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it where it stands."""
        self._end(signal.SIGKILL)

    @property
    def endpoint(self) -> str:
        """What clients take as endpoint URL."""
        return f"http://localhost:{self.port}"

    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this cloud; see `make_client`."""
        return make_client(service, self.endpoint, **options)

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """An operation of the cloud's own service."""
        return Client.of(Place(self.data)).call(operation, **members)

    def advance(self, seconds: float) -> None:
        """Put the clock forward and wait until the controllers have followed."""
        self.call("AdvanceClock", Seconds=seconds)
        assert self.call("GetClock", WaitUntilSettled=True)["Settled"]

    def _listen(self, process: subprocess.Popen[bytes], said: threading.Event) -> None:
        """Keep what the cloud says; it is ready, or over, when it says so."""
        assert process.stderr is not None
        with process.stderr, self._log.open("ab", buffering=0) as log:
            for line in process.stderr:
                log.write(line)
                if b" main ready " in line:
                    said.set()
        process.wait()
        said.set()

    def _end(self, sign: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._listener.join(START_SECONDS)


@contextmanager
def running(data: Path, **options: Any) -> Iterator[Cloud]:
    """A cloud for the length of a block."""
    cloud = Cloud(data, **options).start()
    try:
        yield cloud
    finally:
        cloud.stop()
