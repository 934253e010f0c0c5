"""Flow control of a connection whose input may be held back."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl


class HeldFlow(FlowControl):
    """Flow control under which reading stays paused, whatever else resumes it, while anyone holds it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._holds = 0
        self._wanted = True

    def hold(self) -> None:
        """Pause reading until everyone who holds it has released it."""
        self._holds += 1
        super().pause_reading()

    def release(self) -> None:
        """End one hold."""
        self._holds -= 1
        if self._wanted:
            self.resume_reading()

    def pause_reading(self) -> None:
        """Pause reading until someone resumes it."""
        self._wanted = False
        super().pause_reading()

    def resume_reading(self) -> None:
        """Resume reading, at once or when it is no longer held."""
        self._wanted = True
        if not self._holds:
            super().resume_reading()
