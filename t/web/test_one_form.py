"""One form that is sent more than once: with the same name it is one request, with another name it is
another request, and it is good for a few names. Nothing here needs a script in the browser."""
import re

import pytest
from site_steps import new_mails, quick_site, settle, store
from workers import audit

CODE = re.compile(r'class="code".*?<strong[^>]*>([^<]+)<', re.DOTALL)
USED = "Skjemaet er sendt flere ganger, så vi har fornyet det."
NAMES = 3  # PWR_MAX_FORM_NAMES


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


def fetch(site):
    return site.browser.get(f"{site.reset_url}/")


def send(site, form, name):
    """The support code on the page after it."""
    page = site.browser.submit(form, name=name)
    assert page.status == 200 and name in page.html
    return CODE.search(page.html)[1]


def test_a_corrected_address_is_another_request_with_a_code_and_a_mail_of_its_own(quick):
    person, form = quick.someone(), fetch(quick)
    wrong = send(quick, form, "skrivefeil@exmaple.org")
    mails = new_mails(quick, lambda: send(quick, form, person.mails[0]))
    assert [mail.to for mail in mails] == [person.mails]
    events = store(quick, "SELECT support_code, event FROM pwreset_trail "
                          "WHERE event IN ('account-none', 'mail-sent') ORDER BY id")
    assert events[-2][0] == wrong and events[-2][1] == "account-none"
    assert events[-1][0] != wrong and events[-1][1] == "mail-sent"


def test_a_wrong_name_and_the_right_one_again_and_again_are_two_requests(quick):
    person, form = quick.someone(), fetch(quick)
    accepted = len(audit(quick, "request-accepted"))
    mails = new_mails(quick, lambda: [
        send(quick, form, name) for name in (person.uid, "feil", person.uid, "feil", person.uid)])
    assert [mail.to for mail in mails] == [person.mails]
    assert len(audit(quick, "request-accepted")) - accepted == 2
    codes = [send(quick, form, person.uid), send(quick, form, "feil")]
    assert len(set(codes)) == 2
    settle(quick)
    assert len(audit(quick, "request-accepted")) - accepted == 2


def test_a_form_is_good_for_a_few_names_and_the_next_press_works(quick):
    person, form = quick.someone(), fetch(quick)
    for number in range(NAMES):
        send(quick, form, f"feil-{number}")
    refused = quick.browser.submit(form, name=person.uid)
    assert refused.status == 422 and USED in refused.text
    mails = new_mails(quick, lambda: send(quick, refused, person.uid))
    assert [mail.to for mail in mails] == [person.mails]
