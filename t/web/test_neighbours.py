"""What a site has beside the flow, as people write it, and the flow works: each address answers as it
does alone, each method that is not served is refused, and no token is in the access log."""
import base64
import hashlib
import subprocess

import pytest
from site_steps import quick_site, some_token
from wire import exchange, form_headers

from kit import system

MODULES = """access_compat actions allowmethods alias asis auth_basic authn_file autoindex brotli buffer cache
cache_disk cgid charset_lite dav dav_fs dav_lock dumpio expires ext_filter imagemap info macro mime_magic
negotiation proxy proxy_http ratelimit remoteip rewrite sed speling substitute unique_id userdir usertrack
vhost_alias""".split()
SERVER = """
DavLockDB "{folder}/dav-lock"
ScriptSock "{folder}/cgi-socket"
CacheRoot "{folder}/cache"
MIMEMagicFile "{folder}/magic"
<Directory "{site}">
    AllowOverride All
</Directory>
<Macro Front>
    RewriteEngine on
    RewriteCond %{{REQUEST_FILENAME}} !-f
    RewriteRule ^ /index.html [L]
</Macro>
"""
# Each stands in the virtual host of the flow. {site} is its DocumentRoot, {port} one where nobody is.
NEIGHBOURS = {
    "nothing": "",
    # A file of a like name, for an address that has none.
    "MultiViews everywhere": "<Directory />\nOptions +MultiViews\n</Directory>",
    "MultiViews in the documents": '<Directory "{site}">\nOptions +MultiViews +Indexes\n</Directory>',
    "MultiViews in a Location": "<Location />\nOptions +MultiViews +Indexes\n</Location>",
    "MultiViews for us": "<Location /passord>\nOptions +MultiViews\n</Location>",
    "MultiViews by any handler": '<Directory "{site}">\nOptions +MultiViews\nMultiviewsMatch Any\n'
                                 "</Directory>",
    "type maps": "AddHandler type-map var",
    "spelling": "CheckSpelling on",
    "spelling by case": "CheckSpelling on\nCheckCaseOnly on",
    "spelling in a Location": "<Location />\nCheckSpelling on\n</Location>",
    # Everything leads to one program.
    "front controller": "Use Front",
    "front controller in the documents": '<Directory "{site}">\nRewriteEngine on\n'
                                         'RewriteRule ^ index.html [L]\n</Directory>',
    "front controller in a Location": "<Location />\nRewriteEngine on\nRewriteRule ^ /index.html [L]\n"
                                      "</Location>",
    "front controller that passes through": "RewriteEngine on\nRewriteCond %{{REQUEST_URI}} "
                                            "!^/passord(/|$)\nRewriteRule ^ /index.html [PT]",
    "fallback": "FallbackResource /index.html",
    "fallback in a Location": "<Location />\nFallbackResource /index.html\n</Location>",
    "handler by type": "AddHandler cgi-script .html .css\nOptions +ExecCGI",
    "handler for every file": '<FilesMatch ".">\nSetHandler cgi-script\n</FilesMatch>',
    "forced type": "ForceType text/plain",
    "action": "Action text/html /index.html",
    "aliases": 'AliasMatch ^/(.*)$ "{site}/$1"',
    "hosts by name": "VirtualDocumentRoot {site}/%0",
    "folders of users": "UserDir public_html",
    # Documents that people may change.
    "WebDAV everywhere": "<Location />\nDav on\n</Location>",
    "WebDAV in the documents": '<Directory "{site}">\nDav on\n</Directory>',
    "WebDAV for us": "<Location /passord>\nDav on\n</Location>",
    # In front of an application.
    "proxy for all else": 'ProxyPass "/passord" "!"\nProxyPass "/" "http://127.0.0.1:{port}/"',
    "proxy for all": 'ProxyPass "/" "http://127.0.0.1:{port}/"',
    "proxy by rewriting": "RewriteEngine on\nRewriteCond %{{REQUEST_URI}} !^/passord(/|$)\n"
                          "RewriteRule ^(.*) http://127.0.0.1:{port}$1 [P]",
    "proxy in a Location": "<Location />\nProxyPass http://127.0.0.1:{port}/\n</Location>",
    "errors of the proxy": 'ProxyErrorOverride on\nErrorDocument 404 /index.html\n'
                           'ErrorDocument 422 /index.html',
    # Who may.
    "a login for the whole site": '<Location />\nAuthType Basic\nAuthName x\nAuthBasicProvider file\n'
                                  'AuthUserFile "{folder}/users"\nRequire valid-user\n</Location>\n'
                                  "<Location /passord>\nRequire all granted\n</Location>",
    "an old login for the whole site": '<Location />\nAuthType Basic\nAuthName x\nAuthBasicProvider '
                                       'file\nAuthUserFile "{folder}/users"\nRequire valid-user\n'
                                       "</Location>\n<Location /passord>\nSatisfy any\nAllow from all\n"
                                       "</Location>",
    "documents denied": '<Directory "{site}">\nRequire all denied\n</Directory>',
    "hidden files": 'RedirectMatch 404 "/\\.(?!well-known)"\n<FilesMatch "^\\.">\nRequire all denied\n'
                    "</FilesMatch>",
    "methods": '<Location />\nAllowMethods GET HEAD POST OPTIONS PUT DELETE PROPFIND MKCOL LOCK '
               "PATCH\n</Location>",
    # What is changed on its way out.
    "error pages": "".join(f"ErrorDocument {status} /index.html\n"
                           for status in (400, 403, 404, 405, 410, 413, 415, 422, 429, 503)),
    "expiry": 'ExpiresActive on\nExpiresDefault "access plus 1 month"',
    "cache": "CacheEnable disk /\nCacheIgnoreCacheControl on\nCacheStorePrivate on",
    "compression": "SetOutputFilter DEFLATE",
    "brotli": "SetOutputFilter BROTLI_COMPRESS",
    "includes": "Options +Includes\nSetOutputFilter INCLUDES",
    "substitution": 'AddOutputFilterByType SUBSTITUTE text/html\nSubstitute "s/utgangspunkt/start/"',
    "sed": '<Location />\nSetOutputFilter Sed\nOutputSed "s/utgangspunkt/start/"\n</Location>',
    "buffers": "SetInputFilter BUFFER\nSetOutputFilter BUFFER",
    "rate limit": "SetOutputFilter RATE_LIMIT\nSetEnv rate-limit 4096",
    "cookies": "CookieTracking on",
    "client behind a proxy": "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1",
    "server information": "<Location /server-info>\nSetHandler server-info\n</Location>",
    "canonical names": "UseCanonicalName on\nServerName 127.0.0.1",
    "path info refused": "AcceptPathInfo off",
    "encoded slashes": "AllowEncodedSlashes NoDecode",
    "bodies kept": "<Location />\nKeptBodySize 20000\n</Location>",
}
FILES = {
    "index.html": "the program", "passord.html": "a like name", "passord.shtml": "a like name",
    "passor.html": "a like name", "passord.var": "URI: passord.html\nContent-Type: text/html\n",
    "Passord": "a like name", "help": "help", ".htaccess": "RewriteEngine on\n"
    "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . /index.html [L]\n",
    "passord.asis": "Status: 200 x\n\na like name",
}
METHODS = {"OPTIONS": b"", "PUT": b"x", "DELETE": b"", "PROPFIND": b"", "MKCOL": b"", "LOCK": b"",
           "PATCH": b"x"}


@pytest.fixture(scope="module")
def beside(keeper):
    """One server that has them all; `rule` is what it says now."""
    modules = system.apache_modules()
    with quick_site(keeper) as site:
        folder = site.httpd.folder
        site.extra_server_lines = "\n".join(
            f"LoadModule {name}_module {modules}/mod_{name}.so" for name in MODULES
            if name not in ("alias",)) + SERVER.format(folder=folder, site=site.httpd.site)
        (folder / "magic").write_text("0 string \\<html text/html\n")
        (folder / "users").write_text("kari:{SHA}" + base64.b64encode(
            hashlib.sha1(b"hemmelig").digest()).decode() + "\n")
        system.give(folder / "cache", site.httpd.user, 0o700)
        for name, text in FILES.items():
            (site.httpd.site / name).write_text(text)
            (site.httpd.site / name).chmod(0o644)
        yield site


def set_lines(site, lines):
    site.extra_host_lines = lines.format(site=site.httpd.site, folder=site.httpd.folder,
                                         port=site.block[7])
    site.configure()
    site.httpd.write_configuration()
    judged = subprocess.run([*map(str, site.httpd.argv()), "-t"], capture_output=True, text=True,
                            check=False)
    assert judged.returncode == 0, judged.stderr
    site.httpd.graceful()


def check_pages(site):
    form = site.browser.get(f"{site.reset_url}/")
    assert (form.status, form.heading) == (200, "Glemt ditt passord?")
    plain = site.browser.get(site.reset_url, follow=False)
    assert (plain.status, plain.headers["Location"]) == (303, "/passord/")
    assert site.browser.get(f"{site.reset_url}/nb/help").status == 200
    sent = site.browser.submit(form, follow=False, name="finnes-ikke")
    assert sent.status == 303 and sent.headers["Location"].startswith("/passord/sent/")
    wrong = site.browser.submit(form, name="")
    assert (wrong.status, bool(wrong.form)) == (422, True)


def check_link(site):
    token = some_token()
    page = site.browser.get(f"{site.reset_url}/r/{token}")
    assert (page.status, page.heading) == (404, "Lenken er ikke fullstendig")
    exchange(site, "GET /passord/help HTTP/1.1", form_headers(site, b""))  # its line comes later
    assert token not in site.httpd.access_log.read_text()


def check_methods(site):
    for method, body in METHODS.items():
        page = site.browser.request(method, f"{site.reset_url}/", body)
        assert (page.status, page.headers["Allow"]) == (405, "GET, HEAD, POST"), method
        assert page.headers["DAV"] is None
    assert not (site.httpd.site / "passord").exists()


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_the_flow_works_beside(beside, name):
    set_lines(beside, NEIGHBOURS[name])
    check_pages(beside)
    check_link(beside)
    check_methods(beside)
