CREATE VIEW events_fts_source AS SELECT seq, id AS event_id, content FROM events;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit_log WHEN NEW.seq <= (SELECT max(seq) FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER passages_are_immutable BEFORE UPDATE ON passages BEGIN SELECT RAISE(ABORT, 'a passage is immutable'); END;

CREATE TRIGGER passages_are_not_replaced BEFORE INSERT ON passages WHEN EXISTS (SELECT 1 FROM passages WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a passage is immutable'); END;

CREATE TABLE attachments (
  id TEXT PRIMARY KEY,
  event_id TEXT NOT NULL,
  filename TEXT,
  mime_type TEXT,
  storage_uri TEXT NOT NULL
) STRICT;

CREATE TABLE audit_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

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

CREATE TABLE contacts (
  id TEXT PRIMARY KEY,
  contact_type TEXT NOT NULL,
  value TEXT NOT NULL,
  UNIQUE (contact_type, value)
) STRICT;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  turn_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  session_key TEXT NOT NULL,
  outbound TEXT NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  message_json TEXT NOT NULL,
  -- pending, sent, dead, cancelled
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  code TEXT,
  error TEXT,
  receipt TEXT,
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;

CREATE TABLE "dispatches" (
  id TEXT PRIMARY KEY,
  hook_id TEXT REFERENCES hooks(id),
  version_id TEXT,
  event_id TEXT NOT NULL,
  invocation_id TEXT,
  -- pending, running, done, failed, dropped, expired, cancelled
  status TEXT NOT NULL,
  agent TEXT,
  routing_json TEXT NOT NULL,
  session_key TEXT NOT NULL,
  prompt TEXT,
  context_json TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  persona TEXT,
  thread_id TEXT,
  -- The agent that sent it.
  sender TEXT,
  -- What became of its queue mode once it was its turn: direct, steer, followup, collect, interrupt.
  effective_mode TEXT,
  turn_id TEXT,
  -- Turns that were begun for it.
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Not tried again before.
  not_before INTEGER NOT NULL DEFAULT 0,
  -- Why it is in the state it is in, when there is something to say.
  reason TEXT,
  settled_at INTEGER,
  -- 1: dropped, and the next turn of its session is to be told of it.
  untold INTEGER NOT NULL DEFAULT 0, profile TEXT NOT NULL DEFAULT 'full',
  UNIQUE (event_id, hook_id)
) STRICT;

CREATE TABLE episode_events (
  episode_id TEXT NOT NULL REFERENCES episodes(id),
  event_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (episode_id, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE episodes (
  id TEXT PRIMARY KEY,
  definition_name TEXT NOT NULL,
  channel TEXT,
  thread_id TEXT,
  start_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL,
  event_count INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE evaluation_leases (
  event_id TEXT NOT NULL,
  hook_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  leased_at INTEGER NOT NULL,
  PRIMARY KEY (event_id, hook_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE event_participants (
  event_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (event_id, contact_id, role)
) WITHOUT ROWID, STRICT;

CREATE TABLE event_requests (
  event_id TEXT PRIMARY KEY,
  seen_json TEXT NOT NULL,
  ended TEXT,
  code TEXT,
  decided_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE event_state (
  event_id TEXT PRIMARY KEY,
  is_read INTEGER NOT NULL DEFAULT 0,
  is_flagged INTEGER NOT NULL DEFAULT 0,
  is_archived INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;

CREATE TABLE event_tags (
  event_id TEXT NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (event_id, tag)
) WITHOUT ROWID, STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  timestamp INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  channel TEXT NOT NULL,
  content TEXT,
  content_types TEXT NOT NULL DEFAULT '[]',
  direction TEXT NOT NULL DEFAULT 'received',
  thread_id TEXT,
  reply_to TEXT,
  sender_id TEXT,
  source_adapter TEXT NOT NULL,
  source_id TEXT NOT NULL,
  metadata_json TEXT NOT NULL DEFAULT '{}',
  cause_id TEXT,
  depth INTEGER NOT NULL DEFAULT 0,
  addressed_to TEXT,
  suppressed TEXT
, root_id TEXT, principal_json TEXT, access_policy TEXT, access_json TEXT, replay_of TEXT) STRICT;

CREATE VIRTUAL TABLE events_fts USING fts5(event_id UNINDEXED, content, content='events_fts_source', content_rowid='seq');

CREATE TABLE 'events_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'events_fts_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'events_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'events_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE facets (
  id TEXT PRIMARY KEY,
  episode_id TEXT NOT NULL,
  facet_type TEXT NOT NULL,
  value TEXT,
  confidence REAL,
  metadata_json TEXT
) STRICT;

CREATE TABLE folded_invocations (
  hook_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (hook_id, hour, outcome)
) WITHOUT ROWID, STRICT;

CREATE TABLE held_events (
  source TEXT NOT NULL,
  seq INTEGER NOT NULL REFERENCES events(seq),
  PRIMARY KEY (source, seq)
) WITHOUT ROWID, STRICT;

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

CREATE TABLE hook_activations (
  hook_id TEXT NOT NULL REFERENCES hooks(id),
  from_seq INTEGER NOT NULL,
  until_seq INTEGER,
  version_id TEXT NOT NULL,
  ended_by TEXT,
  PRIMARY KEY (hook_id, from_seq, version_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE hook_invocations (
  id TEXT PRIMARY KEY,
  hook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  fired INTEGER NOT NULL,
  result_json TEXT,
  llm_calls INTEGER DEFAULT 0,
  llm_tokens_in INTEGER DEFAULT 0,
  llm_tokens_out INTEGER DEFAULT 0,
  search_calls INTEGER DEFAULT 0,
  error TEXT,
  stack_trace TEXT,
  -- Beyond the specification:
  version_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  latency_us INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 1,
  reason TEXT, stage TEXT NOT NULL DEFAULT '', request_id TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (hook_id) REFERENCES hooks(id)
) STRICT;

CREATE TABLE hook_state (
  version_id TEXT NOT NULL REFERENCES hook_versions(id),
  key TEXT NOT NULL,
  value_json TEXT NOT NULL,
  PRIMARY KEY (version_id, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE hook_stats (
  hook_id TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  invocations INTEGER NOT NULL,
  fires INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  skips INTEGER NOT NULL,
  latency_us_sum INTEGER NOT NULL,
  latency_us_max INTEGER NOT NULL,
  latency_histogram TEXT NOT NULL,
  llm_calls INTEGER NOT NULL,
  llm_tokens_in INTEGER NOT NULL,
  llm_tokens_out INTEGER NOT NULL,
  search_calls INTEGER NOT NULL,
  PRIMARY KEY (hook_id, bucket)
) WITHOUT ROWID, STRICT;

CREATE TABLE hook_versions (
  id TEXT PRIMARY KEY,
  hook_id TEXT NOT NULL REFERENCES hooks(id),
  version INTEGER NOT NULL,
  previous_version_id TEXT REFERENCES hook_versions(id),
  script_path TEXT NOT NULL,
  script_hash TEXT NOT NULL,
  source_path TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  metadata_json TEXT NOT NULL,
  created_by_agent TEXT,
  created_by_session TEXT,
  created_by_thread TEXT,
  created_by_persona TEXT,
  created_at INTEGER NOT NULL, approved_at INTEGER, approved_by TEXT,
  UNIQUE (hook_id, version)
) STRICT;

CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT,
  mode TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  script_path TEXT NOT NULL,
  script_hash TEXT,
  created_by_agent TEXT,
  created_by_session TEXT,
  created_by_thread TEXT,
  version INTEGER DEFAULT 1,
  previous_version_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  disabled_at INTEGER,
  disabled_reason TEXT,
  last_triggered INTEGER,
  trigger_count INTEGER DEFAULT 0,
  last_error TEXT,
  consecutive_errors INTEGER DEFAULT 0,
  circuit_state TEXT DEFAULT 'closed',
  circuit_opened_at INTEGER,
  -- Beyond the specification:
  slug TEXT NOT NULL,
  version_id TEXT NOT NULL,
  created_by_persona TEXT,
  deleted_at INTEGER,
  circuit_generation INTEGER NOT NULL DEFAULT 0,
  -- Value of meta 'registry_generation' at its last change: a running daemon reloads what is newer than it has.
  generation INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE inbox_items (
  turn_id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  -- waiting, taken, answered, closed
  status TEXT NOT NULL,
  input_json TEXT NOT NULL,
  taken_at INTEGER,
  lease_until INTEGER,
  answer_json TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE invocation_logs (
  invocation_id TEXT PRIMARY KEY,
  lines_json TEXT NOT NULL,
  dropped_bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value ANY NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE notices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  hook_id TEXT,
  event_id TEXT,
  data_json TEXT NOT NULL
) STRICT;

CREATE TABLE outbound_state (
  name TEXT PRIMARY KEY,
  disabled_at INTEGER,
  reason TEXT
) WITHOUT ROWID, STRICT;

CREATE TABLE passage_ref_hooks (
  id TEXT PRIMARY KEY NOT NULL DEFAULT ('rhk_' || upper(hex(randomblob(13)))),
  ref_name TEXT NOT NULL,
  action_type TEXT NOT NULL,
  config TEXT NOT NULL CHECK (json_valid(config)),
  enabled INTEGER NOT NULL DEFAULT TRUE CHECK (enabled IN (FALSE, TRUE)),
  created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;

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

CREATE TABLE person_contact_links (
  person_id TEXT NOT NULL REFERENCES persons(id),
  contact_id TEXT NOT NULL REFERENCES contacts(id),
  confidence REAL NOT NULL DEFAULT 1.0,
  PRIMARY KEY (person_id, contact_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE persons (
  id TEXT PRIMARY KEY,
  canonical_name TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT 'person',
  relationship TEXT
, slug TEXT) STRICT;

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

CREATE TABLE refs (
  name TEXT PRIMARY KEY,
  passage_id TEXT NOT NULL REFERENCES passages(id),
  metadata_json TEXT NOT NULL DEFAULT '{}',
  update_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE retention_log (
  day INTEGER NOT NULL,
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  rows INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (day, what, why)
) WITHOUT ROWID, STRICT;

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

CREATE TABLE schedule_slots (
  schedule_id TEXT NOT NULL,
  slot INTEGER NOT NULL,
  status TEXT NOT NULL,
  until_slot INTEGER NOT NULL,
  slot_count INTEGER NOT NULL DEFAULT 1,
  event_id TEXT,
  reason TEXT,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (schedule_id, slot)
) WITHOUT ROWID, STRICT;

CREATE TABLE scope_passages (
  scope_name TEXT NOT NULL,
  position INTEGER NOT NULL,
  passage_id TEXT NOT NULL,
  ref_name TEXT,
  PRIMARY KEY (scope_name, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE scopes (
  name TEXT PRIMARY KEY,
  definition_json TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  refreshed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE sessions (
  key TEXT PRIMARY KEY,
  persona TEXT NOT NULL,
  thread_id TEXT,
  -- The newest ended turn, on which the next one builds.
  head_turn_id TEXT,
  -- A fork begins where the other session stood.
  forked_from TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE threads (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  name TEXT,
  is_group INTEGER NOT NULL DEFAULT 0,
  parent_thread_id TEXT
) STRICT;

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  session_key TEXT NOT NULL,
  -- The turn before it in its history: the session's head when it began.
  parent_turn_id TEXT,
  agent TEXT NOT NULL,
  runner TEXT NOT NULL,
  -- running, done, failed, timeout, interrupted, lost
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  -- What the agent was given, to the letter: {system, prompt, layers, tokens}.
  context_json TEXT,
  answer TEXT,
  code TEXT,
  error TEXT,
  -- The agent's own name for the session; the next turn resumes it.
  agent_session TEXT,
  usage_json TEXT,
  -- {pid, pgid, started} of its process.
  process_json TEXT,
  -- The daemon's start that runs it.
  epoch INTEGER NOT NULL
, end_json TEXT, request_json TEXT, profile TEXT NOT NULL DEFAULT 'full') STRICT;

CREATE INDEX idx_activations_until ON hook_activations(until_seq);

CREATE INDEX idx_attachments_event ON attachments(event_id);

CREATE INDEX idx_audit_destination ON audit_log(destination, seq);

CREATE INDEX idx_audit_passage ON audit_log(passage_id);

CREATE INDEX idx_audit_previous ON audit_log(previous_passage_id);

CREATE INDEX idx_audit_ref ON audit_log(ref_name, seq);

CREATE INDEX idx_deliveries_dead ON deliveries(created_at) WHERE status = 'dead';

CREATE INDEX idx_deliveries_pending ON deliveries(session_key) WHERE status = 'pending';

CREATE INDEX idx_deliveries_turn ON deliveries(turn_id);

CREATE INDEX idx_dispatches_hook ON dispatches(hook_id);

CREATE INDEX idx_dispatches_session ON dispatches(session_key, created_at);

CREATE INDEX idx_dispatches_settled ON dispatches(created_at) WHERE status NOT IN ('pending', 'running');

CREATE INDEX idx_dispatches_status ON dispatches(status, created_at);

CREATE INDEX idx_dispatches_turn ON dispatches(turn_id) WHERE turn_id IS NOT NULL;

CREATE INDEX idx_dispatches_untold ON dispatches(session_key) WHERE untold = 1;

CREATE INDEX idx_episode_events_event ON episode_events(event_id);

CREATE INDEX idx_episodes_thread ON episodes(channel, thread_id, end_time);

CREATE INDEX idx_event_tags_tag ON event_tags(tag);

CREATE INDEX idx_events_cause ON events(cause_id) WHERE cause_id IS NOT NULL;

CREATE INDEX idx_events_root ON events(root_id) WHERE root_id IS NOT NULL;

CREATE INDEX idx_events_sender ON events(sender_id, timestamp) WHERE sender_id IS NOT NULL;

CREATE INDEX idx_events_source ON events(source_adapter);

CREATE INDEX idx_events_thread ON events(thread_id, timestamp) WHERE thread_id IS NOT NULL;

CREATE INDEX idx_events_timestamp ON events(timestamp);

CREATE INDEX idx_facets_episode ON facets(episode_id);

CREATE INDEX idx_folded_hour ON folded_invocations(hour);

CREATE INDEX idx_hooks_created_by ON hooks(created_by_agent);

CREATE INDEX idx_hooks_deleted ON hooks(deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX idx_hooks_generation ON hooks(generation);

CREATE UNIQUE INDEX idx_hooks_slug ON hooks(slug) WHERE deleted_at IS NULL;

CREATE INDEX idx_hooks_status ON hooks(status);

CREATE INDEX idx_inbox_waiting ON inbox_items(agent, created_at) WHERE status IN ('waiting', 'taken');

CREATE UNIQUE INDEX idx_invocations_event ON hook_invocations(event_id, hook_id, stage, request_id);

CREATE INDEX idx_invocations_failed ON hook_invocations(hook_id) WHERE error IS NOT NULL;

CREATE INDEX idx_invocations_hook ON hook_invocations(hook_id);

CREATE INDEX idx_invocations_request ON hook_invocations(request_id) WHERE request_id <> '';

CREATE INDEX idx_invocations_time ON hook_invocations(started_at);

CREATE UNIQUE INDEX idx_links_certain ON person_contact_links(contact_id) WHERE confidence >= 1;

CREATE INDEX idx_links_contact ON person_contact_links(contact_id);

CREATE INDEX idx_notices_hook ON notices(hook_id) WHERE hook_id IS NOT NULL;

CREATE INDEX idx_participants_contact ON event_participants(contact_id);

CREATE INDEX idx_passage_ref_hooks_ref ON passage_ref_hooks(ref_name, created_at);

CREATE INDEX idx_passages_hash ON passages(hash);

CREATE INDEX idx_passages_type ON passages(type, created_at);

CREATE UNIQUE INDEX idx_persons_slug ON persons(slug);

CREATE INDEX idx_ref_executions_hook ON ref_hook_executions(hook_id, started_at);

CREATE INDEX idx_ref_executions_time ON ref_hook_executions(started_at);

CREATE INDEX idx_ref_executions_transaction ON ref_hook_executions(transaction_id);

CREATE INDEX idx_ref_executions_update ON ref_hook_executions(update_id);

CREATE INDEX idx_ref_history_creator ON ref_history(created_by, seq) WHERE created_by IS NOT NULL;

CREATE INDEX idx_ref_history_name ON ref_history(ref_name, seq);

CREATE INDEX idx_ref_history_passage ON ref_history(passage_id);

CREATE INDEX idx_ref_history_previous ON ref_history(previous_passage_id);

CREATE INDEX idx_ref_history_transaction ON ref_history(transaction_id);

CREATE INDEX idx_ref_outbox_open ON ref_outbox(hook_id, not_before) WHERE status = 'pending';

CREATE INDEX idx_ref_outbox_time ON ref_outbox(created_at);

CREATE INDEX idx_refs_passage ON refs(passage_id);

CREATE INDEX idx_runs_event ON runs(event_id) WHERE event_id IS NOT NULL;

CREATE INDEX idx_runs_open ON runs(status, processor_type) WHERE status IN ('pending', 'running');

CREATE INDEX idx_runs_time ON runs(created_at);

CREATE INDEX idx_runs_update ON runs(update_id) WHERE update_id IS NOT NULL;

CREATE INDEX idx_scope_passages_passage ON scope_passages(passage_id);

CREATE INDEX idx_sessions_updated ON sessions(updated_at);

CREATE INDEX idx_slots_status ON schedule_slots(status, slot);

CREATE INDEX idx_stats_fine ON hook_stats(bucket) WHERE bucket % 12 <> 0;

CREATE INDEX idx_stats_hourly ON hook_stats(bucket) WHERE bucket % 12 = 0;

CREATE INDEX idx_threads_parent ON threads(parent_thread_id) WHERE parent_thread_id IS NOT NULL;

CREATE INDEX idx_turns_request ON turns(started_at) WHERE request_json IS NOT NULL;

CREATE INDEX idx_turns_running ON turns(status) WHERE status = 'running';

CREATE INDEX idx_turns_session ON turns(session_key, started_at);

CREATE INDEX idx_turns_started ON turns(started_at);

CREATE INDEX idx_versions_script ON hook_versions(script_hash);
