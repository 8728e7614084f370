"""What all tests share: shape annotations are checked, and one thread is enough."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["pytester"]  # pytest within pytest, for the plugin's own tests
