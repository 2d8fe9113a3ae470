"""Beside the two hundred people of the kit: those whom the tests of 389 Directory Server need, with
policies of their own and of a subtree, and a role that disables."""
from kit import people

CONTAINER = f"cn=nsPwPolicyContainer,{people.PEOPLE_DN}"
STRICT = f"ou=strenge,{people.PEOPLE_DN}"

# Who has a policy of their own, and what it says.
POLICIES = {
    "plain": {"passwordCheckSyntax": "on"},
    "fri": {"passwordMinLength": "20"},
    "all": {"passwordCheckSyntax": "on", "passwordMinLength": "10", "passwordMinDigits": "1",
            "passwordMinAlphas": "4", "passwordMinUppers": "1", "passwordMinLowers": "2",
            "passwordMinSpecials": "1", "passwordMin8bit": "2", "passwordMaxRepeats": "2",
            "passwordMinCategories": "5", "passwordMinTokenLength": "4",
            "passwordPalindrome": "on", "passwordHistory": "on", "passwordInHistory": "2",
            "passwordMinAge": "1d"},
    "counted": {"passwordCheckSyntax": "on", "passwordMinLength": "6", "passwordMinDigits": "1",
                "passwordMinAlphas": "2", "passwordMinUppers": "1", "passwordMinLowers": "1",
                "passwordMinSpecials": "1", "passwordMin8bit": "1", "passwordMaxRepeats": "2",
                "passwordMinCategories": "4", "passwordMinTokenLength": "3"},
    "utgatt": {"passwordExp": "on", "passwordMaxAge": "100d"},
    "bytt": {"passwordMustChange": "on"},
}
MORE = {
    "utgatt": {"passwordExpirationTime": "20200101000000Z"},
    "bytt": {"passwordExpirationTime": "19700101000000Z"},
    "all": {"ou": "Økonomi"},
    "counted": {"ou": "Økonomi"},
    "rolle": {"nsRoleDN": f"cn=sluttet,{people.BASE}"},
}


def inside(dn):
    """A DN as the value of an RDN (RFC 4514 2.4)."""
    return dn.replace("=", "\\3D").replace(",", "\\2C")


def policy_dn(kind, target):
    return f"cn={inside(f'cn=nsPwPolicyEntry_{kind},{target}')},{CONTAINER}"


def policy(kind, target, values):
    return people.entry(policy_dn(kind, target), {
        "objectClass": ["top", "extensibleObject", "ldapsubentry", "passwordPolicy"],
        "cn": f"cn=nsPwPolicyEntry_{kind},{target}", **values})


def person(uid, unit=people.PEOPLE_DN, **more):
    dn = f"uid={uid},{unit}"
    own = {"pwdpolicysubentry": policy_dn("user", dn)} if uid in POLICIES else {}
    return people.entry(dn, {
        "objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid,
        "mail": f"{uid}@{people.DOMAIN}",
        "userPassword": people.hashed(people.PASSWORD, uid.encode()), **own, **more})


def cos(name, base, attribute, template, values):
    """Class of service: everybody below `base` has the attribute that the template has."""
    return [people.entry(f"cn={name},{base}", {
        "objectClass": ["top", "ldapsubentry", "cosSuperDefinition", "cosPointerDefinition"],
        "cn": name, "cosTemplateDn": template, "cosAttribute": f"{attribute} default operational"}),
            people.entry(template, {
                "objectClass": ["top", "extensibleObject", "ldapsubentry", "cosTemplate"],
                "cn": template.partition(",")[0].partition("=")[2], **values})]


def disabling_role():
    """As `dsidm role lock` makes it: whoever has the role gets nsAccountLock from a template."""
    role, holder = f"cn=sluttet,{people.BASE}", f"cn=stengt,{people.BASE}"
    return [
        people.entry(role, {
            "objectClass": ["top", "ldapsubentry", "nsRoleDefinition", "nsSimpleRoleDefinition",
                            "nsManagedRoleDefinition"], "cn": "sluttet"}),
        people.entry(holder, {"objectClass": ["top", "nsContainer"], "cn": "stengt"}),
        people.entry(f"cn={inside(role)},{holder}", {
            "objectClass": ["top", "extensibleObject", "cosTemplate", "ldapsubentry"],
            "cn": role, "nsAccountLock": "true", "cosPriority": "1"}),
        people.entry(f"cn=nsAccountInactivation_cos,{people.BASE}", {
            "objectClass": ["top", "ldapsubentry", "cosSuperDefinition", "cosClassicDefinition"],
            "cn": "nsAccountInactivation_cos", "cosTemplateDn": holder, "cosSpecifier": "nsRole",
            "cosAttribute": "nsAccountLock operational"})]


def ldif():
    parts = [people.entry(CONTAINER, {"objectClass": ["top", "nsContainer"],
                                      "cn": "nsPwPolicyContainer"})]
    parts += [policy("user", f"uid={uid},{people.PEOPLE_DN}", values)
              for uid, values in POLICIES.items()]
    parts += [person(uid, **MORE.get(uid, {})) for uid in dict.fromkeys([*POLICIES, *MORE])]
    parts.append(people.entry(STRICT, {"objectClass": "organizationalUnit", "ou": "strenge"}))
    parts.append(policy("subtree", STRICT, {"passwordCheckSyntax": "on", "passwordMinLength": "12",
                                            "passwordMinCategories": "1"}))
    parts += cos("nsPwPolicy_CoS", STRICT, "pwdpolicysubentry",
                 f"cn={inside(f'cn=nsPwTemplateEntry,{STRICT}')},{CONTAINER}",
                 {"cosPriority": "1", "pwdpolicysubentry": policy_dn("subtree", STRICT)})
    parts.append(person("streng", STRICT))
    parts += disabling_role()
    return "\n".join(parts)
