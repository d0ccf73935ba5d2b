//! Threads and mailboxes between a source, a detector and whoever looks.
