-- What is kept of an app and not interpreted, as JSON. Of managed apps beside catalogue_app; of other kinds it is all.
CREATE TABLE catalogue_kept (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    entry_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
);

CREATE TABLE catalogue_category (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    category_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, category_id)
);
