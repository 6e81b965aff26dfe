-- persons.type is 'owner' or 'known'; what anything else wrote there counts as known.
ALTER TABLE persons ADD COLUMN slug TEXT;
CREATE UNIQUE INDEX idx_persons_slug ON persons(slug);

-- A contact is certainly that of one person at most. With less confidence it may be said of several, and identifies none.
UPDATE person_contact_links SET confidence = 0.99 WHERE confidence >= 1 AND EXISTS
  (SELECT 1 FROM person_contact_links o WHERE o.contact_id = person_contact_links.contact_id AND o.confidence >= 1 AND o.person_id < person_contact_links.person_id);
CREATE UNIQUE INDEX idx_links_certain ON person_contact_links(contact_id) WHERE confidence >= 1;

-- What identity and access made of an event when it was stored; NULL where that is what they make of every event.
-- principal_json: the person it came from. access_policy: the name of the policy that decided, also of one that denied.
-- access_json: {permissions, session}, where that policy says something about them.
ALTER TABLE events ADD COLUMN principal_json TEXT;
ALTER TABLE events ADD COLUMN access_policy TEXT;
ALTER TABLE events ADD COLUMN access_json TEXT;
