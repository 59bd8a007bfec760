-- What the phone told its user last, and what it warns about.
ALTER TABLE instance_status ADD COLUMN warnings TEXT NOT NULL DEFAULT '';
ALTER TABLE instance_status ADD COLUMN dialogs TEXT NOT NULL DEFAULT '[]';
ALTER TABLE instance_status ADD COLUMN companion_version TEXT;
