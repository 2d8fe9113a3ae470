/*
 * Every statement that is ever prepared, known by a label. Values go in as text, in the order of
 * the marks: %s text, %d integer, %lld a time. Read-only; any thread.
 */
#ifndef PWR_STORE_STATEMENTS_H
#define PWR_STORE_STATEMENTS_H

/* The step of schema.c that leaves all that these statements need. */
#define PWR_STATEMENTS_STEP 3

typedef enum {
    PWR_SQL_VERSION, /* also asked to learn whether a connection still lives */
    PWR_SQL_OUTBOX_PUT,
    PWR_SQL_OUTBOX_HAS,
    PWR_SQL_OUTBOX_ABOUT,
    PWR_SQL_OUTBOX_CODE,
    PWR_SQL_OUTBOX_NEXT,
    PWR_SQL_OUTBOX_TAKE,
    PWR_SQL_OUTBOX_RENEW,
    PWR_SQL_OUTBOX_LET_GO,
    PWR_SQL_OUTBOX_END,
    PWR_SQL_OUTBOX_LATER,
    PWR_SQL_OUTBOX_MARK,
    PWR_SQL_OUTBOX_IN_HAND,
    PWR_SQL_OUTBOX_OF_ACCOUNT,
    PWR_SQL_OUTBOX_OF_TYPED_NAME,
    PWR_SQL_OUTBOX_ATTEMPTS_OF_TYPED_NAME,
    PWR_SQL_OUTBOX_ATTEMPTS_OF_ACCOUNT,
    PWR_SQL_OUTBOX_TRY_ACCOUNT,
    PWR_SQL_OUTBOX_FORGIVE,
    PWR_SQL_OUTBOX_CONFIRM,
    PWR_SQL_OUTBOX_KIND,
    PWR_SQL_OUTBOX_BACKLOG,
    PWR_SQL_OUTBOX_ADOPT,
    PWR_SQL_OUTBOX_EXPIRE,
    PWR_SQL_ATTEMPT_MOVE,
    PWR_SQL_ATTEMPT_OF_ACCOUNT,
    PWR_SQL_ATTEMPT_FORGIVE,
    PWR_SQL_TOKENS_PUT,
    PWR_SQL_TOKENS_PROLONG,
    PWR_SQL_TOKENS_FIND,
    PWR_SQL_TOKENS_FIND_STOP,
    PWR_SQL_TOKENS_LIVE,
    PWR_SQL_TOKENS_CLAIM,
    PWR_SQL_TOKENS_HAS_CLAIM,
    PWR_SQL_TOKENS_RELEASE,
    PWR_SQL_TOKENS_BURN,
    PWR_SQL_TOKENS_REVOKE,
    PWR_SQL_TOKENS_EXPIRE,
    PWR_SQL_TRAIL_APPEND,
    PWR_SQL_TRAIL_READ,
    PWR_SQL_TRAIL_EXPIRE,
    PWR_SQL_RETURN_URLS_PUT,
    PWR_SQL_RETURN_URLS_FIND,
    PWR_SQL_RETURN_URLS_EXPIRE,
    PWR_SQL_SIZE_OUTBOX,
    PWR_SQL_SIZE_TRAIL,
    PWR_SQL_SIZE_TOKENS,
    PWR_SQL_SIZE_RETURN_URLS,
    PWR_SQL_SIZE_BYTES,
    PWR_SQL_COUNT
} pwr_statement_t;

/* As SQLite takes it; where another database needs other words, dialect.h has them. The values are
 * the same. */
const char *pwr_statement_text(pwr_statement_t statement);
/* Names the statement in faults, and in PostgreSQL. */
const char *pwr_statement_label(pwr_statement_t statement);
/* How many values it takes. */
int pwr_statement_values(pwr_statement_t statement);

#endif
