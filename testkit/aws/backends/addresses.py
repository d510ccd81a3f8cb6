"""Loopback addresses, one for each task: Linux answers on all of 127.0.0.0/8, so that each can have the same port.

Several servers hand out addresses at once. Whoever holds an address holds an abstract socket of that name too, which
the kernel gives to one process at a time and takes back when that process ends.
"""
import random
import socket


class Address:
    """An address that is nobody else's until it is released."""

    def __init__(self):
        while True:
            numbers = random.randrange(16, 255), random.randrange(256), random.randrange(1, 255)
            self.text = ".".join(map(str, (127, *numbers)))
            self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            try:
                self._claim.bind(f"\0refractory-task/{self.text}")
                return
            except OSError:
                self._claim.close()

    @property
    def host_name(self):
        """As Fargate names a task's machine: after its address, and so another at each start."""
        return f"ip-{self.text.replace('.', '-')}.internal"

    def release(self):
        self._claim.close()
