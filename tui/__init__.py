"""What a person sees and types: the command line and the explorer."""

from nerspace.engine.processes import collect_garbage_seldom

collect_garbage_seldom()
