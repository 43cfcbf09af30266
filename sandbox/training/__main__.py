"""`accelerate launch -m sandbox.training DATA ...`: what `sandbox train DATA ...` is, in each of several processes.

The launcher tells each by variables (RANK, WORLD_SIZE) which one it is. Knows no option.
"""

import runpy
import sys

sys.argv.insert(1, "train")
runpy.run_module("sandbox", run_name="__main__")
