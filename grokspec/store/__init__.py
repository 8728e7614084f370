"""What is kept: results in a folder, and which of them today's code would make again.

    folder          the Store: reading and writing shards, and setting damaged ones aside
    shard           the format of one file of results
    locks           which process trains what, so that several share a store
    fingerprint     the code and input files that a result depends on, as a hash
    sourcecode      what a module's file says, read without running it
    inventory       runs beside the store: current, stale and missing ones

Nothing here trains, and nothing but reading and writing histories loads numpy.
"""

from grokspec.store.folder import DamagedShard, Store, open_store
from grokspec.store.shard import Entry

__all__ = ["DamagedShard", "Entry", "Store", "open_store"]
