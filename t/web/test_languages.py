"""Whoever follows the link to a language stays in it, to the last mail, without script or cookie."""
import re
from urllib.parse import urljoin

import pytest
from configuration import Configtest, ten_lines
from kit import system
from own_files import own_files, without
from site_steps import english, leaks, quick_site, token_of

NEW = "Sju-lange-netter-7"
ARABIC = "language.name = العربية\ncommon.help = مساعدة\nerror.contact = اتصل {contact}.\n"
SHIPPED = sorted(path.stem for path in (system.ROOT / "conf/messages").glob("*.txt"))
LINK = re.compile(r'<a href="([^"]+)" lang="([^"]+)" hreflang="([^"]+)" dir="([^"]+)"[^>]*>([^<]+)<')


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, directives={"PwResetLanguages": "nb en"}) as started:
        yield started


@pytest.fixture(scope="module")
def all_ours(keeper):
    """A site that names no language, and so offers all that we ship."""
    with quick_site(keeper) as started:
        yield started


@pytest.fixture(scope="module")
def many(keeper, tmp_path_factory):
    """A site with Arabic, hardly begun, and four more languages that are copies of the English."""
    english = (own_files(tmp_path_factory.mktemp("english")) / "messages/en.txt").read_text("utf-8")
    copies = {f"messages__{tag}_txt": without(english, "language.name")
              for tag in ("fi", "sv", "de", "pl")}
    files = own_files(tmp_path_factory.mktemp("files"), messages__ar_txt=ARABIC, **copies)
    for path in (files / "messages").glob("*.txt"):
        if path.stem not in ("nb", "en", "ar", "fi", "sv", "de", "pl"):
            path.unlink()
    with quick_site(keeper, directives={"PwResetFiles": f'"{files}"'}) as started:
        yield started


def switches(page):
    """tag -> (address, name) of the page's language links."""
    found = LINK.findall(page.html)
    assert all(lang == hreflang for _, lang, hreflang, _, _ in found)
    return {lang: (urljoin(page.url, url), name) for url, lang, _, _, name in found}


def switched(site, page, tag):
    return site.browser.get(switches(page)[tag][0])


def test_the_choice_goes_through_the_whole_flow_and_its_mails(quick):
    person, browser = quick.someone(), quick.browser
    form = switched(quick, browser.get(f"{quick.reset_url}/"), "en")
    sent = browser.submit(form, name=person.uid)
    assert sent.url.startswith(f"{quick.reset_url}/en/sent/") and sent.heading == "Check your email"
    mail = quick.mail_to(person.mails[0])
    assert mail.message["Content-Language"] == "en"
    assert browser.get(quick.stop_link_of(mail)).heading == "Stop the request"
    reset = browser.get(quick.link_of(mail))
    assert reset.heading == "Choose a new password"
    short = browser.submit(reset, first="short", second="short")
    assert (short.status, short.language) == (422, "en")
    done = browser.submit(short, first=NEW, second=NEW)
    assert (done.hops, done.url) == ([303], f"{quick.reset_url}/en/done")
    assert done.heading == "Your password has been changed"
    assert quick.mail_to(person.mails[0]).message["Content-Language"] == "en"
    assert not [name for name in done.headers if name.lower() == "set-cookie"]


def test_the_confirmation_follows_a_choice_made_on_the_page_of_the_link(quick):
    person, browser = quick.someone(), quick.browser
    quick.ask(person.uid)
    page = switched(quick, browser.get(quick.link_of(quick.mail_to(person.mails[0]))), "en")
    assert browser.submit(page, first=NEW, second=NEW).language == "en"
    assert quick.mail_to(person.mails[0]).message["Content-Language"] == "en"


def test_the_link_of_whoever_chose_no_language_follows_the_browser(quick):
    person = quick.someone()
    quick.ask(person.uid)
    link = quick.link_of(quick.mail_to(person.mails[0]))
    assert link.startswith(f"{quick.reset_url}/r/")
    assert english(quick).get(link).language == "en"


def test_every_page_leads_to_itself_in_the_other_language(quick):
    person, browser = quick.someone(), quick.browser
    sent = quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    link, stop = quick.link_of(mail), quick.stop_link_of(mail)
    pages = [browser.get(f"{quick.reset_url}/{path}") for path in ("", "help", "done")]
    pages += [sent, browser.get(link), browser.get(stop),
              browser.get(f"{quick.reset_url}/r/{'A' * 43}"), browser.get(f"{quick.reset_url}/r/x")]
    for page in pages:
        url, name = switches(page)["en"]
        assert list(switches(page)) == ["en"] and name == "English"
        other = browser.get(url)
        assert (other.status, other.language) == (page.status, "en")
        assert switches(other)["nb"][1] == "Norsk bokmål"
        back = browser.get(switches(other)["nb"][0])
        assert (back.heading, back.text) == (page.heading, page.text)
    assert re.search("[0-9A-Z]{4}-[0-9A-Z]{4}", sent.text)[0] in switched(quick, sent, "en").text


def test_an_answer_to_a_post_leads_to_the_page_with_its_form(quick):
    person, browser = quick.someone(), quick.browser
    refused = browser.submit(browser.get(f"{quick.reset_url}/"), name="")
    assert refused.status == 422
    assert switched(quick, refused, "en").heading == "Forgot your password?"
    quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    reset = browser.submit(browser.get(quick.link_of(mail)), first="a", second="a")
    assert switched(quick, reset, "en").form.named("token").value == token_of(quick.link_of(mail))
    stopped = browser.submit(browser.get(quick.stop_link_of(mail)))
    assert switched(quick, stopped, "en").heading == "This link no longer works"
    nowhere = browser.get(f"{quick.reset_url}/nowhere")
    assert switched(quick, nowhere, "en").url == f"{quick.reset_url}/en/"


def test_a_page_in_a_chosen_language_depends_on_no_header(quick):
    asked = quick.browser.get(f"{quick.reset_url}/")
    assert "Accept-Language" in asked.headers["Vary"]
    chosen = quick.browser.get(f"{quick.reset_url}/en/")
    assert "Accept-Language" not in (chosen.headers["Vary"] or "")
    assert chosen.headers["Content-Language"] == "en"
    assert quick.browser.get(f"{quick.reset_url}/nb/", headers={"Accept-Language": "en"}).language == "nb"


@pytest.mark.parametrize("path", ["xx/", "EN/", "en.txt/", "e/", "enn/", "nb/en/"])
def test_what_is_no_language_is_no_page(quick, path):
    assert quick.browser.get(f"{quick.reset_url}/{path}").status == 404


def test_a_language_without_a_slash_leads_to_its_form(quick):
    page = quick.browser.get(f"{quick.reset_url}/en")
    assert (page.hops, page.url, page.language) == ([303], f"{quick.reset_url}/en/", "en")


def test_a_link_with_a_language_is_hidden_from_the_logs_too(quick):
    person = quick.someone()
    quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    links = [quick.link_of(mail), quick.stop_link_of(mail)]
    for link in links:
        for page in (quick.browser.get(link.replace("/passord/", "/passord/en/")),
                     quick.browser.get(link.replace("/passord/", "/passord/x/en/"))):
            assert page.status in (200, 404)
    log = quick.httpd.access_log.read_text()
    assert "/passord/en/r/-" in log and "/passord/en/stop/-" in log
    for link in links:
        assert not leaks(token_of(link), [log, quick.httpd.error_log.read_text()])


def test_one_file_is_a_language_and_what_it_lacks_is_the_sites(many):
    page = many.browser.get(f"{many.reset_url}/ar/")
    assert '<html lang="ar" dir="rtl">' in page.html
    assert "مساعدة" in page.text and page.heading == "Glemt ditt passord?"
    assert not re.search(r"<(p|h1|h2|label|button|a|li)( class=[^>]*)?>\s*</\1>", page.html)
    error = many.browser.get(f"{many.reset_url}/ar/nowhere")
    assert "اتصل \u2068IT-hjelp, tlf. 22 00 00 00\u2069." in error.text
    asked = many.browser.get(f"{many.reset_url}/", headers={"Accept-Language": "ar"})
    assert asked.language == "ar" and asked.headers["Content-Language"] == "ar"
    told = [line for line in many.httpd.error_log.read_text().splitlines() if "PWR0324" in line]
    assert any(re.search(r"ar\.txt lacks \d+ of \d+ messages", line) for line in told)
    assert len({line.partition("PWR0324")[2] for line in told}) == 1


def test_names_are_the_languages_own_and_many_stand_behind_one_click(many, quick):
    page = many.browser.get(f"{many.reset_url}/")
    names = {tag: name for tag, (_, name) in switches(page).items()}
    assert names == {"ar": "العربية", "de": "Deutsch", "en": "English", "fi": "suomi", "pl": "polski",
                     "sv": "svenska"}
    assert "<details>" in page.html and 'dir="rtl"' in page.html
    assert "<details>" not in quick.browser.get(f"{quick.reset_url}/").html


def test_the_language_of_a_mail_is_that_of_the_request(many):
    person = many.someone()
    browser = many.browser
    browser.submit(browser.get(f"{many.reset_url}/ar/"), name=person.uid)
    mail = many.mail_to(person.mails[0])
    assert mail.message["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in mail.html
    assert browser.get(many.link_of(mail)).language == "ar"


def words_of(tag):
    lines = (system.ROOT / f"conf/messages/{tag}.txt").read_text("utf-8").splitlines()
    return {key: " ".join(text.split()) for key, _, text in (line.partition(" = ") for line in lines)}


@pytest.mark.parametrize("tag", SHIPPED)
def test_a_language_we_ship_is_on_each_page_and_its_mail_stays_small(all_ours, tag):
    words = {**words_of("nb"), **words_of(tag)}  # what waits for a translator is the site's own
    person, browser = all_ours.someone(), all_ours.browser
    form = browser.get(f"{all_ours.reset_url}/{tag}/")
    assert (form.heading, form.language) == (words["request.title"], tag)
    assert ('dir="rtl"' in form.html.partition(">")[2].partition(">")[0]) == (tag == "ar")
    assert sorted([tag, *switches(form)]) == SHIPPED
    sent = browser.submit(form, name=person.uid)
    assert sent.heading == words["sent.title"]
    mail = all_ours.mail_to(person.mails[0])
    assert mail.message["Content-Language"] == tag and len(mail.raw) < 15000
    assert words["mail.link.not_you"] in " ".join(mail.text.split())
    reset = browser.get(all_ours.link_of(mail))
    assert (reset.heading, reset.language) == (words["reset.title"], tag)


def test_a_site_offers_the_languages_it_names_in_their_order(keeper, tmp_path):
    files = own_files(tmp_path, messages__ar_txt=ARABIC)
    lines = {"PwResetFiles": f'"{files}"', "PwResetLanguages": "nb ar"}
    with quick_site(keeper, directives=lines) as site:
        page = site.browser.get(f"{site.reset_url}/")
        assert list(switches(page)) == ["ar"]
        assert site.browser.get(f"{site.reset_url}/en/").status == 404
        assert site.browser.get(f"{site.reset_url}/", headers={"Accept-Language": "en"}).language == "nb"
    with quick_site(keeper, directives={"PwResetLanguages": "en", "PwResetLanguage": "en"}) as site:
        page = site.browser.get(f"{site.reset_url}/")
        assert page.language == "en" and "<nav" not in page.html


def test_configtest_tells_how_much_a_language_lacks(tmp_path):
    files = own_files(tmp_path, messages__fi_txt="request.title = Unohditko?\n")
    passed, said = Configtest(tmp_path).judge(ten_lines(PwResetFiles=f'"{files}"'))
    assert passed and said.count("PWR0324") == 1
    assert re.search(r"PWR0324: fi\.txt lacks \d+ of \d+ messages, such as '[^']+'.*taken from nb\.txt", said)


def test_the_style_sheet_knows_no_left_and_right(quick):
    page = quick.browser.get(f"{quick.reset_url}/")
    css = quick.browser.get(urljoin(page.url, re.search('href="([^"]+css)"', page.html)[1])).html
    rules = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    assert not re.search(r"\b(left|right)\b(?!:\s*var|\))", rules.replace("--right", "--done"))
    assert not re.search(r"(margin|padding|inset|border-radius): \S+ (\S+) \S+ (?!\2)\S+;", rules)
