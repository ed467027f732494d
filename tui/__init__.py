"""What a person sees and types: the command line and the explorer."""

import gc

# A start makes many objects and hardly any garbage; to look for it every 700 objects takes a tenth of the start.
gc.set_threshold(20_000, 20, 20)
