"""A person connects a shop and an analytics property in a real browser, and takes one away again.

    python integrations.py URL TOKEN GATEWAY IMITATION KEY SHOTS

URL is the admin port's, TOKEN an admin's, GATEWAY where providers post to; IMITATION answers as Pancake POS and Google Analytics do
and knows the API key KEY, which is for two shops; SHOTS is a directory for pictures. Prints "passed" at the end; what went wrong goes
to standard error, with exit code 1.
"""

import json
import os
import pathlib
import shutil
import sys
import urllib.request

from playwright.sync_api import expect, sync_playwright

from dashboard import is_accessible, log_in, watched

SHOPS = ["Shop One", "Shop Two"]


def main():
    url, token, gateway, imitation, key, shots = sys.argv[1:]
    shots = pathlib.Path(shots)
    complaints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = watched(context.new_page(), complaints)
        log_in(page, url, token)
        type_is_found(page, url)
        source = shop_is_connected(page, url, key)
        first_delivery_is_seen(page, gateway)
        second_shop_is_left(page, url, key)
        destination = property_is_added(page, url, imitation)
        state = context.storage_state()
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
            # The checker is put into the page, which its policy forbids otherwise.
            looked_at = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, storage_state=state, bypass_csp=True)
            views = {
                "list": "integrations", "gallery": "integrations/new", "source-form": "integrations/new/source/pancake",
                "destination-form": "integrations/new/destination/google-analytics", "source": f"integrations/{source}",
                "destination": f"integrations/{destination}",
            }
            views_are_accessible(watched(looked_at.new_page(), complaints), url, views, shots, f"{scheme}-{width}")
            looked_at.close()
        destination_is_deleted(page, url, destination)
        browser.close()
    assert not complaints, f"the console says {complaints}"
    print("passed")


def type_is_found(page, url):
    page.goto(f"{url}/#/integrations")
    expect(page.get_by_role("heading", name="No integrations yet")).to_be_visible()
    page.get_by_role("link", name="Add integration").click()
    cards = page.get_by_role("main").get_by_role("listitem")
    expect(cards.filter(has_text="Stripe")).to_be_visible()
    page.get_by_label("Category").select_option("analytics")
    expect(cards.filter(has_text="Stripe")).to_have_count(0)
    expect(cards.filter(has_text="Google Analytics 4")).to_be_visible()
    page.get_by_label("Category").select_option("")
    # By keyboard: from the search to the one card that is left.
    page.get_by_label("Search").focus()
    page.keyboard.type("pancake")
    expect(cards).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Add Pancake POS")).to_be_visible()


def shop_is_connected(page, url, key):
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Find shops").click()
    expect(page.get_by_role("group", name="The key is for 2 shops; choose one").get_by_role("radio")).to_have_count(2)
    page.get_by_role("radio", name=SHOPS[1]).check()
    expect(page.get_by_label("Name", exact=True)).to_have_value(SHOPS[1])
    expect(page.get_by_label("API key")).to_have_value("")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name=SHOPS[1])).to_be_visible()
    expect(page.get_by_role("heading", name="Waiting for the first delivery")).to_be_visible()
    expect(page.get_by_role("region", name="Secret")).to_be_visible()
    return page.url.split("/")[-1]


def first_delivery_is_seen(page, gateway):
    secret = page.get_by_role("region", name="Secret").locator("code").inner_text()
    path = page.get_by_role("region", name="Connection").locator(".paste code").inner_text().split("/webhooks/")[1]
    body = {"id": 1, "shop_id": 2, "bill_full_name": "A", "items": [], "total_price": 5, "updated_at": "2026-11-21T08:41:00"}
    request = urllib.request.Request(
        f"{gateway}/webhooks/{path}", data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-API-KEY": secret})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    expect(page.get_by_role("heading", name="The first delivery has arrived")).to_be_visible()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


def second_shop_is_left(page, url, key):
    page.goto(f"{url}/#/integrations/new/source/pancake")
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name=SHOPS[1])).to_be_disabled()
    expect(page.get_by_role("radio", name=SHOPS[0])).to_be_checked()
    expect(page.get_by_label("Name", exact=True)).to_have_value(SHOPS[0])


def property_is_added(page, url, imitation):
    page.goto(f"{url}/#/integrations/new/destination/google-analytics")
    page.get_by_label("Measurement ID").fill("G-ABC1234567")
    page.get_by_label("API secret").fill("planted-api-secret")
    page.get_by_text("Network", exact=True).click()
    page.get_by_label("Another address of the service").fill(imitation)
    page.get_by_label("It may be at a private address").check()
    page.get_by_role("button", name="Add and test").click()
    verdict = page.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("Not refused, but not proved either")
    expect(verdict).to_contain_text("answers the same to any key and id")
    expect(page.get_by_role("button", name="Disable")).to_be_visible()
    return page.url.split("/")[-1]


def views_are_accessible(page, url, views, shots, name):
    for view, address in views.items():
        page.goto(f"{url}/#/{address}")
        page.wait_for_selector("#main .view h1")
        page.wait_for_load_state("networkidle")
        is_accessible(page, shots, f"{name}-{view}")


def destination_is_deleted(page, url, destination):
    page.goto(f"{url}/#/integrations/{destination}")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("region", name="State").get_by_text("Disabled")).to_be_visible()
    page.get_by_text("Delete this integration").click()
    page.get_by_label("Its name, to be sure").fill("Another")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("That is not its name")).to_be_visible()
    page.get_by_label("Its name, to be sure").fill("Google Analytics 4")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Integrations")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=SHOPS[1])).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=destination)).to_have_count(0)


if __name__ == "__main__":
    os.environ.setdefault("NO_COLOR", "1")
    main()
