"""Results that travel: one zip file with results, the specs they are of, and what made them.

    contents        what is in an archive, and its own list of that
    names           which names files may have in an archive
    selection       the files of a store that have the results of some specs
    project         the user's own files that specs name, and public ones
    environment     the installed packages, as a lock
    code            whether today's code would make the same results
    crate           the description for people and repositories, an RO-Crate
    writing         a store and specs → an archive
    opening         an archive → what is in it, all of it checked
    importing       an archive → a store, and a folder for its specs

Opening an archive executes nothing, fetches nothing and writes nothing. A shard is named by the
hash of its bytes, so whole shards travel, also if other runs are in them.
"""
