"""One run of morph-kgc, with the Python of its own environment; says how long the work took, imports aside."""

import json
import runpy
import time

import morph_kgc  # type: ignore[import-not-found] # noqa: F401 - loaded before the clock starts, as ours is

if __name__ == "__main__":
    start = time.perf_counter()
    runpy.run_module("morph_kgc", run_name="__main__")
    print(json.dumps({"inner": time.perf_counter() - start}))
