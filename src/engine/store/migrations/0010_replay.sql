-- The event that this one is a copy of, stored so that hooks evaluate it again. Its text stays when that event has passed
-- its retention: what the copy is remains told.
ALTER TABLE events ADD COLUMN replay_of TEXT;
