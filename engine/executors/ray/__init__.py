"""The same jobs on a Ray cluster: work is cut where it is independent, and the pieces are done wherever there is room.

    address.py       from `--on` to a connected driver, or one clear line
    pool.py          the driver's side: hands pieces to workers, follows them, does lost ones again, brings results home
    worker.py        the node's side: one actor that does one piece after the other in a scratch folder
    installation.py  what is installed on a node and here, and where the two differ
    shipping.py      files between nodes that share no file system
    shards.py        how what is read in blocks is cut into pieces

Ray is the scheduler and the transport; there is none of our own. Its processes talk to each other in Ray's own
serialisation, which is pickle: whoever may connect to a Ray cluster may run code on it, so it belongs on a private
network. Files are never unpickled.
"""

from nerspace.engine.executors.ray.pool import Piece, Pool, reach
from nerspace.engine.executors.ray.shards import MOST_SHARDS, shards

__all__ = ["MOST_SHARDS", "Piece", "Pool", "reach", "shards"]
