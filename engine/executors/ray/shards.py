"""How what is read in blocks is cut into pieces for workers; it depends on the number of blocks alone."""

# More would cost more in handing out than they gain; fewer would leave workers idle at the end.
MOST_SHARDS = 64


def shards(blocks: int) -> list[range]:
    """Numbers of the blocks of each shard, a piece for one worker."""
    size = -(-blocks // MOST_SHARDS)
    return [range(start, min(start + size, blocks)) for start in range(0, blocks, size)] if blocks else []
