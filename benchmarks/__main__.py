"""`make bench`: every benchmark, one after the other, or those that are named."""

import asyncio
import importlib
import os
import platform
import sys

ALL = (
    "core", "start", "size", "events", "engine", "acts", "rungs", "messages", "recommendations", "pages", "said_before",
    "deaths", "keeping",
)  # fmt: skip


def main(names: list[str]) -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores", flush=True)
    for name in names or ALL:
        print(f"\n{name}", flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "run"):
            asyncio.run(module.run())
        else:
            module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
