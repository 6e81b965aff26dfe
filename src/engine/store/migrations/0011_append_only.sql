-- INSERT OR REPLACE removes the row that is in its way without asking the triggers on UPDATE and DELETE.
CREATE TRIGGER passages_are_not_replaced BEFORE INSERT ON passages WHEN EXISTS (SELECT 1 FROM passages WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a passage is immutable'); END;
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit_log WHEN NEW.seq <= (SELECT max(seq) FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
