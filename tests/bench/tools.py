# SPDX-License-Identifier: GPL-2.0-only
"""The tracers that are measured: how each is started, when it is ready, and what it has captured."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

CALLS = "shmget shmat shmdt shmctl semget semctl msgget msgctl".split()
LIFE_SIZE, FAIL_ID = "40961", "-47110"  # tests/bench/calls.c: nobody else has these
BUFFER = 8 << 20  # bytes in all, of those that have a buffer: shmtrace's default

# What each call has, for bpftrace: shmtrace prints the same.
ARGUMENTS = {
    "shmget": ("key", "size", "shmflg"),
    "shmat": ("shmid", "shmaddr", "shmflg"),
    "shmdt": ("shmaddr",),
    "shmctl": ("shmid", "cmd", "buf"),
    "semget": ("key", "nsems", "semflg"),
    "semctl": ("semid", "semnum", "cmd", "arg"),
    "msgget": ("key", "msgflg"),
    "msgctl": ("msqid", "cmd", "buf"),
}


class Failure(Exception):
    """A tracer that does not run here, in its own words."""


def cpu_ns(pid):
    """Processor time of a process that we started, all of its threads."""
    return int(time.clock_gettime((~pid << 3) | 2) * 1e9)  # CPUCLOCK_SCHED


def memory_kb(pid):
    """(now, peak) of a process; the pages of its own, and those that it shares."""
    fields = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M))
    return int(fields.get("VmRSS", 0)), int(fields.get("VmHWM", 0))


def count_lines(path, pattern):
    """How many lines of a file match; grep, since these files are long."""
    found = subprocess.run(["grep", "-acE", "--", pattern, path], stdout=subprocess.PIPE,
                           env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    return int(found.stdout or 0)


class Tool:
    """A tracer with a process of its own, which watches the whole machine."""

    wraps = False  # it starts what it traces
    events = True  # it captures something
    stop_signal = signal.SIGINT

    def __init__(self, key, name, argv, ready=None):
        self.key = key
        self.name = name
        self.argv = argv
        self.ready = ready  # what it says on standard error; None: when the first call is there

    def start(self, directory, workload=(), sink=None):
        """workload: of a tool that wraps, the command and its pipes. sink: instead of its output."""
        self.output = os.path.join(directory, "output")
        self.messages = os.path.join(directory, "messages")
        argv = [a.replace("OUTPUT", sink or self.output) for a in self.argv] + list(workload)
        environment = dict(os.environ, BPFTRACE_PERF_RB_PAGES=str(BUFFER // 4096 // os.cpu_count()))
        for path in (self.output, self.messages):
            open(path, "w").close()
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) \
            if self.wraps else dict(stdin=subprocess.DEVNULL,
                                    stdout=open(self.output, "w") if self.to_stdout()
                                    else subprocess.DEVNULL)
        try:
            self.process = subprocess.Popen(argv, stderr=open(self.messages, "w"),
                                            env=environment, **pipes)
        except OSError as error:
            raise Failure(f"{argv[0]}: {error.strerror}") from error
        return self.process

    def to_stdout(self):
        return "OUTPUT" not in " ".join(self.argv)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Failure(self.last_words())

    def last_words(self):
        text = open(self.messages, errors="replace").read().strip()
        if not text and os.path.getsize(self.output) < 4096:
            text = open(self.output, errors="replace").read().strip()
        return text.splitlines()[-1] if text else f"ended with status {self.process.returncode}"

    def is_ready(self):
        if self.ready:
            return self.ready in open(self.messages, errors="replace").read()
        return count_lines(self.output, self.probe_pattern()) > 0

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while not self.is_ready():
            self.check_alive()
            if time.monotonic() > end:
                raise Failure(f"saw no call for {seconds} s: {self.last_words()}")
            time.sleep(0.02)

    def stop(self, seconds=300):
        if self.process.poll() is None and not self.wraps:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise Failure(f"did not end within {seconds} s: {self.last_words()}") from error

    def probe_pattern(self):
        return r"shmctl\((shmid: )?-1[0-9]{6}\b"

    def first_probe(self, probes):
        """The first of the probes that it has captured, as it was sent; None: none at all."""
        found = subprocess.run(["grep", "-aom1", "-E", "--", r"-1[0-9]{6}\b", self.output],
                               stdout=subprocess.PIPE, text=True).stdout.split()
        return -int(found[0]) - 1000000 if found else None

    def captured(self, kind):
        if kind == "fail":
            return count_lines(self.output, r"shmctl\((shmid: )?" + FAIL_ID + r"\b")
        return count_lines(self.output, r"shmget\(.*" + LIFE_SIZE)


class Nothing(Tool):
    """No tracer at all."""

    events = False

    def __init__(self):
        super().__init__("nothing", "nothing", [])


class Floor(Tool):
    """The empty programs."""

    events = False
    stop_signal = signal.SIGTERM

    def __init__(self, build):
        super().__init__("floor", "empty programs (floor)",
                         [f"{build}/bench/floor", f"{build}/bench/floor.bpf.o", "ledger"],
                         ready="empty programs by")


class Trace(Tool):
    """shmtrace trace."""

    def __init__(self, key, name, build, *options):
        super().__init__(key, name, [f"{build}/shmtrace", "trace", *options, "-o", "OUTPUT"],
                         ready="tracing by")


class Top(Tool):
    """The ledger alone; it prints no call, but how many there were."""

    stop_signal = signal.SIGTERM

    def __init__(self, build):
        super().__init__("top", "shmtrace top --batch", [f"{build}/shmtrace", "top", "--batch", "-J",
                                                         "-d", "100000"], ready="watching by")

    def report(self, pid):
        """Calls of a process, by a report that is made now."""
        size = os.path.getsize(self.output)
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            text = open(self.output).read()[size:]
            if text.endswith("\n"):
                break
            time.sleep(0.05)
        for line in text.splitlines():
            record = json.loads(line)
            if record["type"] == "process" and record["pid"] == pid:
                return record["calls"]
        return 0


class Wrapper(Tool):
    """A tracer that starts the workload, as strace does."""

    wraps = True


def bpftrace_program():
    parts = []
    for call in CALLS:
        names = ARGUMENTS[call]
        keep = ", ".join(["nsecs"] + [f"args->{n}" for n in names])
        form = ", ".join("%p" if n in ("shmaddr", "buf") else "%d" for n in names)
        give = ", ".join(f"@{call}[tid].{i + 1}" for i in range(len(names)))
        parts.append(f"""
tracepoint:syscalls:sys_enter_{call} {{ @{call}[tid] = ({keep}); }}
tracepoint:syscalls:sys_exit_{call} /@{call}[tid].0/ {{
  printf("%llu %d %s {call}({form}) = %d <%d>\\n", @{call}[tid].0, pid, comm, {give}, args->ret,
         nsecs - @{call}[tid].0);
  delete(@{call}[tid]);
}}""")
    parts.append("END { " + " ".join(f"clear(@{c});" for c in CALLS) + " }")
    return "\n".join(parts)


def all_tools(build):
    calls = ",".join(CALLS)
    strace = ["strace", "-f", "-qq", "-e", f"trace={calls}", "-e", "verbose=none", "-o", "OUTPUT"]
    pages = 1
    while pages * 2 * 4096 * os.cpu_count() <= BUFFER:
        pages *= 2
    return [
        Nothing(),
        Floor(build),
        Trace("text", "shmtrace, text", build),
        Trace("json", "shmtrace, JSON", build, "-J"),
        Trace("plain", "shmtrace, text, no ledger", build, "--no-leaks", "--no-explain"),
        Top(build),
        # It looks for the events of tracepoints below debugfs alone.
        Tool("bpftrace", "bpftrace", [
            "unshare", "-m", "sh", "-c", "mountpoint -q /sys/kernel/debug ||"
            " mount -t debugfs debugfs /sys/kernel/debug; exec \"$@\"", "sh",
            "bpftrace", "-B", "full", "-o", "OUTPUT", "-e", bpftrace_program()]),
        Wrapper("perf", "perf trace", ["perf", "trace", "-m", str(pages), "-o", "OUTPUT", "-e",
                                       calls, "--"]),
        Wrapper("strace", "strace -f", strace + ["--"]),
        Wrapper("seccomp", "strace -f --seccomp-bpf", strace + ["--seccomp-bpf", "--"]),
    ]


def version(key):
    """One line that says what was measured; None: there is none."""
    argv = {"bpftrace": ["bpftrace", "--version"], "perf": ["perf", "--version"],
            "strace": ["strace", "--version"]}.get(key)
    if not argv or not shutil.which(argv[0]):
        return None
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
