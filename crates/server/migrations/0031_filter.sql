-- Filters on top of assignments; the rule as written, checked before it is stored.
CREATE TABLE assignment_filter (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    filter_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    platform TEXT NOT NULL,
    rule TEXT NOT NULL,
    scope_tags TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, filter_id)
);
