-- An operator's word on a source, which is an event's source_adapter. A row stays until nothing of the source waits any more.
CREATE TABLE held_sources (
  source TEXT PRIMARY KEY,
  -- Null: released; what waits is on its way.
  held_at INTEGER,
  held_by TEXT,
  reason TEXT,
  -- What waits up to this seq is not to be evaluated: each pair gets an outcome that says so.
  discard_until_seq INTEGER,
  discard_reason TEXT
) WITHOUT ROWID, STRICT;

-- Events that evaluation has passed without evaluating them: their source was held when their turn came. A row goes with
-- the last outcome of its event.
CREATE TABLE held_events (
  source TEXT NOT NULL,
  seq INTEGER NOT NULL REFERENCES events(seq),
  PRIMARY KEY (source, seq)
) WITHOUT ROWID, STRICT;

CREATE INDEX idx_events_source ON events(source_adapter);
