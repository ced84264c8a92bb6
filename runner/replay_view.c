#include "runner/replay_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/duration.h"
#include "runner/step_words.h"

static bool plan_time(const struct settings *settings, enum option_id id, uint64_t *ns, struct error *error)
{
    struct error why;
    if (settings_has(settings, id) && !duration_parse(settings->text[id], ns, &why)) {
        return error_set(error, "--%s: %.400s", option_at(id)->name, why.text);
    }
    return true;
}

static bool plan_node(const struct settings *settings, node_id *node, struct error *error)
{
    const char *text = settings->text[OPT_NODE];
    if (text == NULL) {
        return true;
    }
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value >= NO_NODE) {
        return error_set(error, "--node '%.60s': the number of a node is allowed", text);
    }
    *node = (node_id)value;
    return true;
}

static bool plan_flag(const struct settings *settings, enum option_id id, bool *flag, struct error *error)
{
    const char *text = settings->text[id];
    *flag = text != NULL && strcmp(text, "on") == 0;
    return text == NULL || *flag || strcmp(text, "off") == 0 ||
           error_set(error, "--%s '%.60s': on or off is allowed", option_at(id)->name, text);
}

bool replay_view_plan(struct replay_view *view, const struct settings *settings, struct error *error)
{
    *view = (struct replay_view){.until_ns = TIME_NEVER_NS, .node = NO_NODE, .trace_path = settings->text[OPT_TRACE]};
    if (!plan_time(settings, OPT_FROM, &view->from_ns, error) ||
        !plan_time(settings, OPT_UNTIL, &view->until_ns, error) || !plan_node(settings, &view->node, error) ||
        !plan_flag(settings, OPT_PRINT, &view->print, error) || !plan_flag(settings, OPT_STEP, &view->step, error)) {
        return false;
    }
    if (view->from_ns >= view->until_ns) {
        return error_set(error, "--until '%.60s': a time behind --from is allowed", settings->text[OPT_UNTIL]);
    }
    if (view->step && !isatty(STDIN_FILENO)) {
        return error_set(error, "--step waits for Enter, but standard input is not a terminal; --print shows the same "
                                "without waiting");
    }
    bool shows = view->print || view->step || view->trace_path != NULL;
    if (!shows && (settings_has(settings, OPT_FROM) || settings_has(settings, OPT_UNTIL) || view->node != NO_NODE)) {
        return error_set(error, "--from, --until and --node say what --print, --step or --trace FILE shows; one of "
                                "these is missing");
    }
    return view->trace_path == NULL || trace_format_of(view->trace_path, &view->trace.format, error);
}

bool replay_view_open(struct replay_view *view, const struct scenario *scenario, struct error *error)
{
    view->scenario = scenario;
    const uint32_t nodes = scenario->nodes + scenario->clients + 1;
    if (view->node != NO_NODE && view->node >= nodes) {
        return error_set(error, "--node '%u': the run has replicas 0 to %u and clients %u to %u", view->node,
                         scenario->nodes - 1, scenario->nodes, scenario->nodes + scenario->clients - 1);
    }
    if ((view->print || view->step) && !output_open(&view->screen, NULL, error)) {
        return false;
    }
    return view->trace_path == NULL ||
           trace_open(&view->trace, view->trace_path, scenario, view->from_ns, view->until_ns, view->node, error);
}

/* True at Enter, false at q or the end of the input. */
static bool wait_for_enter(void)
{
    int key = getchar();
    bool quit = key == 'q' || key == EOF;
    while (key != '\n' && key != EOF) {
        key = getchar();
    }
    return !quit;
}

static bool show(void *context, const struct replayed_step *step)
{
    struct replay_view *view = context;
    if (view->trace_path != NULL) {
        trace_step(&view->trace, step);
    }
    const uint64_t now_ns = step->event->now_ns;
    const bool shown = now_ns >= view->from_ns && now_ns < view->until_ns &&
                       (view->node == NO_NODE || view->node == step->node);
    if (!shown || (!view->print && !view->step)) {
        return true;
    }
    char words[STEP_WORDS_SIZE];
    step_words(view->scenario, step, words);
    output_print(&view->screen, "%s%s", words, view->step ? " " : "\n");
    if (view->step) {
        struct error ignored;
        output_flush(&view->screen, &ignored);
        view->quit = !wait_for_enter();
    }
    return !view->quit && view->screen.failure == 0;
}

struct replay_observer replay_view_observer(struct replay_view *view)
{
    const bool shows = view->print || view->step || view->trace_path != NULL;
    return (struct replay_observer){.step = shows ? show : NULL, .context = view};
}

bool replay_view_close(struct replay_view *view, struct error *error)
{
    bool written = view->screen.file == NULL || output_flush(&view->screen, error);
    if (view->trace_path != NULL) {
        struct error why;
        if (!trace_close(&view->trace, written ? error : &why)) {
            written = false;
        }
    }
    return written;
}

void replay_view_abandon(struct replay_view *view)
{
    if (view->trace_path != NULL) {
        trace_abandon(&view->trace);
    }
}
