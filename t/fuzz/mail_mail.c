/*
 * Mail addresses (first byte even) and relays' URLs (odd). An address that is taken holds nothing
 * that ends a line, a word or the address, neither as it is stored nor as it travels. A relay's URL
 * that is taken names a host and a port, and no fault repeats a password out of one.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "mail/mail.h"
#include "mail/message.h"

static void check_taken(const char *address)
{
    const char *at = strchr(address, '@');

    MUST(strlen(address) <= PWR_MAX_ADDRESS);
    MUST(at != NULL && at > address && at[1] != '\0' && strchr(at + 1, '@') == NULL);
    for (const char *byte = address; *byte != '\0'; byte++) {
        MUST((unsigned char)*byte > ' ' && *byte != 0x7f && strchr("<>,;:\"\\", *byte) == NULL);
    }
}

static void check_address(const char *address, apr_pool_t *pool)
{
    bool is_address = pwr_mail_is_address(address);
    const char *wire = pwr_message_wire_address(address, pool);

    if (is_address) {
        check_taken(address);
    }
    MUST(wire == NULL || is_address);
    if (wire != NULL) {
        check_taken(wire);
        for (const char *byte = strchr(wire, '@'); *byte != '\0'; byte++) {
            MUST((unsigned char)*byte < 0x80);
        }
        const char *again = pwr_message_wire_address(wire, pool);
        MUST(again != NULL && strcmp(again, wire) == 0);
    }
}

static void check_relay(const char *url, const char *tls, apr_pool_t *pool)
{
    static const char secret[] = "correct-horse-battery";
    const char *with_password = apr_pstrcat(pool, "smtp://user:", secret, "@", url, NULL);
    pwr_relay_t *relay = NULL;
    pwr_fault_t *fault = pwr_mail_parse_relay(&relay, with_password, tls, pool);

    MUST(fault != NULL && strstr(fault->detail, secret) == NULL);
    if (pwr_mail_parse_relay(&relay, url, tls, pool) != NULL) {
        return;
    }
    MUST(relay->name != NULL && relay->host != NULL && *relay->host != '\0');
    if (relay->kind == PWR_RELAY_FOLDER) {
        MUST(*relay->host == '/');
        return;
    }
    MUST(relay->port >= 1 && relay->port <= 65535);
    MUST(strpbrk(relay->host, " /@?#%\r\n\t[]\\") == NULL);
    MUST(strchr(relay->name, '@') == NULL);
    MUST(relay->user == NULL || (*relay->user != '\0' && relay->kind != PWR_RELAY_PLAIN));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const tls[] = {NULL, "STARTTLS", "NONE", "other"};
    input_t input = open_input(bytes, length);
    unsigned choice = next_byte(&input);
    char *text = rest_on_heap(&input);

    if (choice % 2 == 0) {
        check_address(text, input.pool);
    } else {
        check_relay(text, tls[choice / 2 % 4], input.pool);
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
