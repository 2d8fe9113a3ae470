/*
 * A security descriptor of arbitrary bytes. Nothing outside it is read, and without a rule that
 * names one of the bind's SIDs nothing is open.
 */
#include "fuzz.h"

#include "base/encode.h"
#include "directory/ad_access.h"

#define SID "010500000000000515000000fcb2bf927c587bf072e692724e040000"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    const pwr_schema_attribute_t attribute = {.name = "adminCount",
                                              .guid = "187996bfe60dd011a28500aa003049e2",
                                              .set_guid = "00421644c020d011a76800aa006e0529",
                                              .is_confidential = length % 2 == 1};
    apr_array_header_t *sids = apr_array_make(input.pool, 1, sizeof(const char *));
    char *hex = apr_palloc(input.pool, 2 * length + 1);

    pwr_encode_hex(hex, bytes, length);
    MUST(!pwr_ad_access_may_read(hex, sids, &attribute, input.pool));
    APR_ARRAY_PUSH(sids, const char *) = SID;
    bool may_read = pwr_ad_access_may_read(hex, sids, &attribute, input.pool);
    MUST(!may_read || strstr(hex, SID) != NULL);
    MUST(!pwr_ad_access_may_read(hex, sids, NULL, input.pool) || strstr(hex, SID) != NULL);
    apr_pool_destroy(input.pool);
    return 0;
}
