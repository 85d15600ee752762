"""Runs a command and prints, as JSON, its exit code, wall and CPU seconds and peak memory (ru_maxrss).

usage: measure.py COMMAND ARGUMENT...
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawnp(
    sys.argv[1],
    sys.argv[1:],
    os.environ,
    file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)],
)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
print(
    json.dumps(
        {
            "code": os.waitstatus_to_exitcode(status),
            "wallSeconds": wall,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakBytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }
    )
)
