"""``python -m ipcircuit``."""

import sys

from ipcircuit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
