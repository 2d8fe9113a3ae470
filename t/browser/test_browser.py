"""Real pages in real browsers, led by the scripts beside this file: Chromium, and Firefox."""
import pytest
import scripts
from scripts import TO_CAPTCHA, TO_WORK, assert_all_passed, flood

from kit.site import Site


@pytest.fixture
def script(node_folder):
    """Starts scenarios of scripts; none outlives the test."""
    started = []

    def start(*arguments, **environment):
        started.append(scripts.start(node_folder, *arguments, **environment))
        return started[-1]

    yield start
    for process in started:
        scripts.end(process)


@pytest.mark.parametrize("scenario", ["mouse", "plain", "keyboard"])
def test_the_flow_leads_from_the_login_page_back_to_it(calm_site, script, scenario):
    assert_all_passed(script(calm_site, "flow", scenario))


def test_a_corrected_address_is_another_request(calm_site, script):
    assert_all_passed(script(calm_site, "flow", "corrected"))


@pytest.mark.parametrize("scenario", ["mouse", "keyboard"])
def test_the_flow_leads_through_in_firefox(calm_site, script, scenario):
    assert_all_passed(script(calm_site, "firefox", scenario))


def test_more_work_is_shown_and_done(make_site, script):
    site = make_site(**TO_WORK)
    flood(site, 6)
    assert_all_passed(script(site, "challenge", "work"))


def test_a_level_that_rises_meanwhile_costs_one_more_press(make_site, script):
    assert_all_passed(script(make_site(**TO_WORK), "challenge", "more"))


@pytest.fixture(scope="module")
def captcha_site(keeper):
    with Site.in_scratch(keeper, directives=TO_CAPTCHA) as site:
        yield site


@pytest.mark.parametrize("scenario", ["picture", "picture-plain", "sound", "sound-plain", "wait",
                                      "wait-plain", "long", "long-plain", "keyboard"])
def test_each_way_of_the_captcha_leads_through(captcha_site, script, scenario):
    flood(captcha_site, 4)
    assert_all_passed(script(captcha_site, "challenge", scenario))

