-- What an agent may do for it, decided when it was stored: 'reduced' where an untrusted source is among its causes and no
-- person has approved the hook's version.
ALTER TABLE dispatches ADD COLUMN profile TEXT NOT NULL DEFAULT 'full';
ALTER TABLE turns ADD COLUMN profile TEXT NOT NULL DEFAULT 'full';

-- A person has read this version, and lets it hand on what untrusted sources send.
ALTER TABLE hook_versions ADD COLUMN approved_at INTEGER;
ALTER TABLE hook_versions ADD COLUMN approved_by TEXT;
