-- SHA-256 of the certificates that an app may be signed with, in hexadecimal, separated by spaces; '' for any.
ALTER TABLE catalogue_app ADD COLUMN signers TEXT NOT NULL DEFAULT '';
