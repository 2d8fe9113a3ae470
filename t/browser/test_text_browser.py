"""The whole flow in lynx: no script, no style, no picture, and the keys of a keyboard."""
import time

from kit import system
from terminal import Terminal

PASSWORD = "Et ganske nytt passord 1"
DOWN, ENTER = "\x1b[B", "\r"
CONTACT = "IT-hjelp"  # stands at the end of every page
FORM_AGE = 1.1
# The links to the other languages come first on each page.
LANGUAGES = DOWN * (len(list((system.ROOT / "conf" / "messages").glob("*.txt"))) - 1)
# No cookies, and no pauses over messages.
SETTINGS = """\
CHARACTER_SET:utf-8
PREFERRED_LANGUAGE:nb
SET_COOKIES:FALSE
INFOSECS:0
MESSAGESECS:0
ALERTSECS:0
"""


def lynx(site, url):
    configuration = site.folder / "lynx.cfg"
    configuration.write_text(SETTINGS, encoding="ascii")
    return Terminal([system.program("lynx"), f"-cfg={configuration}", "-nocolor", url],
                    HOME=str(site.folder), SSL_CERT_FILE=str(site.ca.certificate))


def follow(screen, words):
    """Finds the link with these words and opens it. A page that has a form begins in its first
    field, where "/" is a letter like any other, so there it is gone to step by step."""
    screen.press(f"/{words}{ENTER}")
    screen.press(ENTER)


def test_the_whole_flow_works_in_a_text_browser(calm_site):
    person = calm_site.someone()
    with lynx(calm_site, calm_site.login_url) as screen:
        screen.wait_for(CONTACT)
        follow(screen, "Glemt")
        screen.wait_for("Send meg")
        time.sleep(FORM_AGE)
        screen.press(LANGUAGES + person.uid + DOWN + ENTER)
        screen.wait_for("Sjekk e-posten din")
    with lynx(calm_site, calm_site.link_of(calm_site.mail_to(person.mails[0]))) as screen:
        screen.wait_for(CONTACT)
        assert person.uid in screen.screen
        screen.press(LANGUAGES + DOWN + PASSWORD + DOWN + DOWN + PASSWORD + DOWN + DOWN + ENTER)
        screen.wait_for("Passordet er endret")
        follow(screen, "Gå til")
        screen.wait_for("Logg inn")
    assert calm_site.can_bind(person.uid, PASSWORD)
