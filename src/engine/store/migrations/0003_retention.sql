-- What retention leaves of the rows it removes, and how it finds them without walking through what stays.

-- Boring invocations that were folded, counted by the hour in which they finished (Unix ms / 3 600 000).
CREATE TABLE folded_invocations (
  hook_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (hook_id, hour, outcome)
) WITHOUT ROWID, STRICT;
CREATE INDEX idx_folded_hour ON folded_invocations(hour);

-- What was removed on which day (Unix ms / 86 400 000), and why: 'folded', 'age', 'bytes', 'orphan', 'deleted'.
-- first_at, last_at: the oldest and the newest of it, Unix ms.
CREATE TABLE retention_log (
  day INTEGER NOT NULL,
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  rows INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (day, what, why)
) WITHOUT ROWID, STRICT;

-- Five-minute counters become hourly ones in the bucket that begins the hour; each row stands in one of the two.
CREATE INDEX idx_stats_fine ON hook_stats(bucket) WHERE bucket % 12 <> 0;
CREATE INDEX idx_stats_hourly ON hook_stats(bucket) WHERE bucket % 12 = 0;
CREATE INDEX idx_dispatches_settled ON dispatches(created_at) WHERE status <> 'pending';
CREATE INDEX idx_hooks_deleted ON hooks(deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX idx_versions_script ON hook_versions(script_hash);
-- Is a thread, or a contact, still named by another row?
CREATE INDEX idx_threads_parent ON threads(parent_thread_id) WHERE parent_thread_id IS NOT NULL;
CREATE INDEX idx_links_contact ON person_contact_links(contact_id);
