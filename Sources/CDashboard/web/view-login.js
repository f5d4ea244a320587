// The page that lets people in.

import { h } from "./dom.js";
import { field } from "./parts.js";
import { logIn } from "./session.js";

/**
 * @param {() => void} entered called once they are in
 * @param {string} [refusal] why the link they came by did not do
 */
export function logInView(entered, refusal = "") {
  const token = h("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false", required: true });
  const problem = h("p.problem", { role: "alert" }, refusal);
  const button = h("button.primary", {}, "Log in");
  const form = h("form.login", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.textContent = "";
      try {
        await logIn({ token: token.value.trim() });
        entered();
      } catch (error) {
        problem.textContent = error.message;
        button.disabled = false;
        token.select();
      }
    },
  },
  h("img", { src: "/assets/icon.svg", alt: "", width: "40", height: "40" }),
  h("h1", {}, "webhook-gateway"),
  field("Token", token, "It begins with wgt_."),
  problem, button,
  h("div.hint", {}, h("p", {}, "No token yet? Make one where the gateway runs:"),
    h("pre.code", { tabindex: "0" }, "webhook-gateway token create --role admin")));
  return form;
}
