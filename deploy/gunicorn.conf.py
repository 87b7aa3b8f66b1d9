"""How gunicorn serves badgeservice, everywhere: by hand, by systemd, in a container, in the drills.

    gunicorn --config deploy/gunicorn.conf.py wsgi:app

What differs from place to place comes from the environment, or from gunicorn's own options, which
win over this file. Why each figure is what it is: docs/decisions/0030-serving.md.
"""

import ctypes
import gc
import os
import sys
from contextlib import suppress

bind = os.environ.get("BIND", "127.0.0.1:8000")
# One process and many threads: several processes share one machine's database as well, but each
# has its own verifying workers. Two or more are for several cores (docs/deployment.md).
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "gthread"
# As many as may be inside the gate and wait before it (`Settings.requests_at_once` and
# `.requests_waiting`), and a few who turn the rest away and answer whoever watches.
_at_once = int(os.environ.get("BADGESERVICE_REQUESTS_AT_ONCE") or 6)
threads = _at_once + 8 * _at_once + 4

# A process that hangs as a whole is ended after a minute; a request of its own has no such limit.
timeout = 60
# After SIGTERM: what has begun is finished, which takes less than this (a verification 20 s at
# most); lists of badges, which may take ten minutes, are cut off and say so by their missing end.
graceful_timeout = 30
# Longer than the proxy in front keeps an idle connection, so that it is never closed under it.
keepalive = 75
worker_connections = 1000
# Memory stays flat (the drill `overload`): nobody is restarted for its sake.
max_requests = 0
# Each worker reads files and keys for itself: what forks afterwards shares little and starts no
# sooner, and nothing that a thread holds is copied into a child.
preload_app = False
# The heartbeat is a file; on a disk that is busy it would come late.
worker_tmp_dir = "/dev/shm"
# No second door: whoever may end the process can do so with a signal.
control_socket_disable = True
# Requests are logged by the application, without paths and addresses.
accesslog = None
loglevel = "warning"


if "PROMETHEUS_MULTIPROC_DIR" in os.environ:

    def child_exit(_server: object, worker: object) -> None:
        """Let the numbers of a process that has ended no longer count as alive."""
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[attr-defined,no-untyped-call]


_M_ARENA_MAX = -8  # malloc.h of glibc


def post_fork(_server: object, _worker: object) -> None:
    """Let all threads share two pools of memory; glibc would make one for every few of them."""
    with suppress(AttributeError):  # another C library has no such thing
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def post_worker_init(_worker: object) -> None:
    """Let threads take turns twenty-five times as often as usual.

    Under load a short answer (health, refusal) waits for each of the threads before it, and again
    whenever it has read or sent something.
    """
    sys.setswitchinterval(0.0002)
    # What has been loaded stays: looking through it for garbage would stop every thread meanwhile.
    gc.collect()
    gc.freeze()
