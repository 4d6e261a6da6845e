"""Where and when something was measured, in words."""

import datetime
import os
import platform
import time


def processor():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def description():
    return f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}, {datetime.date.today()}"


def busy_and_all():
    """CPU time in ticks since boot, of all cores: not idle, and altogether."""
    with open("/proc/stat") as lines:
        ticks = [int(field) for field in lines.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


class Quiet:
    """Whether others were using the cores: asked before and after a measurement, while nothing of ours runs. What is
    measured in seconds, and not as a ratio within one round, says nothing otherwise."""

    LIMIT = 0.1  # of all cores

    def __init__(self):
        self.seen = self.look()

    @staticmethod
    def look():
        busy, total = busy_and_all()
        time.sleep(1)
        busy_now, total_now = busy_and_all()
        return (busy_now - busy) / max(total_now - total, 1)

    def doubt(self):
        """Why there can be no verdict, or nothing."""
        self.seen = max(self.seen, self.look())
        return f"too noisy, others were using {self.seen:.0%} of the cores" if self.seen > self.LIMIT else None
