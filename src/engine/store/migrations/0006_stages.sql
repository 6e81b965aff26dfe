-- A hook of another stage than runAutomations is evaluated for a request, and for one event perhaps for several: stage is
-- its stage, request_id the request's (a turn's id). Both are '' for an automation, which has one outcome an event.
ALTER TABLE hook_invocations ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE hook_invocations ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
DROP INDEX idx_invocations_event;
CREATE UNIQUE INDEX idx_invocations_event ON hook_invocations(event_id, hook_id, stage, request_id);
CREATE INDEX idx_invocations_request ON hook_invocations(request_id) WHERE request_id <> '';

-- How the agent ended it, while the hooks of afterRunAgent are asked: a daemon that starts meanwhile asks those, not the agent.
ALTER TABLE turns ADD COLUMN end_json TEXT;
-- Ids of its dispatches, for as long as the hooks of its last stages are still to be asked.
ALTER TABLE turns ADD COLUMN request_json TEXT;
CREATE INDEX idx_turns_request ON turns(started_at) WHERE request_json IS NOT NULL;

-- What the hooks of the stages before the automations made of an event, where they made anything of it; the event itself
-- stays as it came. seen_json: what later stages see instead, {content?, metadata?, principal?, access?}. ended: why it goes
-- no further; code: REQUEST_SKIPPED or REQUEST_STOPPED.
CREATE TABLE event_requests (
  event_id TEXT PRIMARY KEY,
  seen_json TEXT NOT NULL,
  ended TEXT,
  code TEXT,
  decided_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
