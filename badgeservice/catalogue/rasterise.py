"""A process of its own that turns one SVG drawing into PNG and ends.

resvg is fast and draws well, but a hostile drawing can crash its process or fill the memory of the
machine. Here it may crash: the process has nothing but the drawing, and little of everything.
`artwork.render` runs this file by its path, so that nothing of the service is imported.

Standard input: the SVG. Arguments: width, height, font files. Standard output: the PNG.
"""

from __future__ import annotations

import resource
import sys

import resvg_py

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 10


def main() -> None:
    """Render standard input to standard output within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    # No file can be written, no process started, no core dumped.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    width, height, *fonts = sys.argv[1:]
    png = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode("utf-8"),
        # Given both, resvg cannot be made to allocate what the drawing asks for.
        width=int(width),
        height=int(height),
        skip_system_fonts=True,
        font_files=fonts,
        font_family="Atkinson Hyperlegible Next",
    )
    sys.stdout.buffer.write(png)


if __name__ == "__main__":
    main()
