-- Reports asked for as files. The rows are kept with the job until it expires; the secret is the last part of its link.
CREATE TABLE export_job (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    job_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT,
    secret TEXT,
    content {blob},
    PRIMARY KEY (tenant_id, job_id)
);

-- What an administrator has said about a threat-defence product; kept and given back.
CREATE TABLE threat_connector (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    connector_id TEXT NOT NULL,
    body TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connector_id)
);
