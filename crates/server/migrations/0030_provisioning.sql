ALTER TABLE token_token ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';
-- The keys are lower case; absent in rows that were written before they existed.
ALTER TABLE directory_user ADD COLUMN external_id TEXT;
ALTER TABLE directory_user ADD COLUMN display_key TEXT;
ALTER TABLE directory_user ADD COLUMN mail_key TEXT;
ALTER TABLE directory_user ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE directory_user ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_group ADD COLUMN external_id TEXT;
ALTER TABLE directory_group ADD COLUMN display_key TEXT;
ALTER TABLE directory_group ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE directory_group ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX directory_user_external ON directory_user (tenant_id, external_id);
CREATE INDEX directory_user_display ON directory_user (tenant_id, display_key);
CREATE INDEX directory_user_mail ON directory_user (tenant_id, mail_key);
CREATE INDEX directory_group_external ON directory_group (tenant_id, external_id);
CREATE INDEX directory_group_display ON directory_group (tenant_id, display_key);
