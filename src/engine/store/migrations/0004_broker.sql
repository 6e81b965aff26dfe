-- Dispatches get a life: waiting, running as part of a turn, settled. One that an agent sent to another has no hook.
CREATE TABLE dispatches_with_life (
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
  untold INTEGER NOT NULL DEFAULT 0,
  UNIQUE (event_id, hook_id)
) STRICT;
INSERT INTO dispatches_with_life(id, hook_id, version_id, event_id, invocation_id, status, agent, routing_json, session_key, prompt, context_json, created_at)
  SELECT id, hook_id, version_id, event_id, invocation_id, status, agent, routing_json, session_key, prompt, context_json, created_at FROM dispatches ORDER BY rowid;
DROP TABLE dispatches;
ALTER TABLE dispatches_with_life RENAME TO dispatches;
CREATE INDEX idx_dispatches_status ON dispatches(status, created_at);
CREATE INDEX idx_dispatches_hook ON dispatches(hook_id);
CREATE INDEX idx_dispatches_session ON dispatches(session_key, created_at);
CREATE INDEX idx_dispatches_turn ON dispatches(turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX idx_dispatches_untold ON dispatches(session_key) WHERE untold = 1;
CREATE INDEX idx_dispatches_settled ON dispatches(created_at) WHERE status NOT IN ('pending', 'running');

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
CREATE INDEX idx_sessions_updated ON sessions(updated_at);

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
) STRICT;
CREATE INDEX idx_turns_session ON turns(session_key, started_at);
CREATE INDEX idx_turns_running ON turns(status) WHERE status = 'running';
CREATE INDEX idx_turns_started ON turns(started_at);

-- One message on its way to a person or a program; an answer may need several.
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
CREATE INDEX idx_deliveries_pending ON deliveries(session_key) WHERE status = 'pending';
CREATE INDEX idx_deliveries_turn ON deliveries(turn_id);
CREATE INDEX idx_deliveries_dead ON deliveries(created_at) WHERE status = 'dead';

-- What an agent fetches itself.
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
CREATE INDEX idx_inbox_waiting ON inbox_items(agent, created_at) WHERE status IN ('waiting', 'taken');

-- An adapter that is switched off because its receiver is gone (410), until someone switches it on again.
CREATE TABLE outbound_state (
  name TEXT PRIMARY KEY,
  disabled_at INTEGER,
  reason TEXT
) WITHOUT ROWID, STRICT;
