/* What the first release (tables of step 2) says to the database, as it stands in that program.
 * Nodes of it run on the same tables while they are upgraded. A copy: it does not change with ours.
 */
#ifndef T_UNIT_RELEASED_STATEMENTS_H
#define T_UNIT_RELEASED_STATEMENTS_H

static const struct {
    const char *name;
    const char *text;
} released_statements[] = {
    {"VERSION", "SELECT version FROM pwreset_schema WHERE name = 'version'"},
    {"OUTBOX_PUT",
     "INSERT INTO pwreset_outbox (id, kind, realm, subject, subject_digest, account_digest, "
     "language, client, support_code, seed, proved, created, due, tries, state, ended, owner) "
     "VALUES (%s, %d, %s, %s, %s, %s, %s, %s, %s, %s, %d, %lld, %lld, 0, %d, %lld, '')"},
    {"OUTBOX_HAS", "SELECT id FROM pwreset_outbox WHERE id = %s"},
    {"OUTBOX_CODE", "SELECT support_code FROM pwreset_outbox WHERE id = %s"},
    {"OUTBOX_NEXT", "SELECT id, kind, realm, subject, subject_digest, account_digest, language, "
                    "client, support_code, seed, proved, created, due, tries FROM pwreset_outbox "
                    "WHERE realm = %s AND state = 0 ORDER BY due LIMIT 1"},
    {"OUTBOX_TAKE",
     "UPDATE pwreset_outbox SET due = %lld, owner = %s, tries = tries + 1, account_digest = '' "
     "WHERE id = %s AND state = 0 AND due = %lld AND tries = %d"},
    {"OUTBOX_RENEW", "UPDATE pwreset_outbox SET due = %lld WHERE owner = %s AND state = 0"},
    {"OUTBOX_LET_GO",
     "UPDATE pwreset_outbox SET due = %lld, owner = '' WHERE owner = %s AND state = 0"},
    {"OUTBOX_END", "UPDATE pwreset_outbox SET state = %d, ended = %lld, subject = '', seed = '', "
                   "account_digest = %s, owner = '' WHERE id = %s AND owner = %s AND state = 0"},
    {"OUTBOX_LATER",
     "UPDATE pwreset_outbox SET due = %lld, owner = '' WHERE id = %s AND owner = %s AND state = 0"},
    {"OUTBOX_MARK",
     "UPDATE pwreset_outbox SET account_digest = %s WHERE id = %s AND owner = %s AND state = 0"},
    {"OUTBOX_IN_HAND", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s AND account_digest = "
                       "%s AND state = 0 AND owner <> '' AND due > %lld AND id <> %s"},
    {"OUTBOX_OF_ACCOUNT", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s AND account_digest "
                          "= %s AND state = 1 AND ended >= %lld AND proved = %d"},
    {"OUTBOX_OF_SUBJECT",
     "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s AND subject_digest = %s AND created >= "
     "%lld AND state = 1 AND ended >= %lld AND proved = %d"},
    {"OUTBOX_TRIES_OF_SUBJECT",
     "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s AND subject_digest = %s AND created >= "
     "%lld AND kind = 5 AND state = 2"},
    {"OUTBOX_TRIES_OF_ACCOUNT", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s AND "
                                "account_digest = %s AND ended >= %lld AND kind = 5 AND state = 2"},
    {"OUTBOX_FORGIVE", "UPDATE pwreset_outbox SET state = 1 WHERE id = %s AND kind = 5"},
    {"OUTBOX_CONFIRM",
     "UPDATE pwreset_outbox SET kind = 3, state = 0, subject = %s, subject_digest = '', "
     "account_digest = '', due = %lld, ended = 0 WHERE id = %s AND kind = 5"},
    {"OUTBOX_KIND", "SELECT kind FROM pwreset_outbox WHERE id = %s"},
    {"OUTBOX_BACKLOG", "SELECT COUNT(*), COALESCE(MIN(created), 0) FROM pwreset_outbox WHERE realm "
                       "= %s AND state = 0"},
    {"OUTBOX_EXPIRE",
     "DELETE FROM pwreset_outbox WHERE id IN (SELECT id FROM (SELECT id FROM pwreset_outbox WHERE "
     "state <> 0 AND created < %lld ORDER BY created LIMIT %d) AS old)"},
    {"TOKENS_PUT",
     "INSERT INTO pwreset_tokens (digest, stop_digest, request_id, realm, account_id, login, "
     "mail_digest, stamp_digest, language, state, created, expires, ended, claim) VALUES (%s, %s, "
     "%s, %s, %s, %s, %s, %s, %s, 0, %lld, %lld, 0, '')"},
    {"TOKENS_PROLONG",
     "UPDATE pwreset_tokens SET expires = %lld WHERE realm = %s AND digest = %s AND state = 0"},
    {"TOKENS_FIND", "SELECT digest, stop_digest, request_id, realm, account_id, login, "
                    "mail_digest, stamp_digest, language, state, created, expires, ended FROM "
                    "pwreset_tokens WHERE realm = %s AND digest = %s"},
    {"TOKENS_FIND_STOP", "SELECT digest, stop_digest, request_id, realm, account_id, login, "
                         "mail_digest, stamp_digest, language, state, created, expires, ended FROM "
                         "pwreset_tokens WHERE realm = %s AND stop_digest = %s"},
    {"TOKENS_LIVE", "SELECT COUNT(*) FROM pwreset_tokens WHERE realm = %s AND account_id = %s AND "
                    "state = 0 AND expires > %lld AND request_id <> %s"},
    {"TOKENS_CLAIM", "UPDATE pwreset_tokens SET state = 1, claim = %s, ended = %lld WHERE realm = "
                     "%s AND account_id = %s AND state = 0 AND expires > %lld"},
    {"TOKENS_HAS_CLAIM",
     "SELECT digest FROM pwreset_tokens WHERE digest = %s AND claim = %s AND state = 1"},
    {"TOKENS_RELEASE",
     "UPDATE pwreset_tokens SET state = 0, claim = '', ended = 0 WHERE claim = %s AND state = 1"},
    {"TOKENS_BURN", "UPDATE pwreset_tokens SET state = %d, claim = '', ended = %lld WHERE realm = "
                    "%s AND account_id = %s AND state IN (0, 1)"},
    {"TOKENS_REVOKE", "UPDATE pwreset_tokens SET state = 3, ended = %lld WHERE realm = %s AND "
                      "request_id = %s AND state = 0"},
    {"TOKENS_EXPIRE",
     "DELETE FROM pwreset_tokens WHERE digest IN (SELECT digest FROM (SELECT digest FROM "
     "pwreset_tokens WHERE expires < %lld ORDER BY expires LIMIT %d) AS old)"},
    {"TRAIL_APPEND", "INSERT INTO pwreset_trail (request_id, support_code, event, detail, "
                     "happened) VALUES (%s, %s, %s, %s, %lld)"},
    {"TRAIL_READ", "SELECT request_id, support_code, event, detail, happened FROM pwreset_trail "
                   "WHERE support_code = %s ORDER BY happened, id LIMIT %d"},
    {"TRAIL_EXPIRE", "DELETE FROM pwreset_trail WHERE id IN (SELECT id FROM (SELECT id FROM "
                     "pwreset_trail WHERE happened < %lld ORDER BY happened LIMIT %d) AS old)"},
    {"RETURNS_PUT", "INSERT INTO pwreset_returns (request_id, url, created) VALUES (%s, %s, %lld)"},
    {"RETURNS_FIND", "SELECT url FROM pwreset_returns WHERE request_id = %s"},
    {"RETURNS_EXPIRE",
     "DELETE FROM pwreset_returns WHERE request_id IN (SELECT request_id FROM (SELECT request_id "
     "FROM pwreset_returns WHERE created < %lld ORDER BY created LIMIT %d) AS old)"},
};

#endif
