-- The first event of a chain of causes: a chain has a budget of events, whatever its shape. NULL for an event without a cause.
ALTER TABLE events ADD COLUMN root_id TEXT;
CREATE INDEX idx_events_root ON events(root_id) WHERE root_id IS NOT NULL;

-- Pairs that were given out one at a time, because the daemon had ended again and again at the same place of the ledger.
-- Written before the script runs: a pair that takes the daemon with it each time is found by its attempts.
CREATE TABLE evaluation_leases (
  event_id TEXT NOT NULL,
  hook_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  leased_at INTEGER NOT NULL,
  PRIMARY KEY (event_id, hook_id)
) WITHOUT ROWID, STRICT;
