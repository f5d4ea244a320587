/// The page that logs a browser in and leads to the API.
enum DashboardPage {
    static let html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>webhook-gateway</title>
        <link rel="stylesheet" href="/assets/app.css">
        <script type="module" src="/assets/app.js"></script>
        </head>
        <body>
        <main>
        <h1>webhook-gateway</h1>
        <p id="state" role="status">…</p>
        <form id="login" hidden>
        <label>Token <input id="token" type="password" autocomplete="off" required></label>
        <button>Log in</button>
        </form>
        <button id="logout" hidden>Log out</button>
        <p><a href="/api/openapi.json">The API (OpenAPI 3.1)</a></p>
        </main>
        </body>
        </html>

        """

    static let style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }

        """

    static let script = """
        const element = (id) => document.getElementById(id);
        const session = (method, body) => fetch("/api/v1/session", {
          method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
        });

        async function show(answer) {
          const told = answer.status === 204 ? {} : await answer.json();
          const isIn = answer.ok && answer.status !== 204;
          element("state").textContent = isIn
            ? `Logged in as ${told.name} (${told.role}${told.tenant ? ", tenant " + told.tenant : ""}).`
            : told.detail ?? "Logged out.";
          element("login").hidden = isIn;
          element("logout").hidden = !isIn;
        }

        element("login").addEventListener("submit", async (event) => {
          event.preventDefault();
          await show(await session("POST", { token: element("token").value }));
          element("token").value = "";
        });
        element("logout").addEventListener("click", async () => show(await session("DELETE")));

        const code = location.pathname === "/login" ? location.hash.slice(1) : "";
        if (code) history.replaceState(null, "", "/");
        await show(code ? await session("POST", { code }) : await session("GET"));

        """
}
