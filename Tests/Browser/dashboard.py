"""The dashboard in a real browser: Chromium by Playwright, driven as an operator would at three in the morning.

    python dashboard.py URL TOKEN BROKEN SHOTS -- COMMAND…

URL is the admin port's, TOKEN an admin's; while the file BROKEN exists, the destination `crm` refuses what it gets; SHOTS is a
directory for pictures. COMMAND sends one delivery of the source `stripe` when `--body FILE` or `--fixture NAME` follows it.
Prints "passed" at the end; what went wrong goes to standard error, with exit code 1.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import axe_playwright_python
from playwright.sync_api import expect, sync_playwright

PATIENCE = 15_000  # milliseconds
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS = ["", "events", "dead", "refused", "queues", "sources", "destinations", "integrations", "mappings", "mappings/stripe",
         "replays?plan=1", "audit", "tokens"]
HOSTILE = {
    "id": "evt_hostile", "object": "event", "type": "customer.created", "created": 1795275000, "livemode": False,
    "data": {"object": {
        "id": "cus_hostile", "object": "customer", "email": "a\u202egnp.exe@example.com",
        "name": "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>",
    }},
}


def main():
    url, token, broken, shots, _, *command = sys.argv[1:]
    shots = pathlib.Path(shots)
    complaints = []

    def watch(page):
        return watched(page, complaints)

    def send(*options):
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = watch(context.new_page())

        log_in(page, url, token)
        event_arrives_live(page, url, send)
        markup_is_text(page, url, send, shots)
        dead_group_is_retried(page, url, send, pathlib.Path(broken))
        event_is_replayed(page)
        refusal_is_explained(page, url, send)
        switches_work(page, url)
        keyboard_is_enough(page, url)
        state = context.storage_state()
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
            # The checker is put into the page, which its policy forbids otherwise.
            looked_at = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, storage_state=state, bypass_csp=True)
            every_view_is_accessible(watch(looked_at.new_page()), url, shots, f"{scheme}-{width}")
        log_out(page)
        browser.close()
    assert not complaints, f"the console says {complaints}"
    print("passed")


def watched(page, complaints):
    """Notes what the console says."""
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def log_in(page, url, token):
    page.goto(url)
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def event_arrives_live(page, url, send):
    page.goto(f"{url}/#/events")
    expect(page.get_by_role("heading", name="No events yet")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    send("--fixture", "payment_intent.succeeded")
    row = page.get_by_role("row").filter(has_text="payment.succeeded")
    expect(row).to_have_count(1, timeout=PATIENCE)
    expect(row.get_by_text("Delivered", exact=True)).to_be_visible(timeout=PATIENCE)
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("crm: delivered")).to_be_visible()


def markup_is_text(page, url, send, shots):
    body = shots / "hostile.json"
    body.write_text(json.dumps(HOSTILE, ensure_ascii=False))
    send("--body", str(body))
    page.goto(f"{url}/#/events?q=evt_hostile")
    page.get_by_role("link", name="customer.created").click()
    event = page.get_by_role("region", name="Event", exact=True)
    expect(event).to_contain_text("<img src=x onerror=document.title='broken'>")
    expect(event).to_contain_text("a⟨U+202E⟩gnp.exe")
    expect(page.get_by_role("region", name="Raw body")).to_contain_text("<script>")
    assert page.locator("#main script, #main img[src=x]").count() == 0 and "broken" not in page.title()


def dead_group_is_retried(page, url, send, broken):
    broken.touch()
    send("--fixture", "invoice.paid")
    page.goto(f"{url}/#/dead")
    card = page.get_by_role("article")
    for _ in range(30):
        if card.count() > 0:
            break
        page.wait_for_timeout(200)
        page.reload()
        expect(page.get_by_role("heading", name="Dead letters", exact=True)).to_be_visible()
        page.wait_for_timeout(200)
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Unprocessable")
    card.get_by_role("link", name="invoice.paid").click()
    expect(page.get_by_text("crm: attempt 1 failed")).to_be_visible()
    broken.unlink()
    page.goto(f"{url}/#/dead")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("heading", name="Nothing is dead")).to_be_visible()
    page.goto(f"{url}/#/events?type=invoice.paid")
    page.get_by_role("row").get_by_role("link").click()
    expect(page.get_by_text("crm: delivered")).to_be_visible()


def event_is_replayed(page):
    page.get_by_label("To", exact=True).select_option("crm")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("The event is on its way again")).to_be_visible()
    expect(page.get_by_text("crm: delivered")).to_have_count(2, timeout=PATIENCE)
    page.get_by_label("As a new event").check()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("crm: delivered")).to_have_count(3, timeout=PATIENCE)


def refusal_is_explained(page, url, send):
    send("--fixture", "invoice.paid", "--tamper")
    page.goto(f"{url}/#/refused")
    page.get_by_role("row").get_by_role("link", name="stripe").click()
    expect(page.get_by_text("Still refused")).to_be_visible()
    expect(page.get_by_role("button", name="Accept", exact=True)).to_be_disabled()
    expect(page.get_by_role("region", name="Why")).to_contain_text("Mend the source")
    expect(page.get_by_role("region", name="Raw body")).to_contain_text("invoice.paid")


def switches_work(page, url):
    page.goto(f"{url}/#/queues")
    page.get_by_role("button", name="Pause events").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume events").click()
    expect(page.get_by_role("button", name="Pause events")).to_be_visible()
    page.goto(f"{url}/#/destinations")
    page.get_by_role("button", name="Disable crm").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("article", name="crm").get_by_text("Disabled")).to_be_visible()
    page.get_by_role("button", name="Enable crm").click()
    expect(page.get_by_role("article", name="crm").get_by_text("Healthy")).to_be_visible()
    page.goto(f"{url}/#/replays?plan=1")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Replay 3 events").click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=PATIENCE)
    page.goto(f"{url}/#/audit")
    expect(page.get_by_role("row").filter(has_text="destinations.disable")).to_be_visible()


def keyboard_is_enough(page, url):
    """From a list to an event and its replay without a pointer; each stop is marked."""
    page.goto(f"{url}/#/events")
    expect(page.get_by_role("row").filter(has_text="invoice.paid")).to_have_count(1)
    for name in ("invoice.paid", "Replay"):
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            outline = focused.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"no mark on {focused.evaluate('element => element.outerHTML')[:120]}"
            if focused.inner_text() == name:
                break
        page.keyboard.press("Enter")
        if name != "Replay":
            expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("crm: delivered")).to_have_count(4, timeout=PATIENCE)


def every_view_is_accessible(page, url, shots, name):
    for view in VIEWS:
        page.goto(f"{url}/#/{view}")
        page.wait_for_selector("#main .view h1")
        page.wait_for_load_state("networkidle") if view != "events" else page.wait_for_selector("tbody tr")
        is_accessible(page, shots, f"{name}-{view.split('?')[0].replace('/', '-') or 'overview'}")


def is_accessible(page, shots, name):
    """Asks axe about what is shown, looks for what does not fit, and takes a picture."""
    page.evaluate(pathlib.Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text())
    found = page.evaluate("tags => axe.run({ runOnly: tags })", RULES)["violations"]
    assert not found, f"{name}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"
    room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert room[0] <= room[1], f"{name} is {room[0]} pixels wide"
    page.screenshot(path=str(shots / f"{name}.png"))


def log_out(page):
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


if __name__ == "__main__":
    os.environ.setdefault("NO_COLOR", "1")
    main()
