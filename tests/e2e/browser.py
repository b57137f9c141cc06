"""Chromium, driven by Playwright, and axe-core for what people with a screen reader or a keyboard meet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no browser around the page: a page of Airflow takes it a third less CPU than the second."""
SECONDS = 60
SERIOUS = {"serious", "critical"}

expect.set_options(timeout=SECONDS * 1000)


class Chromium:
    """The browser. Pages of one person on one screen share a profile: what it has compiled of Airflow's UI is kept."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._profiles: dict[tuple[bool, bool, str, str], BrowserContext] = {}

    @contextmanager
    def page(self, *, phone: bool = False, dark: bool = False, url: str = "", user: str = "") -> Iterator[Page]:
        """Open an empty page; no content security policy may have refused anything at its end.

        :param url: an API server with users; the page has none of the cookies of another server.
        :param user: one of its users; without one the page is anonymous.
        """
        key = (phone, dark, url, user)
        if key not in self._profiles:
            self._profiles[key] = self._profile(*key)
        page = self._profiles[key].new_page()
        page.set_default_timeout(SECONDS * 1000)
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Security Policy" in message.text else None)
        try:
            yield page
            assert refused == []
        finally:
            page.close()

    def _profile(self, phone: bool, dark: bool, url: str, user: str) -> BrowserContext:
        size: ViewportSize = {"width": 390, "height": 844} if phone else {"width": 1360, "height": 900}
        profile = self._browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
        if user:
            profile.add_cookies([{"name": "_token", "value": token_of(url, user), "url": url}])
        return profile


@contextmanager
def start_browser() -> Iterator[Chromium]:
    """Start the browser that is installed; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "no Chromium is installed: make test-all installs it where apt-get is, else install it yourself"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root has no sandbox
        try:
            yield Chromium(browser)
        finally:
            browser.close()


def token_of(url: str, user: str) -> str:
    """Sign in as a user of the simple auth manager, whose password is the name; return the token of the session."""
    answer = requests.post(f"{url}/auth/token", json={"username": user, "password": user}, timeout=SECONDS)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def violations(page: Page) -> list[str]:
    """What axe-core calls a serious or critical violation on the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]
