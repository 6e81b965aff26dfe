-- Passages, refs, branches and ref hooks (contract section 8).

-- Immutable: what a passage says never changes, so a ref's history always means what it meant.
CREATE TABLE passages (
  id TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  type TEXT NOT NULL,
  metadata_json TEXT NOT NULL DEFAULT '{}',
  -- SHA-256 over type, content and metadata.
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT
) STRICT;
CREATE INDEX idx_passages_type ON passages(type, created_at);
CREATE INDEX idx_passages_hash ON passages(hash);
CREATE TRIGGER passages_are_immutable BEFORE UPDATE ON passages BEGIN SELECT RAISE(ABORT, 'a passage is immutable'); END;

-- update_id: the newest row of its history, which says when this became so. metadata_json: of the ref, not of its passage.
CREATE TABLE refs (
  name TEXT PRIMARY KEY,
  passage_id TEXT NOT NULL REFERENCES passages(id),
  metadata_json TEXT NOT NULL DEFAULT '{}',
  update_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX idx_refs_passage ON refs(passage_id);

-- passage_id NULL: the ref was deleted. previous_passage_id NULL: there was none. transaction_id: the update that began it all;
-- its own id unless a hook cascaded. depth: cascades before it. action: set, delete, fork, promote.
-- hooks: ran, none, off (--no-hooks), branch (its branch has hooks off).
CREATE TABLE ref_history (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  ref_name TEXT NOT NULL,
  passage_id TEXT,
  previous_passage_id TEXT,
  previous_id TEXT,
  transaction_id TEXT NOT NULL,
  depth INTEGER NOT NULL,
  action TEXT NOT NULL,
  hooks TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT
) STRICT;
CREATE INDEX idx_ref_history_name ON ref_history(ref_name, seq);
CREATE INDEX idx_ref_history_transaction ON ref_history(transaction_id);
CREATE INDEX idx_ref_history_creator ON ref_history(created_by, seq) WHERE created_by IS NOT NULL;
CREATE INDEX idx_ref_history_passage ON ref_history(passage_id);
CREATE INDEX idx_ref_history_previous ON ref_history(previous_passage_id);

-- Exactly the columns of the specification. A row may be inserted by hand, with no more than ref_name, action_type and config.
CREATE TABLE passage_ref_hooks (
  id TEXT PRIMARY KEY NOT NULL DEFAULT ('rhk_' || upper(hex(randomblob(13)))),
  ref_name TEXT NOT NULL,
  action_type TEXT NOT NULL,
  config TEXT NOT NULL CHECK (json_valid(config)),
  enabled INTEGER NOT NULL DEFAULT TRUE CHECK (enabled IN (FALSE, TRUE)),
  created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;
CREATE INDEX idx_passage_ref_hooks_ref ON passage_ref_hooks(ref_name, created_at);

-- Scripts behind names: kind 'action' (a custom action type) or 'processor' (of runs). The script is the canonical bundled copy.
CREATE TABLE ref_handlers (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  script_path TEXT NOT NULL,
  script_hash TEXT NOT NULL,
  source_path TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  metadata_json TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID, STRICT;

-- Each time a ref hook ran, whether its update was committed or not. update_id: of the update it ran in, which stands in
-- ref_history only if it was committed. outcome: done; failed, timeout, crashed (it is why all was undone); undone (it had
-- succeeded, and a later one had not).
CREATE TABLE ref_hook_executions (
  id TEXT PRIMARY KEY,
  hook_id TEXT NOT NULL,
  ref_name TEXT NOT NULL,
  action_type TEXT NOT NULL,
  update_id TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  latency_us INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT,
  error TEXT,
  stack_trace TEXT,
  -- What it did, as a list of short texts.
  effects_json TEXT NOT NULL DEFAULT '[]',
  logs_json TEXT
) STRICT;
CREATE INDEX idx_ref_executions_hook ON ref_hook_executions(hook_id, started_at);
CREATE INDEX idx_ref_executions_transaction ON ref_hook_executions(transaction_id);
CREATE INDEX idx_ref_executions_update ON ref_hook_executions(update_id);
CREATE INDEX idx_ref_executions_time ON ref_hook_executions(started_at);

-- {prefix}/{name}; its refs are {prefix}/human/{name}, {prefix}/persona/{name}, {prefix}/world/{name}. parent: the id of the branch it was forked from.
CREATE TABLE branches (
  id TEXT PRIMARY KEY,
  prefix TEXT NOT NULL,
  name TEXT NOT NULL,
  is_main INTEGER NOT NULL,
  hooks_enabled INTEGER NOT NULL,
  parent_id TEXT,
  description TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT,
  UNIQUE (prefix, name)
) STRICT;

-- definition_json: {refs?: [glob], types?: [text], tags?: [text], limit: n}. version: 0 until it is first refreshed.
CREATE TABLE scopes (
  name TEXT PRIMARY KEY,
  definition_json TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  refreshed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
-- What the scope's present version resolved to, in its order. ref_name: by which ref, where it came by one.
CREATE TABLE scope_passages (
  scope_name TEXT NOT NULL,
  position INTEGER NOT NULL,
  passage_id TEXT NOT NULL,
  ref_name TEXT,
  PRIMARY KEY (scope_name, position)
) WITHOUT ROWID, STRICT;
CREATE INDEX idx_scope_passages_passage ON scope_passages(passage_id);

-- A processor's work; status: pending, running, done, failed, cancelled. update_id, hook_id: the update and the hook that asked for it; none for one begun by hand. event_id: the request of an ordinary hook.
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  processor_type TEXT NOT NULL,
  status TEXT NOT NULL,
  input_json TEXT NOT NULL,
  event_id TEXT,
  update_id TEXT,
  hook_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  result_json TEXT,
  code TEXT,
  error TEXT,
  logs_json TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  settled_at INTEGER
) STRICT;
CREATE INDEX idx_runs_open ON runs(status, processor_type) WHERE status IN ('pending', 'running');
CREATE INDEX idx_runs_event ON runs(event_id) WHERE event_id IS NOT NULL;
CREATE INDEX idx_runs_update ON runs(update_id) WHERE update_id IS NOT NULL;
CREATE INDEX idx_runs_time ON runs(created_at);

-- Append-only and chained: hash is SHA-256 over previous_hash and the row, so no row can be changed or taken out unseen.
CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT,
  ref_name TEXT NOT NULL,
  passage_id TEXT,
  previous_passage_id TEXT,
  update_id TEXT NOT NULL,
  hook_id TEXT,
  data_json TEXT NOT NULL DEFAULT '{}',
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
-- The newest row, noted beside the log: rows that are cut off at its end are missed.
CREATE TABLE audit_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX idx_audit_destination ON audit_log(destination, seq);
CREATE INDEX idx_audit_passage ON audit_log(passage_id);
CREATE INDEX idx_audit_previous ON audit_log(previous_passage_id);
CREATE INDEX idx_audit_ref ON audit_log(ref_name, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Requests that an update asked for, stored with it, sent after it. request_json: {url, headers, body}. status: pending, sent, dead, cancelled.
CREATE TABLE ref_outbox (
  id TEXT PRIMARY KEY,
  update_id TEXT NOT NULL,
  hook_id TEXT NOT NULL,
  ref_name TEXT NOT NULL,
  request_json TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  code TEXT,
  error TEXT,
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX idx_ref_outbox_open ON ref_outbox(hook_id, not_before) WHERE status = 'pending';
CREATE INDEX idx_ref_outbox_time ON ref_outbox(created_at);
