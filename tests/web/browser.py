"""A Latchkey of its own and a headless Chromium in front of it, for the tests of the web page.

What is waited for has two minutes; nothing sleeps for a fixed time. Both processes end with the tests.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 120  # seconds


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """The real program over a memory store, in a directory that goes with it."""

    def __init__(self, program):
        self.directory = tempfile.mkdtemp(prefix="latchkey_web_")
        self.port = free_port()
        self.log = open(os.path.join(self.directory, "server.log"), "wb")
        self.process = subprocess.Popen(
            [program, "serve", f"--listen=127.0.0.1:{self.port}", "--store=memory:", "--api-rate-limit=0", "--audit-log=audit.log"],
            cwd=self.directory, stdout=self.log, stderr=self.log)
        self.url = f"http://127.0.0.1:{self.port}"
        WebDriverWait(self, PATIENCE, ignored_exceptions=[OSError]).until(lambda server: server.ask("GET", "/healthz")[0] == 200)

    def ask(self, method, path, token=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Browser:
    def __init__(self, url):
        self.url = url
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
        # /dev/shm is small in containers, and root has no sandbox.
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                     "--force-device-scale-factor=1", "--lang=en-GB"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver") or "/usr/bin/chromedriver"), options=options)
        self.driver.execute_cdp_cmd("Browser.grantPermissions", {
            "origin": url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.look(1280, "light")

    def look(self, width, scheme):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 844 if width < 600 else 900, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def open(self, section=""):
        self.driver.get(f"{self.url}/#{section}" if section else f"{self.url}/")

    def go(self, section, title):
        """To a section by its address, until its heading stands."""
        self.run("location.hash = arguments[0]", section)
        self.until(lambda: self.heading() == title)

    def heading(self):
        return self.run("return document.querySelector('main h1')?.textContent")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, what=None):
        try:
            return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.1).until(lambda _: condition(), what or "")
        except TimeoutException as late:
            late.msg = f"{late.msg}\nfocus on {self.focused()!r}, the page reads:\n{self.run('return document.body.innerText')}"
            raise

    def find(self, selector):
        return self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector), f"nothing fits {selector}")[0]

    def gone(self, selector):
        self.until(lambda: not self.driver.find_elements(By.CSS_SELECTOR, selector), f"{selector} stays")

    def text(self, within):
        return self.run("return document.querySelector(arguments[0])?.innerText || ''", within)

    def reads(self, text, within="body"):
        self.until(lambda: text in self.text(within), f"does not say {text!r}")

    def field(self, label, within="main"):
        """The input with that label."""
        found = self.until(lambda: self.run(
            """for (const label of document.querySelectorAll(`${arguments[1]} label`))
                 if (label.textContent.trim() === arguments[0] && label.control) return label.control;
               return null;""", label, within), f"no field {label!r}")
        return found

    def fill(self, label, text, within="main"):
        field = self.field(label, within)
        field.clear()
        field.send_keys(text)

    def press(self, name, within="main"):
        """The button that is called so, by its text or its aria-label."""
        found = self.until(lambda: self.run(
            """return [...document.querySelectorAll(`${arguments[1]} button, ${arguments[1]} .pills label`)].find((each) =>
                 !each.disabled && (each.getAttribute("aria-label") || each.textContent).trim() === arguments[0]) || null""",
            name, within), f"no button {name!r}")
        self.run("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """What the focused element is called."""
        return self.run(
            """const on = document.activeElement;
               return (on.getAttribute("aria-label") || (on.labels && on.labels[0]?.textContent) || on.textContent || "").trim()""")

    def tab_to(self, name, most=60):
        """Presses Tab until the focus is on what is called so."""
        for _ in range(most):
            if self.focused() == name:
                return
            self.keys("\ue004")
        raise AssertionError(f"Tab never reaches {name!r}; the focus is on {self.focused()!r}")

    def complaints(self):
        """What the console has said since the last time that somebody should mend."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        """All of the page, not only what fits the window."""
        size = self.run("return [innerWidth, Math.max(innerHeight, document.querySelector('dialog') ? 0 : document.documentElement.scrollHeight)]")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": min(size[1], 3000), "deviceScaleFactor": 1, "mobile": False})
        self.driver.save_screenshot(path)

    def stop(self):
        self.driver.quit()
