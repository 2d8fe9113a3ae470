/*
 * Named ceilings of everything that grows: each buffer and list in the program stops at one of
 * these. Sizes are bytes unless the name says otherwise. No state; any thread.
 */
#ifndef PWR_BASE_LIMITS_H
#define PWR_BASE_LIMITS_H

#define PWR_MAX_BODY 16384         /* one posted form */
#define PWR_MAX_FORM_NAMES 3       /* requests by one form, each about another name */
#define PWR_MAX_FIELDS 16          /* fields in one posted form */
#define PWR_MAX_TYPED 254          /* a typed name or address (RFC 5321, 4.5.3.1: 254 fit a path) */
#define PWR_MAX_RETURN 500         /* URL that an application wants a person sent back to */
#define PWR_MAX_ADDRESS 254        /* an address mail goes to */
#define PWR_MAX_PASSWORD 1024      /* a new password, in bytes of UTF-8 */
#define PWR_MAX_PASSWORD_CHARS 256 /* a new password, in code points */
#define PWR_MAX_BLOCKLIST 4000000  /* lines of a list of refused passwords */
#define PWR_MAX_BLOCKLIST_LINE 1024 /* bytes of one line; a longer one is no password */
#define PWR_MAX_PWNED_LINE 64       /* bytes of one line of a file of leaked passwords */
#define PWR_MAX_PWNED_RANGE 524288  /* an answer about leaked passwords */
#define PWR_MAX_PATTERNS 32         /* expressions of one site */
#define PWR_MAX_PATTERN_MS 50       /* an expression on a password, in ICU's steps of about a ms */
#define PWR_MAX_GUESSED 100         /* characters of a password whose strength is estimated */
#define PWR_MAX_PAGE 262144         /* one rendered page or mail part */
#define PWR_MAX_TEMPLATE 131072     /* one template file */
#define PWR_MAX_MESSAGE 4096        /* one formatted message */
#define PWR_MAX_CATALOGUE 524288    /* one file of messages */
#define PWR_MAX_SOURCES 1048576     /* one template with all its partials */
#define PWR_MAX_NESTING 32          /* open sections of a template; depth of a message pattern */
#define PWR_MAX_LANGUAGES 64        /* files of messages */
#define PWR_MAX_ACCEPT_LANGUAGE 512 /* of an Accept-Language header; the rest is not looked at */
#define PWR_MATCHES 256             /* Accept-Language headers whose match is remembered */
#define PWR_MAX_ATTRIBUTE 4096      /* one directory value we look at */
#define PWR_MAX_VALUES 1024         /* values of one directory attribute we look at */
#define PWR_MAX_ATTRIBUTE_NAME 255  /* the name or OID of an attribute */
#define PWR_MAX_SCHEMA 16384        /* attributes that a directory's schema defines */
#define PWR_MAX_DESCRIPTIONS 64     /* attributes of one entry we look at, each option one */
#define PWR_MAX_DESCRIPTOR 65535    /* an AD security descriptor, as long as its ACL may be */
#define PWR_MAX_WORDS 2048          /* words that a directory refuses inside one password */
#define PWR_MAX_MATCHES 8           /* entries of one search for a typed name */
#define PWR_MAX_DIRECTORY_ANSWER 1048576  /* one message of a directory server */
#define PWR_MAX_DIRECTORY_TRAFFIC 4194304 /* all it sends during one operation */
#define PWR_MAX_SERVERS 16                /* directory servers of one site */
#define PWR_MAX_MAIL 524288               /* one composed mail */
#define PWR_MAX_SECRET_FILE 4096          /* a file or command output that holds a credential */
#define PWR_MAX_SOLUTION 1536  /* a posted proof of work; the longest of ours takes 700 */
#define PWR_MAX_ROUNDS 64      /* of PBKDF2 for one posted proof of work */
#define PWR_MAX_JSON 65536     /* JSON that comes from outside */
#define PWR_MAX_JSON_DEPTH 8   /* its objects and arrays within one another */
#define PWR_MAX_PICTURE 131072 /* one drawn picture captcha */
#define PWR_MAX_SOUND 131072   /* one synthesised sound */
#define PWR_MAX_SOUNDS 3       /* of one captcha: a player asks for the first bytes, then for all */
#define PWR_MAX_CAPTCHA_THINGS 26 /* that a captcha can draw, or play: a letter stands for each */
#define PWR_MAX_ATTEMPTS 64   /* earlier attempts at one account's password that are looked at */
#define PWR_MAX_LIVE_LINKS 3  /* live links of one account */
#define PWR_MORE_LIVE_LINKS 2 /* beyond those, for requests that were proved */
#define PWR_MAX_RELAYS 8      /* relays of one site */
#define PWR_MAX_DETAIL 512    /* detail of a fault, as logged and kept in the trail */

#endif
