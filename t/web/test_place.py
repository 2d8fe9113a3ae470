"""The flow beside the rest of the site: what a <Location> says holds for it, what a <Directory> says
does not, as there is no file behind it; and it takes no address that is somebody else's."""
import pytest
from kit import system

FORM = "Glemt ditt passord?"

AROUND = """\
<Directory "{folder}/site">
    Require all denied
    Header always set X-Folder yes
</Directory>
<Location "{prefix}/help">
    Require ip 192.0.2.0/24
</Location>
<If "%{{HTTP_USER_AGENT}} == 'refused'">
    Require all denied
</If>
RewriteEngine On
RewriteRule ^/passord/gammel$ /innlogging.txt [PT]
RewriteRule ^/glemt$ /passord/ [PT]
Alias /innlogging.txt "{folder}/page.txt"
<Directory "{folder}">
    Require all granted
</Directory>"""


@pytest.fixture
def around(make_site):
    """Where the documents may not be fetched, and parts of the flow not by everybody."""
    site = make_site(server_lines=f"LoadModule rewrite_module {system.apache_modules()}/mod_rewrite.so")
    site.extra_host_lines = AROUND.format(folder=site.folder, prefix="/passord")
    (site.folder / "page.txt").write_text("noe annet")
    (site.folder / "page.txt").chmod(0o644)
    site.folder.chmod(0o755)
    site.configure()
    site.httpd.write_configuration()
    site.httpd.restart()
    return site


def test_a_directory_has_no_say_and_a_location_has(around):
    root = around.browser.get(f"{around.url}/")
    assert (root.status, root.headers["X-Folder"]) == (403, "yes")
    form = around.browser.get(f"{around.reset_url}/")
    assert (form.heading, form.headers["X-Folder"]) == (FORM, None)
    assert around.browser.get(f"{around.reset_url}/help").status == 403
    refused = around.browser.get(f"{around.reset_url}/", headers={"User-Agent": "refused"})
    assert refused.status == 403


def test_rewritten_addresses_are_whose_they_become(around):
    assert around.browser.get(f"{around.reset_url}/gammel").body == b"noe annet"
    assert around.browser.get(f"{around.url}/glemt").heading == FORM


def test_an_address_that_only_begins_alike_is_not_ours(around):
    assert around.browser.get(f"{around.url}/passordet").status == 403
