"""The store: results in a folder, and which of them are current.

    folder          the Store: reads and writes shards, and passes over what is none
    index           which results it has, and the best of each run, without reading all shards
    segments        files that list what many shards have (the format of one: segment)
    shard           the format of one file of results
    locks           which process trains which runs, so that several can share a store
    notices         warnings about files that are passed over
    fingerprint     the code and input files that a result depends on, as a hash
    sourcecode      the syntax tree and imports of a module, read without running it
    sourcecache     what was found in sources, kept in the user's cache
    running         the source of kinds that a script or a notebook defines
    composing       results made up of what other runs recorded on the same trajectory
    inventory       what the store has of some runs: current, stale or missing
    census          all results of the store, also those that no look-up returns
    staleness       which of them today's code would make again
    holdings        what there is of each spec
    usage           what takes how many bytes
    removal         removing results; `rewriting` makes a shard with only some of another's
    verification    whether every file is what was written (see `wholeness`)
    merging         copying what another store has
    archive         results that travel: one file with results, their specs and versions

Nothing here trains. Only reading and writing histories loads numpy.
"""

from grokspec.store.folder import Store, open_store
from grokspec.store.index import Timing
from grokspec.store.notices import DamagedShard
from grokspec.store.shard import Entry

__all__ = ["DamagedShard", "Entry", "Store", "Timing", "open_store"]
