"""A mail in two languages: both whole, the same link in each, and small."""
import re

import pytest
from site_steps import english, new_mails, quick_site

NEW = "Sju-lange-netter-7"


@pytest.fixture(scope="module")
def both(keeper):
    with quick_site(keeper, directives={"PwResetMailAlso": "en"}) as started:
        yield started


@pytest.mark.parametrize("speaker", ["nb", "en"])
def test_the_mail_says_it_in_its_own_language_and_then_again(both, speaker):
    person = both.someone()
    browser = both.browser if speaker == "nb" else english(both)
    both.ask(person.uid, browser)
    mail = both.mail_to(person.mails[0])
    first, second = ("nb", "en") if speaker == "nb" else ("en", "nb")
    assert mail.message["Content-Language"] == f"{first}, {second}"
    words = {"nb": "Angi nytt passord", "en": "Choose a new password"}
    assert mail.subject == f"{words[first]} {'hos' if first == 'nb' else 'at'} Eksempel AS / " \
                           f"{words[second]} {'hos' if second == 'nb' else 'at'} Eksempel AS"
    for text in (mail.text, mail.html):
        assert text.index(words[first]) < text.index(words[second])
    assert f'<html lang="{first}"' in mail.html and f'<div lang="{second}" dir="ltr">' in mail.html
    assert len(re.findall("<h1", mail.html)) == 2 and "&lt;" not in mail.html
    assert len(mail.raw) < 15000
    link = both.link_of(mail)
    assert set(mail.links) == {link, both.stop_link_of(mail)}
    assert mail.text.splitlines().count(link) == 2
    done = new_mails(both, lambda: both.set_password(link, NEW, browser=browser))
    assert "er endret" in done[0].subject and "has been changed" in done[0].subject
    assert "The password for" in done[0].text and "Passordet for" in done[0].text


def test_in_one_language_nothing_is_said_twice(site):
    person = site.someone()
    site.ask(person.uid)
    mail = site.mail_to(person.mails[0])
    assert mail.message["Content-Language"] == "nb" and "<hr" not in mail.html
    assert "-----" not in mail.text and mail.text.splitlines().count(site.link_of(mail)) == 1
