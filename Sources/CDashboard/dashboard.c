// Every file of web/, by `#embed` (C23 §6.10.4): a file that changes is compiled anew, and one that is missing here fails a
// test. It costs the build nothing, where SwiftPM's own embedding took half a minute for as much.

#include "dashboard.h"

static const unsigned char api_js[] = {
#embed "web/api.js"
};
static const unsigned char app_js[] = {
#embed "web/app.js"
};
static const unsigned char base_css[] = {
#embed "web/base.css"
};
static const unsigned char chart_js[] = {
#embed "web/chart.js"
};
static const unsigned char charts_css[] = {
#embed "web/charts.css"
};
static const unsigned char dom_js[] = {
#embed "web/dom.js"
};
static const unsigned char icon_svg[] = {
#embed "web/icon.svg"
};
static const unsigned char index_html[] = {
#embed "web/index.html"
};
static const unsigned char integrations_css[] = {
#embed "web/integrations.css"
};
static const unsigned char json_view_js[] = {
#embed "web/json-view.js"
};
static const unsigned char layout_css[] = {
#embed "web/layout.css"
};
static const unsigned char live_js[] = {
#embed "web/live.js"
};
static const unsigned char notes_js[] = {
#embed "web/notes.js"
};
static const unsigned char paging_js[] = {
#embed "web/paging.js"
};
static const unsigned char parts_css[] = {
#embed "web/parts.css"
};
static const unsigned char parts_js[] = {
#embed "web/parts.js"
};
static const unsigned char refresh_js[] = {
#embed "web/refresh.js"
};
static const unsigned char router_js[] = {
#embed "web/router.js"
};
static const unsigned char session_js[] = {
#embed "web/session.js"
};
static const unsigned char text_js[] = {
#embed "web/text.js"
};
static const unsigned char time_js[] = {
#embed "web/time.js"
};
static const unsigned char view_audit_js[] = {
#embed "web/view-audit.js"
};
static const unsigned char view_dead_js[] = {
#embed "web/view-dead.js"
};
static const unsigned char view_destinations_js[] = {
#embed "web/view-destinations.js"
};
static const unsigned char view_event_js[] = {
#embed "web/view-event.js"
};
static const unsigned char view_events_js[] = {
#embed "web/view-events.js"
};
static const unsigned char view_gallery_js[] = {
#embed "web/view-gallery.js"
};
static const unsigned char view_integration_js[] = {
#embed "web/view-integration.js"
};
static const unsigned char view_integration_form_js[] = {
#embed "web/view-integration-form.js"
};
static const unsigned char view_integrations_js[] = {
#embed "web/view-integrations.js"
};
static const unsigned char view_login_js[] = {
#embed "web/view-login.js"
};
static const unsigned char view_mappings_js[] = {
#embed "web/view-mappings.js"
};
static const unsigned char view_overview_js[] = {
#embed "web/view-overview.js"
};
static const unsigned char view_queues_js[] = {
#embed "web/view-queues.js"
};
static const unsigned char view_refused_js[] = {
#embed "web/view-refused.js"
};
static const unsigned char view_replays_js[] = {
#embed "web/view-replays.js"
};
static const unsigned char view_sources_js[] = {
#embed "web/view-sources.js"
};
static const unsigned char view_tokens_js[] = {
#embed "web/view-tokens.js"
};

static const struct dashboard_file files[] = {
    {"api.js", api_js, sizeof api_js},
    {"app.js", app_js, sizeof app_js},
    {"base.css", base_css, sizeof base_css},
    {"chart.js", chart_js, sizeof chart_js},
    {"charts.css", charts_css, sizeof charts_css},
    {"dom.js", dom_js, sizeof dom_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"index.html", index_html, sizeof index_html},
    {"integrations.css", integrations_css, sizeof integrations_css},
    {"json-view.js", json_view_js, sizeof json_view_js},
    {"layout.css", layout_css, sizeof layout_css},
    {"live.js", live_js, sizeof live_js},
    {"notes.js", notes_js, sizeof notes_js},
    {"paging.js", paging_js, sizeof paging_js},
    {"parts.css", parts_css, sizeof parts_css},
    {"parts.js", parts_js, sizeof parts_js},
    {"refresh.js", refresh_js, sizeof refresh_js},
    {"router.js", router_js, sizeof router_js},
    {"session.js", session_js, sizeof session_js},
    {"text.js", text_js, sizeof text_js},
    {"time.js", time_js, sizeof time_js},
    {"view-audit.js", view_audit_js, sizeof view_audit_js},
    {"view-dead.js", view_dead_js, sizeof view_dead_js},
    {"view-destinations.js", view_destinations_js, sizeof view_destinations_js},
    {"view-event.js", view_event_js, sizeof view_event_js},
    {"view-events.js", view_events_js, sizeof view_events_js},
    {"view-gallery.js", view_gallery_js, sizeof view_gallery_js},
    {"view-integration.js", view_integration_js, sizeof view_integration_js},
    {"view-integration-form.js", view_integration_form_js, sizeof view_integration_form_js},
    {"view-integrations.js", view_integrations_js, sizeof view_integrations_js},
    {"view-login.js", view_login_js, sizeof view_login_js},
    {"view-mappings.js", view_mappings_js, sizeof view_mappings_js},
    {"view-overview.js", view_overview_js, sizeof view_overview_js},
    {"view-queues.js", view_queues_js, sizeof view_queues_js},
    {"view-refused.js", view_refused_js, sizeof view_refused_js},
    {"view-replays.js", view_replays_js, sizeof view_replays_js},
    {"view-sources.js", view_sources_js, sizeof view_sources_js},
    {"view-tokens.js", view_tokens_js, sizeof view_tokens_js},
};

size_t dashboard_file_count(void) { return sizeof files / sizeof files[0]; }

struct dashboard_file dashboard_file_at(size_t index) { return files[index]; }
