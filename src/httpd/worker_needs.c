/*
 * Files that a directive names may be read, whichever directive it is: so a new one cannot be
 * forgotten here. Paths are named without looking at them, as this runs as root. The key is in
 * the worker's memory already; SQLite needs the state folder. Sockets need no entry, as
 * connecting to one is no access to a file. A file whose symbolic link is led to another folder is
 * found again by the next worker.
 */
#include "httpd/worker_needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_portable.h>
#include <apr_strings.h>

#define LONGEST_LINE 4096

static void keep_file(pwr_sandbox_t *sandbox, apr_file_t *file)
{
    apr_os_file_t fd = -1;

    if (file != NULL && apr_os_file_get(&fd, file) == APR_SUCCESS) {
        pwr_sandbox_keep(sandbox, fd);
    }
}

static void read_paths_of_directives(pwr_sandbox_t *sandbox, const pwr_settings_t *settings)
{
    for (int i = 0; pwr_directives[i].name != NULL; i++) {
        const pwr_directive_t *row = pwr_directives[i].cmd_data;
        if (row->kind == PWR_KIND_PATH) {
            const char *path = NULL;
            memcpy(&path, (const char *)settings + row->offset, sizeof path);
            if (path != settings->key_file) {
                pwr_sandbox_may_read(sandbox, path);
            }
        }
    }
    pwr_sandbox_may_read(sandbox, settings->parts.directory.client_certificate);
    pwr_sandbox_may_read(sandbox, settings->parts.directory.client_key);
}

/* "passfile=/etc/apache2/pwreset.pgpass", "sslrootcert='/srv/ca.pem'" */
static void read_paths_of_params(pwr_sandbox_t *sandbox, const char *params, apr_pool_t *pool)
{
    char *state = NULL;

    for (char *piece = apr_strtok(apr_pstrdup(pool, params), " ,;='\"\t\r\n", &state);
         piece != NULL; piece = apr_strtok(NULL, " ,;='\"\t\r\n", &state)) {
        if (piece[0] == '/') {
            pwr_sandbox_may_read(sandbox, piece);
        }
    }
}

static const char *folder_name(const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');
    return slash != NULL ? apr_pstrmemdup(pool, file, (apr_size_t)(slash - file)) : NULL;
}

static void add_site(pwr_sandbox_t *sandbox, const pwr_site_t *site, apr_pool_t *pool)
{
    const pwr_parts_settings_t *parts = &site->settings->parts;

    keep_file(sandbox, site->audit);
    pwr_sandbox_keep(sandbox, site->wake_fd);
    read_paths_of_directives(sandbox, site->settings);
    if (strcmp(parts->store.driver, "sqlite3") == 0) {
        pwr_sandbox_may_write(sandbox, folder_name(parts->store.params, pool));
    } else {
        read_paths_of_params(sandbox, parts->store.params, pool);
    }
    for (int i = 0; i < parts->mail.relays->nelts; i++) {
        const pwr_relay_t *relay = APR_ARRAY_IDX(parts->mail.relays, i, const pwr_relay_t *);
        if (relay->kind == PWR_RELAY_FOLDER) {
            pwr_sandbox_may_write(sandbox, relay->host);
        }
    }
}

/* Variables by which libraries are told of other files: "/a/file", "FILE:/a/file", "/a:/b". */
static void read_paths_of_environment(pwr_sandbox_t *sandbox, apr_pool_t *pool)
{
    static const char *const names[] = {
        "KRB5_CONFIG",     "KRB5_CLIENT_KTNAME", "KRB5_KTNAME",   "KRB5CCNAME",   "GSS_MECH_CONFIG",
        "LDAPCONF",        "LDAPTLS_CACERT",     "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF",
        "OPENSSL_MODULES", "PGPASSFILE",         "PGSSLROOTCERT", "PGSSLCERT",    "PGSSLKEY",
        "PGSYSCONFDIR",    "PGSERVICEFILE",      "MYSQL_HOME",    "ICU_DATA",     "TZDIR",
        "LOCALDOMAIN",     "LD_LIBRARY_PATH"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        char *state = NULL;
        if (value == NULL) {
            continue;
        }
        for (char *piece = apr_strtok(apr_pstrdup(pool, value), ":", &state); piece != NULL;
             piece = apr_strtok(NULL, ":", &state)) {
            if (piece[0] == '/') {
                pwr_sandbox_may_read(sandbox, piece);
            }
        }
    }
}

/* The folders that this process has its libraries from: drivers and plug-ins lie beside them. */
static void read_paths_of_libraries(pwr_sandbox_t *sandbox)
{
    char line[LONGEST_LINE], seen[LONGEST_LINE] = "";
    FILE *maps = fopen("/proc/self/maps", "re");

    if (maps == NULL) {
        return; /* no /proc: the system's own folders are readable anyway */
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path == NULL || strstr(line, " r-xp ") == NULL) {
            continue;
        }
        path[strcspn(path, "\n")] = '\0';
        if (strncmp(path, "/usr/", 5) != 0 && strcmp(path, seen) != 0) {
            pwr_sandbox_may_read(sandbox, path);
            apr_cpystrn(seen, path, sizeof seen);
        }
    }
    fclose(maps);
}

/* A sanitizer writes what it found to a file of its own. */
static void write_reports(pwr_sandbox_t *sandbox, apr_pool_t *pool)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    const char *folder = NULL;
    if (apr_temp_dir_get(&folder, pool) == APR_SUCCESS) {
        pwr_sandbox_may_write(sandbox, folder);
    }
#else
    (void)sandbox;
    (void)pool;
#endif
}

pwr_sandbox_t *pwr_worker_needs(const apr_array_header_t *sites, const server_rec *main_server,
                                apr_pool_t *pool)
{
    pwr_sandbox_t *sandbox = pwr_sandbox_make(pool);

    for (const server_rec *server = main_server; server != NULL; server = server->next) {
        keep_file(sandbox, server->error_log);
    }
    for (int i = 0; i < sites->nelts; i++) {
        add_site(sandbox, APR_ARRAY_IDX(sites, i, const pwr_site_t *), pool);
    }
    read_paths_of_environment(sandbox, pool);
    read_paths_of_libraries(sandbox);
    write_reports(sandbox, pool);
    return sandbox;
}
