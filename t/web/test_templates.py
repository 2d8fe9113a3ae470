"""The site's own templates: one by one, for every page and mail, and judged when the server starts."""
import re
import shutil

import pytest
from configuration import Configtest, ten_lines
from site_steps import new_mails, quick_site

from kit import system

NEW = "Sju-lange-netter-7"
CONF = system.ROOT / "conf"
EXAMPLE = system.ROOT / "demo" / "pages"
FRAME = '<!DOCTYPE html><html lang="{{lang}}" dir="{{dir}}"><title>{{title}}</title><h1>Vår %s</h1>\n'
ERRORS = "{{#errors}}<p>{{text}}</p>{{/errors}}"
# Markup that has nothing of ours but what a page cannot work without.
OWN = {
    "request": '<form method="post" action="{{prefix}}/">' + ERRORS + "<input name=name "
               'value="{{typed}}" autocomplete=username><input type=hidden name=seal value="{{seal}}">'
               "<button>Send</button></form>",
    "sent": "<p>{{typed}} {{support_code}}</p>",
    "challenge": ERRORS + '<form method=post action="{{prefix}}/c"><input type=hidden name=held '
                          'value="{{held}}"><button name=way value=wait>Vent</button></form>',
    "reset": '<form method=post action="{{prefix}}/r">' + ERRORS + "<ul>{{#rules}}<li>{{text}}</li>"
             '{{/rules}}</ul><input type=hidden name=token value="{{token}}"><input type=password '
             "name=first><input type=password name=second><button>Lagre</button></form>",
    "done": '<a href="{{login_url}}">Inn</a>',
    "unsure": "<p>?</p>",
    "dead": "{{#is_spent}}<p>Brukt</p>{{/is_spent}}",
    "stop": '{{#is_stopped}}<p>Stoppet</p>{{/is_stopped}}<form method=post action="{{prefix}}/stop">'
            '<input type=hidden name=token value="{{token}}"><button>Stopp</button></form>',
    "help": "<p>{{contact}}</p>",
    "error": "<p>{{text}}</p>"}
MAILS = {"link.txt": "Vår lenke: \n{{link}}\n", "link.html": '<a href="{{link}}">Vår lenke</a>',
         "changed.txt": "Vår beskjed til {{login}}\n", "changed.html": "<p>Vår beskjed</p>"}


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def own_pages():
    return {f"{name}.html": FRAME % name + body for name, body in OWN.items()}


def flow(site):
    """The headings on the way, from the form to the dead link and the help."""
    person, browser = site.someone(), site.browser
    pages = [browser.submit(browser.get(f"{site.reset_url}/"), name="")]
    assert pages[-1].status == 422 and "må fylles ut" in pages[-1].text
    pages.append(browser.submit(pages[-1], name=person.uid))
    link = site.link_of(site.mail_to(person.mails[0]))
    pages.append(browser.submit(browser.get(link), first="kort", second="kort"))
    assert pages[-1].status == 422 and "Minst 8 tegn" in pages[-1].text
    pages.append(browser.submit(pages[-1], first=NEW, second=NEW))
    assert pages[-1].hops == [303] and site.can_bind(person.uid, NEW)
    pages += [browser.get(link), browser.get(f"{site.reset_url}/help"),
              browser.get(f"{site.reset_url}/nowhere")]
    site.ask(person.uid)
    site.mail_to(person.mails[0])  # the confirmation comes before the new link or after it
    return [page.heading for page in pages], site.inbox


@pytest.fixture
def configtest(tmp_path):
    return Configtest(tmp_path)


def test_every_template_replaced_by_the_sites_own_still_passes_the_flow(keeper, tmp_path):
    lines = {"PwResetPages": f'"{write(tmp_path / "pages", own_pages())}"',
             "PwResetMails": f'"{write(tmp_path / "mail", MAILS)}"'}
    with quick_site(keeper, directives=lines) as site:
        headings, inbox = flow(site)
        assert headings == [f"Vår {name}" for name in (
            "request", "sent", "reset", "done", "dead", "help", "error")]
        texts = [mail.text for mail in inbox.all()]
        assert all(text.startswith(("Vår lenke", "Vår beskjed")) for text in texts) and len(texts) >= 2
        stop = site.browser.get(f"{site.reset_url}/stop/x")
        assert stop.heading == "Vår stop"


@pytest.mark.parametrize("name", OWN)
def test_one_page_can_be_replaced_alone(configtest, name):
    pages = write(configtest.folder / "pages", {f"{name}.html": own_pages()[f"{name}.html"]})
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'),
                                    "<Location /passord>\nSetHandler pwreset\n</Location>\n")
    assert passed and "PWR" not in said, said


def test_one_mail_can_be_replaced_alone_and_the_rest_stays(keeper, tmp_path):
    mails = write(tmp_path / "mail", {"link.txt": MAILS["link.txt"]})
    with quick_site(keeper, directives={"PwResetMails": f'"{mails}"'}) as site:
        person = site.someone()
        mail, = new_mails(site, lambda: site.ask(person.uid))
        assert mail.text.startswith("Vår lenke") and "Angi nytt passord" in mail.html


def test_the_example_of_the_demo_frames_every_page(keeper):
    with quick_site(keeper, directives={"PwResetPages": f'"{EXAMPLE}"'}) as site:
        headings, _ = flow(site)
        assert headings[0] == "Glemt ditt passord?"
        page = site.browser.get(f"{site.reset_url}/en/")
        assert 'href="/passord.css"' in page.html and "Go to sign-in" in page.text
        assert site.browser.get(f"{site.url}/passord.css").status == 200
        assert "Norsk bokmål" in page.text


NEEDED = [("request", "{{seal}}", "seal"), ("request", "{{prefix}}", "prefix"),
          ("request", ERRORS, "errors|error_name"), ("reset", "{{token}}", "token"),
          ("reset", "{{#rules}}<li>{{text}}</li>{{/rules}}", "rules"), ("stop", "{{token}}", "token"),
          ("challenge", "{{held}}", "held"), ("done", "{{login_url}}", "login_url"),
          ("error", "{{text}}", "text")]


@pytest.mark.parametrize("name, part, slot", NEEDED)
def test_a_page_that_lacks_what_it_needs_stops_configtest(configtest, name, part, slot):
    text = own_pages()[f"{name}.html"]
    assert part in text
    pages = write(configtest.folder / "pages", {f"{name}.html": text.replace(part, "")})
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'))
    assert not passed and f"{pages}/{name}.html:1: lacks the slot '{slot}'" in said, said


@pytest.mark.parametrize("name", OWN)
def test_a_slot_that_there_is_not_stops_configtest_with_file_line_and_slot(configtest, name):
    text = own_pages()[f"{name}.html"] + "\n\n<p>{{#sela}}x{{/sela}}</p>\n"
    pages = write(configtest.folder / "pages", {f"{name}.html": text})
    line = text[:text.index("{{#sela")].count("\n") + 1
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'))
    assert not passed and f"{pages}/{name}.html:{line}: there is no slot 'sela'" in said, said
    assert "Use one of: " in said


@pytest.mark.parametrize("name, text, words", [
    ("link.txt", "{{lnk}}", ":1: there is no slot 'lnk'"), ("link.html", "x", ":1: lacks the slot 'link'"),
    ("changed.txt", "\n{{link}}", ":2: there is no slot 'link'"), ("link.txt", "{{link", ":1: a tag is not")])
def test_a_mail_is_judged_too(configtest, name, text, words):
    mails = write(configtest.folder / "mail", {name: text})
    passed, said = configtest.judge(ten_lines(PwResetMails=f'"{mails}"'))
    assert not passed and f"{mails}/{name}{words}" in said, said


def test_a_slot_of_another_page_is_none_of_this(configtest):
    pages = write(configtest.folder / "pages", {"help.html": "{{token}}"})
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'))
    assert not passed and "there is no slot 'token'" in said


def test_a_file_that_replaces_nothing_is_told_of(configtest):
    pages = write(configtest.folder / "pages", {"reqest.html": "x", "note.txt": "x"})
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'))
    assert passed and "reqest.html is no page of ours" in said and "note.txt" not in said


def test_a_template_of_the_sites_own_may_have_parts_of_its_own(configtest):
    pages = write(configtest.folder / "pages", {"help.html": "{{> ours}}", "ours.html": "{{contact}}"})
    passed, said = configtest.judge(ten_lines(PwResetPages=f'"{pages}"'))
    assert passed and "PWR0918" not in said


def test_the_slots_are_what_the_views_have():
    """Every name that the program puts into a page's view may be named, and no other."""
    sources = [*(system.ROOT / "src" / "httpd").glob("pages.c"),
               *(system.ROOT / "src" / "httpd").glob("handle_*.c"),
               *(system.ROOT / "src" / "httpd" / name for name in ("contact.c", "respond.c", "return_url.c"))]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    put = set(re.findall(r'pwr_view_(?:text|number|time|flag|add)\(\s*\w+,\s*"(\w+)"', text))
    put |= set(re.findall(r'[.]name\s*=[^;}]*?"(error_\w+)"', text)) | set(re.findall(r'"(error_\w+)"', text))
    put |= set(re.findall(r'show_stop\(context, "(\w+)"', text))
    table = (system.ROOT / "src" / "httpd" / "page_slots.c").read_text(encoding="utf-8")
    known = set()
    for words in re.findall(r'"([\w |]*)"', table.partition('"httpd/page_slots.h"')[2]):
        known |= set(words.replace("|", " ").split())
    assert known - put == set() and put - known == set()


def test_our_own_templates_use_the_frame_alike():
    """So that head, top and bottom are all that a site must replace to frame every page."""
    for path in CONF.joinpath("pages").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        if path.stem in OWN:
            assert text.startswith("{{> head}}\n{{> top}}\n") and text.endswith("{{> bottom}}\n"), path


def test_a_broken_template_of_ours_is_named_by_its_own_folder(configtest):
    files = configtest.folder / "files"
    shutil.copytree(CONF, files)
    done = files / "pages" / "done.html"
    line = len(done.read_text(encoding="utf-8").splitlines()) + 1
    with open(done, "a", encoding="utf-8") as file:
        file.write("{{nothing}}")
    passed, said = configtest.judge(ten_lines(PwResetFiles=f'"{files}"'))
    assert not passed and f"{done}:{line}: there is no slot 'nothing'" in said, said
