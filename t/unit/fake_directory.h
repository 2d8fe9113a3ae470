/*
 * A fake directory for the tests of flows: people in memory, and answers that no real server can be
 * asked for at the right moment. It defines every function of directory/directory.h and
 * directory/attempt.h that a flow calls. A program that links it does not get the real ones from
 * the library. One thread.
 */
#ifndef T_UNIT_FAKE_DIRECTORY_H
#define T_UNIT_FAKE_DIRECTORY_H

#include "directory/attempt.h"

#define FAKE_MOST_PEOPLE 16

/* One account, and what finds it. */
typedef struct {
    const char *typed; /* the name that finds it; several people may have the same */
    const char *password;
    pwr_account_t account;
} fake_person_t;

typedef struct {
    fake_person_t people[FAKE_MOST_PEOPLE];
    int people_count;
    bool is_reversed;           /* a search lists the people in the other order */
    pwr_rules_t rules;          /* for everybody */
    pwr_fault_t *fault;         /* not NULL: every call that asks the server ends with it */
    pwr_write_outcome_t write;  /* how a write ends; a DONE one changes the person */
    pwr_fault_t *write_fault;   /* of a write that is neither DONE nor STALE */
    pwr_bind_outcome_t right;   /* what a bind with the right password says */
    void (*before_write)(void); /* what happens between the flow's look and its write; or NULL */
    int finds, reads, reaches, binds, dummy_binds, writes, unlocks; /* calls of each */
} fake_directory_t;

extern fake_directory_t fake_directory;

/* Nobody is in it, and every write would be DONE. */
void fake_directory_clear(void);

/* Adds a person who can be reset: `login` finds it, and is what its id, dn and address begin with.
 * The texts and lists live in `pool`. */
fake_person_t *fake_directory_add(const char *login, apr_pool_t *pool);

#endif
