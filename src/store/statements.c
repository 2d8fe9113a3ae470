/*
 * One table, so that a reader sees on one page what this program does to a database. Nearly all of
 * it is plain SQL that SQLite, PostgreSQL, MySQL and MariaDB take alike; dialect.c has what they
 * cannot take alike. States and lives stand as numbers, as in outbox.h and tokens.h. Columns have
 * the words of the first release: see schema.c.
 */
#include "store/statements.h"

#include <ctype.h>

typedef struct {
    const char *label;
    const char *text;
} statement_t;

#define OUTBOX_COLUMNS                                                                             \
    "id, kind, realm, subject, subject_digest, account_digest, language, client, "                 \
    "support_code, "                                                                               \
    "seed, proved, created, due, tries"
#define TOKEN_COLUMNS                                                                              \
    "digest, stop_digest, request_id, realm, account_id, login, mail_digest, stamp_digest, "       \
    "language, state, created, expires, ended"

static const statement_t statements[PWR_SQL_COUNT] = {
    [PWR_SQL_VERSION]
    = {"pwreset_version", "SELECT version FROM pwreset_schema WHERE name = 'version'"},

    [PWR_SQL_OUTBOX_PUT]
    = {"pwreset_outbox_put", "INSERT INTO pwreset_outbox (" OUTBOX_COLUMNS
                             ", state, ended, owner, life, needed) VALUES (%s, %d, %s, %s, %s, %s, "
                             "%s, %s, %s, %s, %d, %lld, %lld, 0, %d, %lld, '', %d, %lld)"},
    [PWR_SQL_OUTBOX_HAS] = {"pwreset_outbox_has", "SELECT id FROM pwreset_outbox WHERE id = %s"},
    [PWR_SQL_OUTBOX_ABOUT]
    = {"pwreset_outbox_about", "SELECT kind, subject_digest FROM pwreset_outbox WHERE id = %s"},
    [PWR_SQL_OUTBOX_CODE]
    = {"pwreset_outbox_code", "SELECT support_code FROM pwreset_outbox WHERE id = %s"},
    [PWR_SQL_OUTBOX_NEXT]
    = {"pwreset_outbox_next", "SELECT " OUTBOX_COLUMNS " FROM pwreset_outbox "
                              "WHERE realm = %s AND state = 0 ORDER BY due LIMIT 1"},
    [PWR_SQL_OUTBOX_TAKE]
    = {"pwreset_outbox_take",
       "UPDATE pwreset_outbox SET due = %lld, owner = %s, tries = tries + 1, "
       "account_digest = '' WHERE id = %s AND state = 0 AND due = %lld AND tries = %d"},
    [PWR_SQL_OUTBOX_RENEW] = {"pwreset_outbox_renew", "UPDATE pwreset_outbox SET due = %lld "
                                                      "WHERE owner = %s AND state = 0"},
    [PWR_SQL_OUTBOX_LET_GO]
    = {"pwreset_outbox_let_go", "UPDATE pwreset_outbox SET due = %lld, owner = '' "
                                "WHERE owner = %s AND state = 0"},
    [PWR_SQL_OUTBOX_END]
    = {"pwreset_outbox_end",
       "UPDATE pwreset_outbox SET state = %d, ended = %lld, subject = '', seed = '', "
       "account_digest = %s, owner = '', life = %d "
       "WHERE id = %s AND owner = %s AND state = 0"},
    [PWR_SQL_OUTBOX_LATER]
    = {"pwreset_outbox_later", "UPDATE pwreset_outbox SET due = %lld, owner = '' "
                               "WHERE id = %s AND owner = %s AND state = 0"},
    [PWR_SQL_OUTBOX_MARK] = {"pwreset_outbox_mark", "UPDATE pwreset_outbox SET account_digest = %s "
                                                    "WHERE id = %s AND owner = %s AND state = 0"},
    [PWR_SQL_OUTBOX_IN_HAND]
    = {"pwreset_outbox_in_hand", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s "
                                 "AND account_digest = %s AND state = 0 AND owner <> '' "
                                 "AND due > %lld AND id <> %s"},
    [PWR_SQL_OUTBOX_OF_ACCOUNT]
    = {"pwreset_outbox_of_account", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s "
                                    "AND account_digest = %s AND state = 1 AND ended >= %lld "
                                    "AND proved = %d"},
    [PWR_SQL_OUTBOX_OF_TYPED_NAME]
    = {"pwreset_outbox_of_typed_name", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s "
                                       "AND subject_digest = %s AND created >= %lld AND state = 1 "
                                       "AND ended >= %lld AND proved = %d"},
    [PWR_SQL_OUTBOX_ATTEMPTS_OF_TYPED_NAME]
    = {"pwreset_outbox_attempts_of_typed_name",
       "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s "
       "AND subject_digest = %s AND created >= %lld "
       "AND kind = 5 AND state >= 2"},
    [PWR_SQL_OUTBOX_ATTEMPTS_OF_ACCOUNT]
    = {"pwreset_outbox_attempts_of_account", "SELECT COUNT(*) FROM pwreset_outbox WHERE realm = %s "
                                             "AND account_digest = %s AND ended >= %lld "
                                             "AND kind = 5 AND state >= 2"},
    [PWR_SQL_OUTBOX_TRY_ACCOUNT]
    = {"pwreset_outbox_try_account",
       "UPDATE pwreset_outbox SET account_digest = %s WHERE id = %s AND kind = 5"},
    [PWR_SQL_OUTBOX_FORGIVE] = {"pwreset_outbox_forgive", "UPDATE pwreset_outbox SET state = 1 "
                                                          "WHERE id = %s AND kind = 5"},
    [PWR_SQL_OUTBOX_CONFIRM]
    = {"pwreset_outbox_confirm",
       "UPDATE pwreset_outbox SET kind = 3, state = 0, subject = %s, subject_digest = '', "
       "account_digest = '', due = %lld, ended = 0, life = 0 WHERE id = %s AND kind = 5"},
    [PWR_SQL_OUTBOX_KIND]
    = {"pwreset_outbox_kind", "SELECT kind FROM pwreset_outbox WHERE id = %s"},
    [PWR_SQL_OUTBOX_BACKLOG]
    = {"pwreset_outbox_backlog", "SELECT COUNT(*), COALESCE(MIN(created), 0) FROM pwreset_outbox "
                                 "WHERE realm = %s AND state = 0"},
    [PWR_SQL_OUTBOX_ADOPT]
    = {"pwreset_outbox_adopt", "UPDATE pwreset_outbox SET life = 1, needed = created + %lld "
                               "WHERE id IN (SELECT id FROM pwreset_outbox WHERE life = 0 "
                               "AND needed = 0 AND state <> 0 LIMIT %d)"},
    [PWR_SQL_OUTBOX_EXPIRE]
    = {"pwreset_outbox_expire", "DELETE FROM pwreset_outbox WHERE id IN "
                                "(SELECT id FROM pwreset_outbox WHERE life = %d AND needed < %lld "
                                "AND state <> 0 ORDER BY needed LIMIT %d)"},

    [PWR_SQL_ATTEMPT_MOVE]
    = {"pwreset_attempt_move",
       "UPDATE pwreset_outbox SET state = %d, needed = %lld, ended = %lld, account_digest = %s "
       "WHERE id = %s AND kind = 5 AND state = %d"},
    [PWR_SQL_ATTEMPT_OF_ACCOUNT]
    = {"pwreset_attempt_of_account",
       "SELECT ended, state FROM pwreset_outbox WHERE realm = %s AND account_digest = %s "
       "AND kind = 5 AND state >= 3 AND id <> %s ORDER BY ended DESC LIMIT %d"},
    [PWR_SQL_ATTEMPT_FORGIVE]
    = {"pwreset_attempt_forgive",
       "UPDATE pwreset_outbox SET state = 1, needed = created + %lld "
       "WHERE realm = %s AND account_digest = %s "
       "AND kind = 5 AND ((state = 3 AND ended <= %lld) OR (state = 4 AND ended <= %lld))"},

    [PWR_SQL_TOKENS_PUT]
    = {"pwreset_tokens_put", "INSERT INTO pwreset_tokens (" TOKEN_COLUMNS ", claim) VALUES "
                             "(%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %lld, %lld, 0, '')"},
    [PWR_SQL_TOKENS_PROLONG]
    = {"pwreset_tokens_prolong", "UPDATE pwreset_tokens SET expires = %lld "
                                 "WHERE realm = %s AND digest = %s AND state = 0"},
    [PWR_SQL_TOKENS_FIND] = {"pwreset_tokens_find", "SELECT " TOKEN_COLUMNS " FROM pwreset_tokens "
                                                    "WHERE realm = %s AND digest = %s"},
    [PWR_SQL_TOKENS_FIND_STOP]
    = {"pwreset_tokens_find_stop", "SELECT " TOKEN_COLUMNS " FROM pwreset_tokens "
                                   "WHERE realm = %s AND stop_digest = %s"},
    [PWR_SQL_TOKENS_LIVE]
    = {"pwreset_tokens_live", "SELECT COUNT(*) FROM pwreset_tokens WHERE realm = %s "
                              "AND account_id = %s AND state = 0 AND expires > %lld "
                              "AND request_id <> %s"},
    [PWR_SQL_TOKENS_CLAIM]
    = {"pwreset_tokens_claim", "UPDATE pwreset_tokens SET state = 1, claim = %s, ended = %lld "
                               "WHERE realm = %s AND account_id = %s AND state = 0 "
                               "AND expires > %lld"},
    [PWR_SQL_TOKENS_HAS_CLAIM]
    = {"pwreset_tokens_has_claim", "SELECT digest FROM pwreset_tokens "
                                   "WHERE digest = %s AND claim = %s AND state = 1"},
    [PWR_SQL_TOKENS_RELEASE]
    = {"pwreset_tokens_release", "UPDATE pwreset_tokens SET state = 0, claim = '', ended = 0 "
                                 "WHERE claim = %s AND state = 1"},
    [PWR_SQL_TOKENS_BURN]
    = {"pwreset_tokens_burn", "UPDATE pwreset_tokens SET state = %d, claim = '', ended = %lld "
                              "WHERE realm = %s AND account_id = %s AND state IN (0, 1)"},
    [PWR_SQL_TOKENS_REVOKE]
    = {"pwreset_tokens_revoke", "UPDATE pwreset_tokens SET state = 3, ended = %lld "
                                "WHERE realm = %s AND request_id = %s AND state = 0"},
    [PWR_SQL_TOKENS_EXPIRE]
    = {"pwreset_tokens_expire", "DELETE FROM pwreset_tokens WHERE digest IN "
                                "(SELECT digest FROM pwreset_tokens WHERE expires < %lld "
                                "ORDER BY expires LIMIT %d)"},

    [PWR_SQL_TRAIL_APPEND] = {"pwreset_trail_append",
                              "INSERT INTO pwreset_trail (request_id, support_code, event, detail, "
                              "happened, life) VALUES (%s, %s, %s, %s, %lld, %d)"},
    [PWR_SQL_TRAIL_READ]
    = {"pwreset_trail_read", "SELECT request_id, support_code, event, detail, happened "
                             "FROM pwreset_trail WHERE support_code = %s "
                             "ORDER BY happened, id LIMIT %d"},
    [PWR_SQL_TRAIL_EXPIRE]
    = {"pwreset_trail_expire", "DELETE FROM pwreset_trail WHERE id IN "
                               "(SELECT id FROM pwreset_trail WHERE life = %d AND happened < %lld "
                               "ORDER BY happened LIMIT %d)"},

    [PWR_SQL_RETURN_URLS_PUT]
    = {"pwreset_return_urls_put", "INSERT INTO pwreset_returns (request_id, url, "
                                  "created) VALUES (%s, %s, %lld)"},
    [PWR_SQL_RETURN_URLS_FIND]
    = {"pwreset_return_urls_find", "SELECT url FROM pwreset_returns WHERE request_id = %s"},
    [PWR_SQL_RETURN_URLS_EXPIRE]
    = {"pwreset_return_urls_expire", "DELETE FROM pwreset_returns WHERE request_id IN "
                                     "(SELECT request_id FROM pwreset_returns WHERE created < %lld "
                                     "ORDER BY created LIMIT %d)"},

    [PWR_SQL_SIZE_OUTBOX]
    = {"pwreset_size_outbox", "SELECT life, COUNT(*), MIN(needed) FROM pwreset_outbox "
                              "GROUP BY life"},
    [PWR_SQL_SIZE_TRAIL]
    = {"pwreset_size_trail", "SELECT life, COUNT(*), MIN(happened) FROM pwreset_trail "
                             "GROUP BY life"},
    [PWR_SQL_SIZE_TOKENS] = {"pwreset_size_tokens", "SELECT COUNT(*) FROM pwreset_tokens"},
    [PWR_SQL_SIZE_RETURN_URLS]
    = {"pwreset_size_return_urls", "SELECT COUNT(*) FROM pwreset_returns"},
    [PWR_SQL_SIZE_BYTES]
    = {"pwreset_size_bytes", "SELECT (pages.page_count - free.freelist_count) * page.page_size "
                             "FROM pragma_page_count AS pages, pragma_freelist_count AS free, "
                             "pragma_page_size AS page"},
};

const char *pwr_statement_label(pwr_statement_t statement)
{
    return statements[statement].label;
}

const char *pwr_statement_text(pwr_statement_t statement)
{
    return statements[statement].text;
}

int pwr_statement_values(pwr_statement_t statement)
{
    int count = 0;

    for (const char *at = statements[statement].text; *at != '\0'; at++) {
        count += *at == '%' && isalpha((unsigned char)at[1]);
    }
    return count;
}
