"""Stands in for `python`, `dvc` and `locomo` on the PATH of a test's project: the program runs in a fork of server.py.

    python -I -S client.py NAME ARGUMENT...

Where a warm process could behave otherwise than a new one (other settings of the interpreter, options, another user),
and where there is no server, the real program is run instead.
"""

import array
import json
import os
import signal
import socket
import sys

SOCKET, REAL, SEEN = "LOCOMO_TEST_WARM_SOCKET", "LOCOMO_TEST_WARM_REAL", "LOCOMO_TEST_WARM_SEEN"
READ_EARLY = (
    *("PYTHON", "LC_", "LANG", "TZ", "HF_", "TRANSFORMERS_", "TORCH", "OMP_", "NLTK_", "TIKTOKEN_", "GX_", "TERM"),
    *("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_", "DVC_", "GIT_", "XDG_", "HOME", "TMPDIR", "LD_", "MALLOC"),
)
"""How the names of variables begin that libraries may read when they are imported."""
PER_CALL = ("PYTHONPATH", "DVC_STAGE", "DVC_ROOT", "DVC_EXP", "DVC_STUDIO", "DVCLIVE")
"""Those among them that the server sets for each program, or that are read when they are needed."""


def read_early(environment):
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(READ_EARLY) and not name.startswith(PER_CALL)
    }


def can_be_warm(name, arguments):
    if SOCKET not in os.environ or read_early(os.environ) != json.loads(os.environ[SEEN]):
        return False
    if os.pathsep in os.environ.get("PYTHONPATH", ""):  # modules that stand in for others
        return False
    if name == "python":
        return bool(arguments) and (arguments[0] == "-c" or arguments[0].endswith(".py"))
    return True


def main():
    name, *arguments = sys.argv[1:]
    if can_be_warm(name, arguments):
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(os.environ[SOCKET])
        except OSError:
            server = None
        if server is not None:
            job = {"name": name, "arguments": arguments, "folder": os.getcwd(), "parent": os.getppid()}
            message = json.dumps(job | {"environment": dict(os.environ)}).encode()
            descriptors = array.array("i", (0, 1, 2))
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)]
            server.sendmsg([len(message).to_bytes(8, "big")], rights)
            server.sendall(message)
            code = server.recv(1)
            if not code:  # it was killed
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(code[0])
    real = os.path.join(os.environ[REAL], name)
    os.execv(real, [real, *arguments])  # noqa: S606


if __name__ == "__main__":
    main()
