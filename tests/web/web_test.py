#!/usr/bin/env python3
"""Uses the web page as people do, in a headless Chromium, and looks at each screen in light and dark, at a
telephone's width and a desk's.

    web_test.py LATCHKEY SCREENSHOTS     the program, and the directory where pictures are left
"""

import json
import os
import re
import sys
import unittest

from selenium.webdriver.common.keys import Keys

from browser import Browser, Server
from looks import PALE_TEXT, TOO_WIDE, UNNAMED

OWNER = {"email": "olive@example.com", "username": "olive", "password": "Correct-Horse-7-Battery"}
MEMBER = {"email": "max@example.com", "username": "max", "password": "Another-Staple-9-Lantern"}
TOKEN = re.compile(r"\b[0-9A-Za-z]{10}-[0-9A-Za-z]{22}\b")
LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]

server = None
browser = None
pictures = ""


def setUpModule():
    global server, browser
    server = Server(PROGRAM)
    try:
        browser = Browser(server.url)
    except BaseException:
        server.stop()
        raise


def tearDownModule():
    browser.stop()
    server.stop()


class PageTest(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(browser.complaints(), [], "the console complains")
        self.assertEqual(browser.run("return [localStorage.length, sessionStorage.length]"), [0, 0])
        self.assertNotRegex(browser.driver.current_url, TOKEN)
        browser.look(1280, "light")

    def look_at(self, name):
        """Checks what stands there in all four looks, and keeps a picture of each."""
        for width, scheme in LOOKS:
            browser.look(width, scheme)
            with self.subTest(screen=name, width=width, scheme=scheme):
                self.assertEqual(browser.run(PALE_TEXT), [])
                self.assertEqual(browser.run(TOO_WIDE), [])
                self.assertEqual(browser.run(UNNAMED), [])
            browser.screenshot(os.path.join(pictures, f"{name}-{width}-{scheme}.png"))
        browser.look(1280, "light")

    def sign_in(self, who):
        browser.driver.delete_all_cookies()
        browser.open()
        browser.reads("Log in", "main")
        browser.fill("Email", who["email"])
        browser.fill("Password", who["password"])
        browser.press("Log in")
        browser.until(lambda: browser.heading() == "My tokens")

    def test_01_the_first_user_is_made_on_the_page(self):
        browser.open()
        browser.reads("Set up Latchkey")
        browser.press("Create owner")
        browser.reads("Please fill this in.")
        self.look_at("setup-missing")
        browser.fill("Email", OWNER["email"])
        browser.fill("Username", OWNER["username"])
        browser.fill("Password", "weak")
        browser.press("Create owner")
        browser.until(lambda: browser.field("Password").get_attribute("aria-invalid") == "true")
        self.look_at("setup")
        self.assertIn("400", " ".join(browser.complaints()))  # the browser itself notes the refused request
        browser.fill("Password", OWNER["password"])
        browser.press("Create owner")
        browser.reads("No working tokens")
        self.look_at("tokens-empty")

    def test_02_a_wrong_password_is_said_plainly(self):
        browser.press("Log out", "header")
        browser.reads("Log in", "main")
        self.look_at("login")
        browser.fill("Email", OWNER["email"])
        browser.fill("Password", "not-the-password")
        browser.press("Log in")
        browser.reads("Incorrect email or password.")
        self.look_at("login-refused")
        self.assertIn("401", " ".join(browser.complaints()))

    def test_03_the_keyboard_alone_leads_from_login_to_a_copied_token(self):
        browser.driver.delete_all_cookies()
        browser.open()
        browser.reads("Log in", "main")
        browser.until(lambda: browser.focused() == "Email")
        browser.keys(OWNER["email"], Keys.TAB, OWNER["password"], Keys.ENTER)
        browser.until(lambda: browser.heading() == "My tokens")
        browser.run("document.body.tabIndex = -1; document.body.focus()")
        browser.keys(Keys.TAB)
        self.assertEqual(browser.focused(), "Skip to content")
        browser.keys(Keys.ENTER)
        self.assertEqual(browser.run("return document.activeElement.id"), "main")
        browser.tab_to("Create token")
        browser.keys(Keys.ENTER)
        browser.until(lambda: browser.focused() == "Name")
        browser.keys("deploy-script", Keys.ENTER)
        browser.until(lambda: browser.focused() == "Copy token")
        self.look_at("token-secret")
        browser.keys(Keys.ENTER)
        browser.reads("Copied.")
        token = browser.find("#secret").text
        self.assertRegex(token, TOKEN)
        self.assertEqual(browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])"), token)
        self.assertIn(f'curl -i {server.url}/verify -H "Authorization: Bearer {token}"', browser.find("#curl").text)
        self.assertEqual(server.ask("GET", "/verify", token)[0], 200)

        browser.keys(Keys.ESCAPE)  # must not lose what is shown once
        browser.tab_to("I have copied it")
        browser.keys(Keys.ENTER)
        browser.gone("dialog")
        self.assertNotIn(token[11:], browser.run("return document.documentElement.outerHTML"))
        browser.reads("deploy-script", "table")
        browser.until(lambda: browser.focused() == "Create token")
        type(self).token = token

    def test_04_an_expired_token_is_refused_at_once_and_a_deleted_one_is_gone(self):
        browser.press("Expire deploy-script")
        browser.reads("stops working at once", "dialog")
        self.look_at("token-expire")
        browser.press("Expire token", "dialog")
        browser.reads("No working tokens")
        self.assertEqual(server.ask("GET", "/verify", self.token)[0], 401)
        browser.find("#show-expired").click()
        browser.reads("Expired", "table")
        browser.press("Delete deploy-script")
        browser.press("Delete token", "dialog")
        browser.reads("No tokens yet")

    def test_05_scopes_and_a_lifetime_are_chosen_and_mistakes_explained(self):
        browser.press("Create token")
        browser.fill("Name", "reporting", "dialog")
        browser.press("Only what I choose", "dialog")
        browser.reads("Manage your own tokens", "dialog")
        browser.press("Create token", "dialog")
        browser.reads("Choose at least one scope.", "dialog")
        browser.press("Custom", "dialog")
        browser.fill("Length", "8", "dialog")
        browser.find("dialog input[value='user:read']").click()
        browser.press("Create token", "dialog")
        browser.reads("The longest you may choose is 7 days.", "dialog .alert")  # the owner's maximum
        browser.fill("Length", "2", "dialog")
        self.look_at("token-create")
        browser.press("Create token", "dialog")
        browser.reads("Your new token", "dialog")
        token = browser.find("#secret").text
        browser.press("I have copied it", "dialog")
        browser.reads("user:read", "table")
        self.assertEqual(server.ask("GET", "/verify?scope=user:read", token)[0], 200)
        self.assertEqual(server.ask("GET", "/verify?scope=api_key:create", token)[0], 403)
        browser.press("Create token")
        browser.fill("Name", "reporting", "dialog")
        browser.press("Create token", "dialog")
        browser.reads("already in use", "dialog")
        self.assertIn("409", " ".join(browser.complaints()))
        browser.press("Cancel", "dialog")
        browser.gone("dialog")
        self.look_at("tokens")

    def test_06_users_are_created_suspended_activated_and_given_roles(self):
        browser.go("users", "Users")
        browser.press("Create user")
        for label, key in (("Email", "email"), ("Username", "username"), ("First password", "password")):
            browser.fill(label, MEMBER[key], "dialog")
        self.look_at("user-create")
        browser.press("Create user", "dialog")
        browser.reads("max@example.com", "table")
        browser.press("Suspend max")
        browser.press("Suspend user", "dialog")
        browser.reads("Suspended", "table")
        browser.press("Activate max")
        browser.until(lambda: "Suspended" not in browser.text("table"))
        browser.press("Roles max")
        browser.find("dialog input[value='auditor']").click()
        self.look_at("user-roles")
        browser.press("Save roles", "dialog")
        browser.reads("Auditor", "table")
        self.look_at("users")
        browser.press("Roles max")
        browser.find("dialog input[value='auditor']").click()
        browser.press("Save roles", "dialog")
        browser.until(lambda: "Auditor" not in browser.text("table"))

    def test_07_a_member_sees_what_is_his_only(self):
        self.sign_in(MEMBER)
        self.assertEqual(browser.find("#nav").text.split("\n"), ["My tokens", "API"])
        browser.run("location.hash = 'audit'")
        browser.until(lambda: browser.heading() == "My tokens")
        browser.press("Create token")
        browser.fill("Name", "backup", "dialog")
        browser.press("90 days", "dialog")
        browser.press("Create token", "dialog")
        browser.press("I have copied it", "dialog")
        browser.reads("backup", "table")

    def test_08_an_owner_sees_everybodys_tokens(self):
        self.sign_in(OWNER)
        browser.go("all-tokens", "All tokens")
        for text in ("backup", "max", "reporting", "olive"):
            browser.reads(text, "table")
        self.look_at("all-tokens")

    def test_09_the_audit_log_tells_all_of_it_and_its_chain_holds(self):
        browser.go("audit", "Audit")
        browser.reads("max created token backup", "table")
        browser.fill("Name", "deploy-script")
        browser.press("Apply")
        browser.until(lambda: browser.run(
            "return [...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes('deploy-script'))"))
        for text in ("olive created token deploy-script", "olive updated token deploy-script", "olive deleted token deploy-script",
                     "Somebody unsuccessfully attempted to verify token deploy-script"):
            browser.reads(text, "table")
        browser.find("summary").click()
        browser.press("Verify the chain")
        browser.reads("The chain holds.")
        self.look_at("audit")
        browser.fill("Who", "nobody-of-that-name")
        browser.press("Apply")
        browser.reads("Nothing found")

    def test_10_the_live_view_counts_verifications(self):
        browser.go("activity", "Activity")
        browser.reads("Verifications / s")

        good = json.loads(server.ask("POST", "/api/v2/users/login", None, {"email": OWNER["email"], "password": OWNER["password"]})[1])["session_token"]

        def counted():
            server.ask("GET", "/verify", "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaa")
            server.ask("GET", "/verify", good)
            rate = browser.run("return document.querySelector('.figure dd').textContent")
            points = browser.run("return (document.querySelector('.chart .line').getAttribute('d') || '').split('L').length")
            return rate not in ("–", "0.0") and points >= 6

        browser.until(counted)
        self.look_at("activity")

    def test_11_the_api_is_described_and_what_it_says_works(self):
        browser.go("api", "API")
        described = json.loads(server.ask("GET", "/api/v2/openapi.json")[1])
        count = sum(method in ("get", "post", "put", "patch", "delete") for item in described["paths"].values() for method in item)
        self.assertEqual(browser.run("return document.querySelectorAll('.operation').length"), count)
        browser.fill("Find", "post keys/tokens")
        browser.until(lambda: browser.run("return [...document.querySelectorAll('.operation')].filter((one) => one.checkVisibility()).length") == 1)
        browser.find("#createToken summary").click()
        for text in ("token_name", "Unique among the user's tokens", "list of string", "201", "The token, shown this once.", "curl", "-X POST"):
            browser.reads(text, "#createToken")
        self.look_at("api")
        browser.fill("Find", "nothing-like-this")
        browser.reads("No request matches.")

    def test_12_a_changed_password_ends_the_session(self):
        self.sign_in(MEMBER)
        browser.go("account", "Account")
        self.look_at("account")
        browser.fill("Current password", MEMBER["password"])
        browser.fill("New password", "Brand-New-Lantern-11")
        browser.fill("New password again", "Brand-New-Lantern-12")
        browser.press("Change password")
        browser.reads("The new passwords differ.")
        browser.fill("New password again", "Brand-New-Lantern-11")
        browser.press("Change password")
        browser.reads("Log in", "main")
        self.assertIn("401", " ".join(browser.complaints()))
        self.sign_in({**MEMBER, "password": "Brand-New-Lantern-11"})
        browser.reads("No working tokens")

    def test_13_a_deleted_user_is_gone(self):
        self.sign_in(OWNER)
        browser.go("users", "Users")
        browser.press("Delete max")
        browser.press("Delete user", "dialog")
        browser.until(lambda: "max@example.com" not in browser.text("table"))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, pictures = map(os.path.abspath, sys.argv[1:3])
    os.makedirs(pictures, exist_ok=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], failfast=True, verbosity=2)
