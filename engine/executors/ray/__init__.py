"""The tasks of a job on a Ray cluster, wherever there is capacity.

    address.py       from `--on` to a connected driver, or one clear line
    executor.py      the driver's side: assigns tasks to workers, follows them, repeats lost ones, brings results home
    worker.py        the node's side: one actor that does one task after the other in a scratch folder
    installation.py  what is installed on a node and here, and where the two differ
    shipping.py      files between nodes that share no file system

Ray is the scheduler and the transport; there is none of our own. Its processes talk to each other in Ray's own
serialisation, which is pickle: whoever may connect to a Ray cluster may run code on it, so it belongs on a private
network. Files are never unpickled.
"""
