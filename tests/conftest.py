"""Settings that must stand before any test imports a library that reads them once."""

import os

os.environ["OMP_THREAD_LIMIT"] = "1"  # ngspice's BSIM4 starts threads; several runs at once would fight over the cores
os.environ["OMP_NUM_THREADS"] = "1"  # torch reads this one, and miscounts its threads where it does not know the limit
os.environ["MPLBACKEND"] = "Agg"
