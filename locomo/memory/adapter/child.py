"""Run a program that is killed when the process that started it is: `python child.py PARENT_PID PROGRAM ARGUMENTS...`.

An orphan would go on calling models that nobody is waiting for. It needs the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # it holds for the program that replaces this one
        if os.getppid() != int(parent):  # it has died before
            os.kill(os.getpid(), signal.SIGKILL)
    try:
        os.execvp(command[0], command)  # noqa: S606  (a program that the user names)
    except OSError as error:
        sys.exit(f"{command[0]}: cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()
