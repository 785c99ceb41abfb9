"""Program that decodes AEDAT 4 with the library aedat for `aedat4`; needs nothing of this project.

A line of input is a path as JSON. The answer is a line of JSON, ``{"problem": text}`` or ``{"size": [height, width],
"events": n}``; the second is followed by time (int64), x, y (int16) and polarity (uint8) of the events, by columns.
"""

import json
import os
import sys


def decode(path: str) -> tuple[dict[str, object], list[bytes]]:
    """Answer for one file: its first stream of events."""
    import aedat
    import numpy as np

    decoder = aedat.Decoder(path)
    streams = {i: stream for i, stream in decoder.id_to_stream().items() if stream["type"] == "events"}
    if not streams:
        return {"problem": "has no stream of events"}, []
    first = min(streams)
    packets = [packet["events"] for packet in decoder if packet["stream_id"] == first]
    size = [streams[first].get("height"), streams[first].get("width")]
    if not packets:
        return {"size": size, "events": 0}, []
    table = np.concatenate(packets)
    columns = zip(("t", "x", "y", "on"), ("<i8", "<i2", "<i2", "u1"), strict=True)
    return {"size": size, "events": len(table)}, [table[name].astype(kind).tobytes() for name, kind in columns]


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever the library prints
    for line in sys.stdin:
        try:
            head, columns = decode(json.loads(line))
        except BaseException as error:  # the library's panics are no Exception
            head, columns = {"problem": f"is damaged: {error}"[:300]}, []
        answers.write(json.dumps(head).encode() + b"\n" + b"".join(columns))
        answers.flush()


if __name__ == "__main__":
    main()
