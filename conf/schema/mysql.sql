-- The tables of mod_pwreset for mysql, steps 1 to 3. Needed only where the server may not
-- make tables itself.
CREATE TABLE IF NOT EXISTS pwreset_schema (
    name VARBINARY(64) NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS pwreset_outbox (
    id VARBINARY(64) NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,
    realm VARBINARY(255) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    subject_digest VARBINARY(64) NOT NULL,
    account_digest VARBINARY(64) NOT NULL,
    language VARBINARY(64) NOT NULL,
    client VARBINARY(64) NOT NULL,
    support_code VARBINARY(64) NOT NULL,
    seed VARBINARY(64) NOT NULL,
    proved INTEGER NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    state INTEGER NOT NULL,
    ended BIGINT NOT NULL,
    owner VARBINARY(64) NOT NULL,
    INDEX pwreset_outbox_due (realm, state, due),
    INDEX pwreset_outbox_owner (owner),
    INDEX pwreset_outbox_account (realm, account_digest, ended),
    INDEX pwreset_outbox_subject (realm, subject_digest, created),
    INDEX pwreset_outbox_created (created)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS pwreset_tokens (
    digest VARBINARY(64) NOT NULL PRIMARY KEY,
    stop_digest VARBINARY(64) NOT NULL,
    request_id VARBINARY(64) NOT NULL,
    realm VARBINARY(255) NOT NULL,
    account_id VARBINARY(64) NOT NULL,
    login VARCHAR(1024) NOT NULL,
    mail_digest VARBINARY(64) NOT NULL,
    stamp_digest VARBINARY(64) NOT NULL,
    language VARBINARY(64) NOT NULL,
    state INTEGER NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    claim VARBINARY(64) NOT NULL,
    INDEX pwreset_tokens_stop (stop_digest),
    INDEX pwreset_tokens_account (realm, account_id, state),
    INDEX pwreset_tokens_request (request_id),
    INDEX pwreset_tokens_claim (claim),
    INDEX pwreset_tokens_expires (expires)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS pwreset_trail (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    request_id VARBINARY(64) NOT NULL,
    support_code VARBINARY(64) NOT NULL,
    event VARBINARY(64) NOT NULL,
    detail VARCHAR(512) NOT NULL,
    happened BIGINT NOT NULL,
    INDEX pwreset_trail_code (support_code, happened),
    INDEX pwreset_trail_happened (happened)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO pwreset_schema (name, version) VALUES ('version', 1);
CREATE TABLE IF NOT EXISTS pwreset_returns (
    request_id VARBINARY(64) NOT NULL PRIMARY KEY,
    url VARCHAR(1024) NOT NULL,
    created BIGINT NOT NULL,
    INDEX pwreset_returns_created (created)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
UPDATE pwreset_schema SET version = 2 WHERE name = 'version';
ALTER TABLE pwreset_outbox ADD COLUMN life INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pwreset_outbox ADD COLUMN needed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pwreset_trail ADD COLUMN life INTEGER NOT NULL DEFAULT 1;
CREATE INDEX pwreset_outbox_life ON pwreset_outbox (life, needed);
DROP INDEX pwreset_outbox_created ON pwreset_outbox;
CREATE INDEX pwreset_trail_life ON pwreset_trail (life, happened);
DROP INDEX pwreset_trail_happened ON pwreset_trail;
DELETE FROM pwreset_schema WHERE name = 'step';
INSERT INTO pwreset_schema (name, version) VALUES ('step', 3);
