"""Where and when something was measured, in words."""

import datetime
import os
import platform


def processor():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def description():
    return f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}, {datetime.date.today()}"
