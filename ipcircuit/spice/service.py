"""What a simulator worker does: greet, then answer until its parent hangs up. Started by `workers`."""

from __future__ import annotations

import gc
import os
from multiprocessing.connection import Connection

from ipcircuit.spice import sandbox
from ipcircuit.spice.protocol import Hello, Series
from ipcircuit.spice.session import Session
from ipcircuit.spice.session_series import SeriesRuns


def serve(descriptor: int) -> None:
    """Main loop of a worker: greet, then answer each `Request` with a `Reply` until the parent hangs up."""
    with Connection(descriptor) as line:
        try:
            session = Session()
        except OSError as error:
            line.send(Hello(None, None, str(error)))
            return
        gc.freeze()  # what is there now stays: no reason to look through it again and again
        protections = sandbox.confine()  # now that the library, its start-up files and code models are mapped
        line.send(Hello(session.version, session.library, None, session.build, session.files, protections))
        while True:
            try:
                asked = line.recv()
                if isinstance(asked, Series):
                    SeriesRuns(session, asked, line.send).answer()
                else:
                    line.send(session.run(asked))
            except (EOFError, BrokenPipeError):
                return
            except KeyboardInterrupt:
                os._exit(130)  # a run may still be under way in the library's thread
