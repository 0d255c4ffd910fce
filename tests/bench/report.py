# SPDX-License-Identifier: GPL-2.0-only
"""Many sessions summed up: medians, ratios within each round, and how far they lie apart."""

import os
import platform
import re
import statistics
import time

import tools

CALLS_OF = {"fail": 1, "single": 1, "life": 4, "other": 1}  # system calls of one round
HEAD = ["", "fails at once", "", "every 100 us", "", "makes a segment", "", "not traced", ""]
BUDGET = {"text": 1.0, "json": 1.5, "top": 0.5}  # us of the tracer's own processor time an event


def spread(values):
    """Median, and the quartiles around it; of fewer than three, the ends."""
    values = sorted(values)
    if not values:
        return None
    if len(values) < 3:
        return {"median": statistics.median(values), "low": values[0], "high": values[-1]}
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high}


def by_round(sessions):
    return {session["round"]: session for session in sessions}


def added(sessions, base, kind, n):
    """ns that the tracer adds to one call, in one round."""
    return (sessions[n][kind]["median"] - base[n][kind]["median"]) / CALLS_OF[kind]


def ratios(sessions, others, base, kind):
    """Added cost of one by that of another, in the same round."""
    values = []
    for n in sessions:
        if n in others and n in base:
            below = added(others, base, kind, n)
            if below > 0:
                values.append(added(sessions, base, kind, n) / below)
    return spread(values)


def total(sessions, kind, key):
    return sum(session[kind].get(key, 0) for session in sessions)


def sum_up(tool, sessions, floor, base):
    entry = {"name": tool.name, "sessions": len(sessions)}
    mine = by_round(sessions)
    for kind in CALLS_OF:
        entry[kind] = {
            "ns": spread([s[kind]["median"] / CALLS_OF[kind] for s in sessions]),
            "cheapest_ns": min(s[kind]["min"] for s in sessions) / CALLS_OF[kind],
            "added_ns": spread([added(mine, base, kind, n) for n in mine if n in base]),
            "by_floor": ratios(mine, floor, base, kind),
        }
        if tool.events and kind != "other":
            captured = total(sessions, kind, "captured")
            entry[kind].update(
                calls=total(sessions, kind, "calls"), lost=total(sessions, kind, "lost"),
                cpu_us=spread([s[kind]["cpu_ns"] / s[kind]["captured"] / 1e3
                               for s in sessions if s[kind]["captured"]]) if captured else None)
    for key in ("start_ms", "rss_kb", "peak_kb"):
        values = [s[key] for s in sessions if s.get(key) is not None]
        if values:
            entry[key] = spread(values)
    return entry


def machine(load_before):
    found = re.search(r"^model name\s*: (.*)", open("/proc/cpuinfo").read(), re.M)
    return {"kernel": platform.release(), "processors": os.cpu_count(),
            "model": found.group(1) if found else platform.machine(),
            "virtual": "hypervisor" in open("/proc/cpuinfo").read(),
            "load": load_before}


def summary(chosen, sessions, failures, load, load_before):
    base, floor = by_round(sessions["nothing"]), by_round(sessions["floor"])
    result = {"version": 1, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
              "machine": machine(load_before), "tools": {}, "compared": {}, "load": {}}
    for tool in chosen:
        if sessions[tool.key]:
            entry = sum_up(tool, sessions[tool.key], floor, base)
        else:
            entry = {"name": tool.name, "sessions": 0}
        if tool.key in failures:
            entry["failure"] = failures[tool.key]
        if tools.version(tool.key):
            entry["version"] = tools.version(tool.key)
        result["tools"][tool.key] = entry
    for ours in ("text", "json", "plain", "top"):
        if sessions.get(ours):
            result["compared"][ours] = {
                other: {kind: ratios(by_round(sessions[other]), by_round(sessions[ours]), base,
                                     kind) for kind in CALLS_OF if kind != "other"}
                for other in ("bpftrace", "perf", "strace", "seccomp") if sessions.get(other)}
    for key, entry in load.items():
        result["load"][key] = dict(entry, name=result["tools"][key]["name"],
                                   cpu_us=entry["cpu_ns"] / entry["calls"] / 1e3)
    result["sessions"] = sessions
    return result


def number(value, digits=0):
    return "-" if value is None else f"{value:.{digits}f}"


def middle(value, digits=0):
    return "-" if not value else number(value["median"], digits)


def around(value, digits=0):
    """Median and half the distance of the quartiles."""
    if not value:
        return "-"
    return f"{value['median']:.{digits}f} ±{(value['high'] - value['low']) / 2:.{digits}f}"


def print_rows(head, rows):
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    for row in [head] + rows:
        print("  ".join([row[0].ljust(widths[0])] +
                        [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]).rstrip())


def print_costs(entries):
    print("Added to one call, ns (median over the rounds, ± half the distance of the quartiles), and"
          "\nthat by the floor's, within the same round:\n")
    rows = []
    for entry in entries:
        if not entry["sessions"]:
            continue
        row = [entry["name"]]
        for kind in CALLS_OF:
            if entry["name"] == "nothing":
                row += [f"({middle(entry[kind]['ns'])})", ""]
            else:
                row += [around(entry[kind]["added_ns"]), middle(entry[kind]["by_floor"], 1) + "x"]
        rows.append(row)
    print_rows(HEAD, rows)
    for entry in entries:
        if "failure" in entry:
            print(f"{entry['name']}: {entry['failure']}")


def print_cheapest(tools_by_key):
    """What others do on the machine makes a batch dearer, and never cheaper."""
    base, floor = tools_by_key["nothing"], tools_by_key["floor"]
    if not base["sessions"] or not floor["sessions"]:
        return
    print("\nThe same of the cheapest batch of all rounds, which a busy machine disturbs least:\n")
    rows = []
    for key, entry in tools_by_key.items():
        if key == "nothing" or not entry["sessions"]:
            continue
        row = [entry["name"]]
        for kind in CALLS_OF:
            more = entry[kind]["cheapest_ns"] - base[kind]["cheapest_ns"]
            below = floor[kind]["cheapest_ns"] - base[kind]["cheapest_ns"]
            row += [number(more), number(more / below, 1) + "x" if below > 0 else "-"]
        rows.append(row)
    print_rows(HEAD, rows)


def print_tracers(entries):
    print("\nThe tracer itself: its processor time, lost events, start to the first event, memory:\n")
    rows = []
    for entry in entries:
        if not entry["sessions"] or "calls" not in entry["fail"]:
            continue
        lost = sum(entry[kind].get("lost", 0) for kind in CALLS_OF)
        calls = sum(entry[kind].get("calls", 0) for kind in CALLS_OF)
        rows.append([entry["name"], around(entry["fail"]["cpu_us"], 2),
                     around(entry["single"]["cpu_us"], 2),
                     around(entry["life"]["cpu_us"], 2),
                     f"{lost} of {calls}" if lost else "0", middle(entry.get("start_ms"), 0),
                     number(entry["rss_kb"]["median"] / 1024, 1),
                     number(entry["peak_kb"]["high"] / 1024, 1)])
    print_rows(["", "us an event, fails", "every 100 us", "makes", "lost", "start, ms", "MB", "peak"], rows)


def print_compared(result):
    if not any(result["compared"].values()):
        return
    print("\nTimes what shmtrace adds, in the same round (fails at once / every 100 us / makes a segment):\n")
    others = [k for k in ("bpftrace", "perf", "strace", "seccomp")
              if any(k in entry for entry in result["compared"].values())]
    rows = []
    for ours, entry in result["compared"].items():
        rows.append([result["tools"][ours]["name"]] +
                    [" / ".join(middle(entry[o][kind]) for kind in ("fail", "single", "life"))
                     for o in others])
    print_rows([""] + [result["tools"][o]["name"] for o in others], rows)


def print_load(result):
    if not result["load"]:
        return
    entries = result["load"].values()
    print(f"\nAll processors call for {next(iter(entries))['seconds']:.0f} s:\n")
    print_rows(["", "calls/s", "lost", "us an event", "budget", "peak MB"],
               [[e["name"], number(e["calls"] / e["seconds"]), str(e["lost"]),
                 number(e["cpu_us"], 2), number(BUDGET[key], 1), number(e["peak_kb"] / 1024, 1)]
                for key, e in result["load"].items()])


def print_tables(result):
    about = result["machine"]
    entries = list(result["tools"].values())
    print(f"Linux {about['kernel']}, {about['processors']} processors, {about['model']}"
          f"{', virtual: read ratios' if about['virtual'] else ''}; load before {about['load']:.1f}")
    print(", ".join(e["version"] for e in entries if "version" in e) + "\n")
    if about["load"] > 0.5 * about["processors"]:
        print("Others keep this machine busy: medians say little, see the cheapest batches.\n")
    print_costs(entries)
    print_cheapest(result["tools"])
    print_tracers(entries)
    print_compared(result)
    print_load(result)
