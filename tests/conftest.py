"""What every test relies on: threads that wait without spinning, since tests often share their cores."""

import os

# Read by OpenMP when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
