/*
 * ?return= from arbitrary bytes: where it leads is what the site has listed and nowhere else, also
 * in the eyes of another URL parser (libcurl's), which undoes dots as browsers do.
 */
#include "fuzz.h"

#include <curl/curl.h>

#include "httpd/return_url.h"

#define OURS "https://sso.example.org"
#define OTHER "https://app.example.org"

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void check_allowed(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL, *path = NULL, *user = NULL, *scheme = NULL;

    MUST(begins(url, OURS "/app") || begins(url, OTHER "/x/"));
    for (const char *at = url; *at != '\0'; at++) {
        MUST(*at > ' ' && *at < 0x7f && *at != '\\' && *at != '"' && *at != '<' && *at != '>');
    }
    MUST(parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK);
    MUST(curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK);
    MUST(curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK);
    MUST(curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK);
    MUST(curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER);
    MUST(strcmp(scheme, "https") == 0);
    bool is_ours = strcmp(host, "sso.example.org") == 0 && begins(path, "/app");
    bool is_other = strcmp(host, "app.example.org") == 0 && begins(path, "/x/");
    MUST(is_ours || is_other);
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_url_cleanup(parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);
    pwr_settings_t settings = {.return_urls = apr_array_make(input.pool, 2, sizeof(pwr_return_t))};
    pwr_site_t site = {.settings = &settings, .origin = OURS, .base_path = "/password"};
    request_rec request = {.pool = input.pool, .args = text};
    const pwr_request_context_t context = {.request = &request, .site = &site};
    pwr_return_t allowed;

    APR_ARRAY_PUSH(settings.return_urls, pwr_return_t) = (pwr_return_t){.path = "/app"};
    APR_ARRAY_PUSH(settings.return_urls, pwr_return_t)
        = (pwr_return_t){.origin = OTHER, .path = "/x/"};
    const char *url = pwr_return_check(&site, text, input.pool);
    if (url != NULL) {
        check_allowed(url);
        const char *again = pwr_return_check(&site, url, input.pool);
        MUST(again != NULL && strcmp(again, url) == 0);
    }
    url = pwr_return_of_query(&context);
    if (url != NULL) {
        check_allowed(url);
    }
    if (pwr_return_parse(&allowed, text, input.pool) == NULL) {
        MUST(allowed.path[0] == '/');
        MUST(allowed.origin == NULL || begins(allowed.origin, "https://"));
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
