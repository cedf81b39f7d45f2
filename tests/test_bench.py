"""What `make bench` concludes from what it has seen, and what it writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from million import full_minutes
from processes import Watch, name_of
from report import BEGIN, END, Section, Table, write


def test_only_minutes_that_lie_wholly_inside_the_run_are_counted() -> None:
    every_second = [float(second) for second in range(63)]

    minutes = full_minutes(every_second)

    assert minutes == [60.0, 60.0, 60.0]


def test_a_run_shorter_than_a_minute_has_none() -> None:
    moments = [0.0, 30.0, 59.9]

    minutes = full_minutes(moments)

    assert minutes == []


def test_a_steady_rate_is_the_same_in_every_minute_whatever_the_burst_before_it() -> None:
    burst_then_nothing = [minute * 60.5 + place / 8 for minute in range(3) for place in range(400)]

    minutes = full_minutes(burst_then_nothing)

    assert (min(minutes), max(minutes)) == (396.0, 400.0)


def test_only_the_measured_part_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Speed\n\n{BEGIN}\nold\n{END}\n\n## How\n")

    write(page, "Here.", [Section("Rows", "Fast.", Table(("Part", "s"), [("all", "1")]))])

    assert page.read_text() == (
        f"# Speed\n\n{BEGIN}\nHere.\n\n## Rows\n\nFast.\n\n| Part | s |\n| --- | ---: |\n| all | 1 |\n{END}\n\n## How\n"
    )


def test_a_page_without_a_measured_part_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Speed\n")

    with pytest.raises(ValueError, match="has no part between"):
        write(page, "Here.", [])

    assert page.read_text() == "# Speed\n"


def test_what_a_child_uses_is_counted_under_its_own_name(tmp_path: Path) -> None:
    program = tmp_path / "spinner"
    program.write_text(
        "import sys, time\n"
        "held = bytearray(64 << 20)\n"
        "while time.process_time() < 0.5: pass\n"
        "print('done', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with (
        subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child,
        Watch(child.pid) as watch,
    ):
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        name = name_of(child.pid)

        child.stdin.close()
        child.wait()

    used = watch.of("spinner")
    assert (name, 0.3 < used.cpu_s < 0.8, 64 < used.peak_mb < 150) == ("spinner", True, True)
