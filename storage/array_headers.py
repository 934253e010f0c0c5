"""One thread at a time parses headers of arrays."""

import threading
from typing import Final

# NumPy parses them with `ast`. In Python 3.11 two threads that do so at once disturb each other, whatever the headers
# hold: "SystemError: AST constructor recursion depth mismatch".
ONE_HEADER_AT_A_TIME: Final = threading.Lock()
