-- The tables of mod_pwreset for sqlite3, steps 1 to 3. Needed only where the server may not
-- make tables itself.
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS pwreset_schema (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pwreset_outbox (
    id VARCHAR(64) NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,
    realm VARCHAR(255) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    subject_digest VARCHAR(64) NOT NULL,
    account_digest VARCHAR(64) NOT NULL,
    language VARCHAR(64) NOT NULL,
    client VARCHAR(64) NOT NULL,
    support_code VARCHAR(64) NOT NULL,
    seed VARCHAR(64) NOT NULL,
    proved INTEGER NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    state INTEGER NOT NULL,
    ended BIGINT NOT NULL,
    owner VARCHAR(64) NOT NULL
);
CREATE INDEX IF NOT EXISTS pwreset_outbox_due ON pwreset_outbox (realm, state, due);
CREATE INDEX IF NOT EXISTS pwreset_outbox_owner ON pwreset_outbox (owner);
CREATE INDEX IF NOT EXISTS pwreset_outbox_account ON pwreset_outbox (realm, account_digest, ended);
CREATE INDEX IF NOT EXISTS pwreset_outbox_subject ON pwreset_outbox (realm, subject_digest, created);
CREATE INDEX IF NOT EXISTS pwreset_outbox_created ON pwreset_outbox (created);
CREATE TABLE IF NOT EXISTS pwreset_tokens (
    digest VARCHAR(64) NOT NULL PRIMARY KEY,
    stop_digest VARCHAR(64) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    realm VARCHAR(255) NOT NULL,
    account_id VARCHAR(64) NOT NULL,
    login VARCHAR(1024) NOT NULL,
    mail_digest VARCHAR(64) NOT NULL,
    stamp_digest VARCHAR(64) NOT NULL,
    language VARCHAR(64) NOT NULL,
    state INTEGER NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    claim VARCHAR(64) NOT NULL
);
CREATE INDEX IF NOT EXISTS pwreset_tokens_stop ON pwreset_tokens (stop_digest);
CREATE INDEX IF NOT EXISTS pwreset_tokens_account ON pwreset_tokens (realm, account_id, state);
CREATE INDEX IF NOT EXISTS pwreset_tokens_request ON pwreset_tokens (request_id);
CREATE INDEX IF NOT EXISTS pwreset_tokens_claim ON pwreset_tokens (claim);
CREATE INDEX IF NOT EXISTS pwreset_tokens_expires ON pwreset_tokens (expires);
CREATE TABLE IF NOT EXISTS pwreset_trail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id VARCHAR(64) NOT NULL,
    support_code VARCHAR(64) NOT NULL,
    event VARCHAR(64) NOT NULL,
    detail VARCHAR(512) NOT NULL,
    happened BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS pwreset_trail_code ON pwreset_trail (support_code, happened);
CREATE INDEX IF NOT EXISTS pwreset_trail_happened ON pwreset_trail (happened);
INSERT INTO pwreset_schema (name, version) VALUES ('version', 1);
CREATE TABLE IF NOT EXISTS pwreset_returns (
    request_id VARCHAR(64) NOT NULL PRIMARY KEY,
    url VARCHAR(1024) NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS pwreset_returns_created ON pwreset_returns (created);
UPDATE pwreset_schema SET version = 2 WHERE name = 'version';
ALTER TABLE pwreset_outbox ADD COLUMN life INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pwreset_outbox ADD COLUMN needed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pwreset_trail ADD COLUMN life INTEGER NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS pwreset_outbox_life ON pwreset_outbox (life, needed);
DROP INDEX IF EXISTS pwreset_outbox_created;
CREATE INDEX IF NOT EXISTS pwreset_trail_life ON pwreset_trail (life, happened);
DROP INDEX IF EXISTS pwreset_trail_happened;
DELETE FROM pwreset_schema WHERE name = 'step';
INSERT INTO pwreset_schema (name, version) VALUES ('step', 3);
