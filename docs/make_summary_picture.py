"""Draw the summary of a real run, as a terminal shows it, into docs/summary.svg.

python docs/make_summary_picture.py runs/<run> [WIDTH]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from pytest_mlebench.reporting.reading import read_records
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.terminal import rich_lines

PICTURE = Path(__file__).parent / "summary.svg"

THEME = TerminalTheme(
    (22, 27, 34),
    (214, 220, 228),
    [
        (110, 118, 129),
        (255, 123, 114),
        (86, 211, 100),
        (227, 179, 65),
        (108, 182, 255),
        (219, 137, 255),
        (86, 212, 221),
        (214, 220, 228),
    ],
)

# Rich's own picture fetches a font; this one takes the reader's monospaced font, each text stretched to its columns.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>Summary of a run: medal table, totals and pass@k</title>
<style>
text {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }}
.{unique_id}-matrix {{ font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 16px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture(run: Path, width: int) -> str:
    """The picture as SVG; raises SystemExit where the run has no attempt."""
    records, warnings = read_records(run)
    for warning in warnings:
        print(warning, file=sys.stderr)
    if not records:
        raise SystemExit(f"{run}: no attempt to show")
    console = Console(
        file=io.StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor", highlight=False
    )
    console.print(*rich_lines(Summary(records), width=width), sep="\n")
    return console.export_svg(
        title=f"pytest --mlebench-agent={records[0].agent}", theme=THEME, code_format=FORMAT, unique_id="summary"
    )


def main(arguments: list[str]) -> None:
    """Draw the run named first, in as many columns as named second."""
    if not 1 <= len(arguments) <= 2 or (arguments[1:] and not arguments[1].isdigit()):
        raise SystemExit(__doc__)
    svg = picture(Path(arguments[0]), int(arguments[1]) if arguments[1:] else 100)
    PICTURE.write_text(svg, encoding="utf-8")
    print(f"{PICTURE}: {len(svg.encode()) / 1024:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
