"""A switch for Ethernet in this process, whose cables can be pulled, late or lossy.

A kernel can do it with a bridge and `tc netem`, but those of test machines often have neither. TAP devices they have.
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CLONE_NEWNET: Final = 0x40000000
_TUNSETIFF: Final = 0x400454CA
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_MOST_BYTES: Final = 65_536


@dataclass
class Cable:
    """Between a host and the switch.

    Attributes:
        file: the host's device.
        is_cut: whether nothing passes.
        delay_s: how late a frame arrives at the host, seconds.
        loss: share of the frames for the host that are lost.
    """

    file: int
    is_cut: bool = False
    delay_s: float = 0.0
    loss: float = 0.0


class Switch:
    """Passes frames on between hosts, in a thread; close it."""

    def __init__(self) -> None:
        self._cables: dict[int, Cable] = {}
        self._homes: dict[bytes, Cable] = {}
        self._late: list[tuple[float, int, Cable, bytes]] = []
        self._counted = itertools.count()
        self._random = random.Random(1)
        self._poll = select.epoll()
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def connect(self, namespace: str, device: str) -> Cable:
        """A cable to a TAP device of a network namespace that has it already."""
        cable = Cable(_opened_in(namespace, device))
        self._cables[cable.file] = cable
        self._poll.register(cable.file, select.EPOLLIN)
        return cable

    def close(self) -> None:
        """Stop, and pull all cables."""
        self._closing = True
        self._thread.join()
        self._poll.close()
        for file in self._cables:
            os.close(file)

    def _run(self) -> None:
        while not self._closing:
            wait_s = 0.05 if not self._late else min(0.05, max(0.0, self._late[0][0] - time.monotonic()))
            for file, _ in self._poll.poll(wait_s):
                self._pass_on(self._cables[file])
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, cable, frame = heapq.heappop(self._late)
                self._deliver(cable, frame)

    def _pass_on(self, source: Cable) -> None:
        try:
            frame = os.read(source.file, _MOST_BYTES)
        except OSError:
            # Nothing is there, or the device is down.
            return
        if source.is_cut:
            return
        self._homes[frame[6:12]] = source
        home = self._homes.get(frame[:6])
        for cable in [home] if home is not None else [cable for cable in self._cables.values() if cable is not source]:
            if self._random.random() < cable.loss:
                continue
            if cable.delay_s:
                heapq.heappush(self._late, (time.monotonic() + cable.delay_s, next(self._counted), cable, frame))
            else:
                self._deliver(cable, frame)

    def _deliver(self, cable: Cable, frame: bytes) -> None:
        if not cable.is_cut:
            try:
                os.write(cable.file, frame)
            except OSError:
                # The device is going away, or its queue is full: so frames are lost on real cables.
                return


def _opened_in(namespace: str, device: str) -> int:
    """Open a TAP device; only a thread inside its namespace finds it by its name."""
    opened: list[int] = []
    libc = ctypes.CDLL(None, use_errno=True)

    def work() -> None:
        with Path("/run/netns", namespace).open() as inside:
            if libc.setns(inside.fileno(), _CLONE_NEWNET):
                return
        file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TAP | _IFF_NO_PI))
        opened.append(file)

    # The namespace is that of the thread, which ends here.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not opened:
        raise OSError(f"the device {device} of {namespace} cannot be opened")
    return opened[0]
