"""Prints the table of ratios once all methods are timed."""

import os

import shape_checks

shape_checks.HOOK.uninstall()  # checks would be timed as well

# Libraries ask for threads in ways of their own, and JAX takes more than it is allowed: one core
# makes it one thread for all. Threads inherit the core, so this comes before any are started.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def pytest_terminal_summary(terminalreporter, config):
    session = getattr(config, "_benchmarksession", None)
    timed = [b for b in session.benchmarks if "step" in b.extra_info] if session else []
    if not timed:
        return
    terminalreporter.section("one step of one run, on one thread")
    line = "{:22} {:10} {:>10} {:>14} {:>22}"
    head = ("size", "method", "µs", "× the loop", "of matrix-product rate")
    terminalreporter.write_line(line.format(*head))
    for bench in timed:
        info = bench.extra_info
        (loop,) = (
            b.extra_info for b in timed if b.group == bench.group and b.params["method"] == "loop"
        )
        terminalreporter.write_line(
            line.format(
                bench.group,
                bench.params["method"],
                f"{info['step'] * 1e6:.0f}",
                f"{loop['step'] / info['step']:.1f}",
                f"{info['rate'] / info['peak']:.0%}" if "peak" in info else "",
            )
        )
