"""Where the independent tasks of a job are done: one after the other in this process, side by side in several, or on
a cluster.

    __init__.py   which executor a request names
    tasks.py      what a task is, and what an executor does
    local.py      in this process
    pool.py       in processes of this machine, one for each of several models
    ray/          on a Ray cluster

A job is written once, and where its tasks are done is the executor's matter:

    with executor_for(run, request.on, request.threads, request.device, several) as executor:
        yield from executor.start(work, encoders, most)
        for task, records in executor.run(tasks):
            yield from records
"""

from nerspace.engine import devices
from nerspace.engine.executors.tasks import MOST_SHARDS, Executor, Records, Task, shards
from nerspace.engine.runs import Run

__all__ = ["MOST_SHARDS", "Executor", "Records", "Task", "executor_for", "shards"]


def executor_for(run: Run, on: str, threads: int = 0, device: str = "", several: bool = False) -> Executor:
    """The executor that a request names; it notes in the run where the work is done.

    Args:
        run: the run whose tasks are done.
        on: empty for this process, else as `--on` has it.
        threads: CPU threads of a task; 0 for one on a cluster, else for those of this machine, which tasks that go on
            side by side share.
        device: auto, cpu, cuda, cuda:N or mps; empty where torch computes nothing.
        several: whether tasks are of several models, which may go on side by side on the cores of this machine.
    """
    if on:
        from nerspace.engine.executors.ray.executor import RayExecutor

        return RayExecutor(run, on, threads, device)
    if several and devices.pick_device(device).type == "cpu" and (cores := devices.cores()) >= 2 * max(1, threads):
        from nerspace.engine.executors.pool import PoolExecutor

        return PoolExecutor(run, threads, device, cores)
    from nerspace.engine.executors.local import LocalExecutor

    return LocalExecutor(run, threads, device)
