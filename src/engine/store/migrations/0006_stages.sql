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
