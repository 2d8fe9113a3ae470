/*
 * The access check of MS-ADTS 5.1.3.3 for one right on one attribute: the first rule that is about
 * the right, the attribute and one of the bind's SIDs decides. A rule is about the attribute when
 * it names it, its property set, or nothing. What an owner may do beyond the rules does not include
 * reading attributes.
 *
 * Security descriptor (MS-DTYP 2.4.6), ACL (2.4.5) and ACE (2.4.4), numbers with the low byte
 * first:
 *
 *     revision 1 | 0 | control 2 | owner 4 | group 4 | SACL 4 | DACL 4: offsets from the start
 *     ACL: revision 1 | 0 | size 2 | count 2 | 0 0, then so many ACEs
 *     ACE: type 1 | flags 1 | size 2 | rights 4 | SID
 *     object ACE: ... rights 4 | which 4 | GUID 16 if which & 1 | GUID 16 if which & 2 | SID
 */
#include "directory/ad_access.h"

#include <string.h>

#include <apr_strings.h>

#include "base/encode.h"
#include "directory/filter.h"

#define HAS_DACL 0x4 /* of the control */
#define DESCRIPTOR_BYTES 20
#define ACL_BYTES 8
#define ACE_BYTES 8
#define GUID_BYTES 16

#define INHERIT_ONLY 0x8 /* the rule is for what lies below */
#define HAS_OBJECT 0x1   /* of `which`: the attribute, property set or extended right */
#define HAS_INHERITED 0x2

#define READ_PROPERTY 0x10
#define CONTROL_ACCESS 0x100 /* reads what is confidential */
#define GENERIC_ALL 0x10000000
#define GENERIC_READ 0x80000000

typedef enum { NOT_ABOUT, ALLOWS, DENIES } ruling_t;

/* What is asked. */
typedef struct {
    const apr_array_header_t *sids;
    const pwr_schema_attribute_t *attribute;
    unsigned right;
} question_t;

/* One rule. */
typedef struct {
    unsigned type, flags, rights;
    const unsigned char *object; /* a GUID; NULL: all attributes */
    const unsigned char *sid;
    size_t sid_bytes;
} ace_t;

static unsigned number_at(const unsigned char *at, int bytes)
{
    unsigned number = 0;

    for (int i = bytes - 1; i >= 0; i--) {
        number = number << 8 | at[i];
    }
    return number;
}

static bool is_hex_of(const char *hex, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    if (hex == NULL || strlen(hex) != 2 * length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (hex[2 * i] != digits[bytes[i] >> 4] || hex[2 * i + 1] != digits[bytes[i] & 15]) {
            return false;
        }
    }
    return true;
}

/* False when `size` bytes are no ACE. */
static bool parse_ace(ace_t *ace, const unsigned char *at, size_t size)
{
    size_t head = ACE_BYTES;

    if (size < ACE_BYTES) {
        return false;
    }
    *ace = (ace_t){.type = at[0], .flags = at[1], .rights = number_at(at + 4, 4)};
    bool is_of_objects = (ace->type >= 5 && ace->type <= 8) || ace->type >= 11;
    if (is_of_objects && size >= ACE_BYTES + 4) {
        unsigned which = number_at(at + ACE_BYTES, 4);
        head += 4;
        ace->object = (which & HAS_OBJECT) != 0 ? at + head : NULL;
        head += (which & HAS_OBJECT) != 0 ? GUID_BYTES : 0;
        head += (which & HAS_INHERITED) != 0 ? GUID_BYTES : 0;
    }
    size_t sid_bytes = size >= head + 2 ? 8 + 4 * (size_t)at[head + 1] : 0;
    ace->sid = at + head;
    ace->sid_bytes = sid_bytes;
    return sid_bytes > 0 && head + sid_bytes <= size;
}

/* Rules with a condition (types 9 to 12) are not worked out: they allow nothing, and deny. */
static ruling_t kind_of(const ace_t *ace)
{
    switch (ace->type) {
    case 0:
    case 5:
        return ALLOWS;
    case 1:
    case 6:
    case 10:
    case 12:
        return DENIES;
    default:
        return NOT_ABOUT;
    }
}

static bool is_about_attribute(const ace_t *ace, const pwr_schema_attribute_t *attribute)
{
    if (ace->object == NULL) {
        return true;
    }
    if (attribute == NULL || attribute->guid == NULL) {
        return kind_of(ace) == DENIES;
    }
    return is_hex_of(attribute->guid, ace->object, GUID_BYTES)
           || is_hex_of(attribute->set_guid, ace->object, GUID_BYTES);
}

static ruling_t ruling_of(const ace_t *ace, const question_t *question)
{
    unsigned generic = question->right == READ_PROPERTY ? GENERIC_ALL | GENERIC_READ : GENERIC_ALL;

    if ((ace->flags & INHERIT_ONLY) != 0 || (ace->rights & (question->right | generic)) == 0
        || !is_about_attribute(ace, question->attribute)) {
        return NOT_ABOUT;
    }
    for (int i = 0; i < question->sids->nelts; i++) {
        if (is_hex_of(APR_ARRAY_IDX(question->sids, i, const char *), ace->sid, ace->sid_bytes)) {
            return kind_of(ace);
        }
    }
    return NOT_ABOUT;
}

/* `at` are `length` bytes from the start of the DACL. */
static bool is_allowed(const unsigned char *at, size_t length, const question_t *question)
{
    unsigned count = length >= ACL_BYTES ? number_at(at + 4, 2) : 0;
    size_t from = ACL_BYTES;

    for (unsigned i = 0; i < count && from + 4 <= length; i++) {
        size_t size = number_at(at + from + 2, 2);
        ace_t ace;
        if (size > length - from || !parse_ace(&ace, at + from, size)) {
            return false;
        }
        ruling_t ruling = ruling_of(&ace, question);
        if (ruling != NOT_ABOUT) {
            return ruling == ALLOWS;
        }
        from += size;
    }
    return false;
}

bool pwr_ad_access_may_read(const char *descriptor, const apr_array_header_t *sids,
                            const pwr_schema_attribute_t *attribute, apr_pool_t *scratch)
{
    question_t question = {.sids = sids, .attribute = attribute, .right = READ_PROPERTY};
    size_t length = descriptor != NULL ? strlen(descriptor) / 2 : 0;
    unsigned char *bytes = apr_palloc(scratch, length + 1);

    if (length < DESCRIPTOR_BYTES || sids == NULL || !pwr_decode_hex(bytes, length, descriptor)) {
        return false;
    }
    unsigned offset = number_at(bytes + 16, 4);
    if ((number_at(bytes + 2, 2) & HAS_DACL) == 0 || offset < DESCRIPTOR_BYTES
        || offset >= length) {
        return false;
    }
    bool may_read = is_allowed(bytes + offset, length - offset, &question);
    question.right = CONTROL_ACCESS;
    return may_read
           && (attribute == NULL || !attribute->is_confidential
               || is_allowed(bytes + offset, length - offset, &question));
}

/* --- asking --- */

/* Asks for the DACL alone (MS-ADTS 3.1.1.3.4.1.11): of what else a descriptor holds, the bind may
 * not see all, and would be shown nothing. */
static LDAPControl dacl_control(void)
{
    static char oid[] = "1.2.840.113556.1.4.801";
    static char flags[] = {0x30, 0x03, 0x02, 0x01, 0x04};

    return (LDAPControl){.ldctl_oid = oid,
                         .ldctl_value = {.bv_len = sizeof flags, .bv_val = flags},
                         .ldctl_iscritical = 1};
}

pwr_fault_t *pwr_ad_access_find_hidden(const char **hidden, const pwr_backend_context_t *context,
                                       const char *dn, const apr_array_header_t *names,
                                       apr_pool_t *scratch)
{
    static const char *const attributes[] = {"nTSecurityDescriptor", NULL};
    LDAPControl control = dacl_control();
    const pwr_search_t search = {.base = dn, .attributes = attributes, .control = &control};
    const apr_array_header_t *sids = pwr_entry_values(context->root, "tokenGroups");
    const pwr_entry_t *entry = NULL;

    *hidden = NULL;
    PWR_TRY(pwr_search_entry(&entry, context->connections, &search, scratch));
    const char *descriptor = entry != NULL ? pwr_entry_first(entry, attributes[0]) : NULL;
    if (descriptor == NULL) {
        *hidden = attributes[0];
    }
    for (int i = 0; i < names->nelts && *hidden == NULL; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const pwr_schema_attribute_t *attribute = pwr_schema_find(&context->schema, name);
        if (pwr_schema_lacks(&context->schema, name)
            || !pwr_ad_access_may_read(descriptor, sids, attribute, scratch)) {
            *hidden = name;
        }
    }
    return NULL;
}

static bool holds(const pwr_entry_t *entry, const char *attribute, const char *value)
{
    const apr_array_header_t *values = entry != NULL ? pwr_entry_values(entry, attribute) : NULL;

    for (int i = 0; values != NULL && value != NULL && i < values->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(values, i, const char *), value) == 0) {
            return true;
        }
    }
    return false;
}

/* The SIDs of an account's groups hold its primary group and what that lies in, which memberOf does
 * not; memberOf leads to groups that are for mail alone, which have no place among the SIDs. */
pwr_fault_t *pwr_ad_access_is_member(bool *is_in, const pwr_backend_context_t *context,
                                     const char *group, const pwr_account_t *account,
                                     apr_pool_t *scratch)
{
    static const char *const of_group[] = {"objectSid", NULL};
    static const char *const of_account[] = {"tokenGroups", NULL};
    const char *chain = apr_pstrcat(scratch, "(memberOf:1.2.840.113556.1.4.1941:=",
                                    pwr_filter_escape(group, scratch), ")", NULL);
    const pwr_search_t read_group = {.base = group, .attributes = of_group};
    const pwr_search_t read_account = {.base = account->dn, .attributes = of_account};
    const pwr_entry_t *listed = NULL, *person = NULL;

    PWR_TRY(pwr_search_entry(&listed, context->connections, &read_group, scratch));
    PWR_TRY(pwr_search_entry(&person, context->connections, &read_account, scratch));
    PWR_TRY(pwr_search_matches(is_in, context->connections, account->dn, chain, scratch));
    *is_in = *is_in
             || holds(person, of_account[0],
                      listed != NULL ? pwr_entry_first(listed, of_group[0]) : NULL);
    return NULL;
}
