#include "runner/plot.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/plot_pictures.h"
#include "runner/plot_where.h"

#define WHERE_MOST 16 /* conditions */

enum format { SVG, PNG, PDF, EPS, FORMATS };

static const char *const format_names[FORMATS] = {"svg", "png", "pdf", "eps"};

enum { EXIT_RUNTIME_ERROR = 1, EXIT_USAGE_ERROR = 64 };

struct plot_options {
    const char *file, *kind, *output, *compare;
    const char *conditions[WHERE_MOST];
    size_t condition_count;
    bool formats[FORMATS];
    bool format_chosen, terminal, help;
    bool one_file;        /* `output` is the picture's name */
    double width, height; /* pixels; 0 = the default */
    char font[64];        /* "" = the default */
    double font_size;     /* 0 = the default */
    bool log_x, log_y;
    struct plot_request request;
};

static const char help_text[] =
    "Usage: pbft plot FILE [OPTION]...\n"
    "Draw pictures of what `pbft sweep` (CSV, JSON), `pbft run` (JSON, JSONL) or `pbft bench` (JSON) wrote.\n"
    "\n"
    "  --kind KIND          latency, success, heatmap, latency-heatmap (of a sweep), cdf, timeline (of a run),\n"
    "                       votes, cores (votes a second against the replicas and the cores, of a benchmark),\n"
    "                       or all that FILE has the data for (default: all)\n"
    "  --x OPTION           the option along the x axis (default: the first that varies in the sweep)\n"
    "  --y OPTION           the option along the y axis of a heat map (default: the second)\n"
    "  --where OPTION=VALUE only the cells of a sweep in which the option has the value; may be given again\n"
    "  --quantity LATENCY   commit_latency, request_latency, decision_latency_first, _median, _quorum or _all\n"
    "                       (default: commit_latency)\n"
    "  --compare FILE       a sweep over the same option, drawn beside it as a thin line\n"
    "  --compare-as TEXT    what the legend calls it (default: its file name)\n"
    "  --title TEXT         instead of the default title\n"
    "  --log x|y|xy         logarithmic axes; only of numbers above 0 (rates over a factor of 10 are always so)\n"
    "  --format LIST        of svg, png, pdf and eps, as svg,pdf (default: svg,png)\n"
    "  --size WxH           in pixels (default: 1280x800; PNG 1600x1000); in PDF and EPS 160 are an inch\n"
    "  --font NAME:SIZE     letters, such as Arial:22 (default: DejaVu Sans:22); NAME or :SIZE may stand alone\n"
    "  -o, --output WHERE   a directory, a prefix for the names WHERE-KIND.svg (default: FILE without its ending), or\n"
    "                       with one --kind the name of a picture, such as loss.pdf, which chooses its format\n"
    "  --terminal dumb      plain text on standard output instead of files\n"
    "  --help               this text\n"
    "\n"
    "The names of the pictures go to standard output. Needs gnuplot.\n";

enum long_option {
    KIND = 256,
    X,
    Y,
    WHERE,
    QUANTITY,
    COMPARE,
    COMPARE_AS,
    TITLE,
    LOG,
    FORMAT,
    SIZE,
    FONT,
    TERMINAL,
    HELP
};

static const struct option long_options[] = {
    {"kind", required_argument, NULL, KIND},
    {"x", required_argument, NULL, X},
    {"y", required_argument, NULL, Y},
    {"where", required_argument, NULL, WHERE},
    {"quantity", required_argument, NULL, QUANTITY},
    {"compare", required_argument, NULL, COMPARE},
    {"compare-as", required_argument, NULL, COMPARE_AS},
    {"title", required_argument, NULL, TITLE},
    {"log", required_argument, NULL, LOG},
    {"format", required_argument, NULL, FORMAT},
    {"size", required_argument, NULL, SIZE},
    {"font", required_argument, NULL, FONT},
    {"output", required_argument, NULL, 'o'},
    {"terminal", required_argument, NULL, TERMINAL},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

/* The format of this name, or FORMATS if there is none. */
static enum format find_format(const char *name, size_t length)
{
    enum format format = SVG;
    while (format < FORMATS &&
           !(strlen(format_names[format]) == length && strncmp(format_names[format], name, length) == 0)) {
        format++;
    }
    return format;
}

/* `svg`, `png`, `svg,pdf`. */
static bool parse_formats(const char *text, struct plot_options *options, struct error *error)
{
    memset(options->formats, 0, sizeof options->formats);
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        enum format format = find_format(at, length);
        if (format == FORMATS) {
            return error_set(error, "--format: '%s' is not a list of svg, png, pdf and eps", text);
        }
        options->formats[format] = true;
        at += length;
        if (*at == '\0') {
            return true;
        }
    }
}

/* `1280x800`. */
static bool parse_size(const char *text, struct plot_options *options, struct error *error)
{
    unsigned width = 0;
    unsigned height = 0;
    int end = 0;
    bool right = strspn(text, "0123456789x") == strlen(text) && strlen(text) < 10 &&
                 sscanf(text, "%ux%u%n", &width, &height, &end) == 2 && text[end] == '\0';
    options->width = width;
    options->height = height;
    return (right && width >= 200 && height >= 200 && width <= 8000 && height <= 8000) ||
           error_set(error, "--size: '%.64s' is not WxH, such as 1280x800; each from 200 to 8000 pixels", text);
}

/* `Arial:22`, `Arial`, `:22`. */
static bool parse_font(const char *text, struct plot_options *options, struct error *error)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    char *end = NULL;
    options->font_size = colon != NULL ? strtod(colon + 1, &end) : 0;
    bool sized = colon == NULL ||
                 (end > colon + 1 && *end == '\0' && options->font_size >= 4 && options->font_size <= 200);
    /* a comma would end the name in gnuplot's own syntax */
    bool named = length < sizeof options->font && strcspn(text, ",\"'") == strlen(text) && *text != '\0';
    snprintf(options->font, sizeof options->font, "%.*s", named ? (int)length : 0, text);
    return (sized && named) ||
           error_set(error, "--font: '%.64s' is not NAME:SIZE, such as Arial:22; the size is from 4 to 200", text);
}

static bool parse_log(const char *text, struct plot_options *options, struct error *error)
{
    bool both = strcmp(text, "xy") == 0;
    options->log_x = both || strcmp(text, "x") == 0;
    options->log_y = both || strcmp(text, "y") == 0;
    return options->log_x || options->log_y || error_set(error, "--log: '%.64s' is not x, y or xy", text);
}

static const struct picture *find_picture(const char *name)
{
    for (size_t i = 0; picture_at(i)->name != NULL; i++) {
        if (strcmp(picture_at(i)->name, name) == 0) {
            return picture_at(i);
        }
    }
    return NULL;
}

static bool check_kind(const char *kind, struct error *error)
{
    if (strcmp(kind, "all") == 0 || find_picture(kind) != NULL) {
        return true;
    }
    struct error known = {""};
    for (size_t i = 0; picture_at(i)->name != NULL; i++) {
        size_t length = strlen(known.text);
        snprintf(known.text + length, sizeof known.text - length, "%s, ", picture_at(i)->name);
    }
    return error_set(error, "--kind: there is no '%s'; allowed: %.300sall", kind, known.text);
}

static bool check_quantity(const char *quantity, struct error *error)
{
    if (quantity_meaning(quantity) != NULL) {
        return true;
    }
    struct error known = {""};
    for (size_t i = 0; quantity_at(i) != NULL; i++) {
        size_t length = strlen(known.text);
        snprintf(known.text + length, sizeof known.text - length, "%s%s", i > 0 ? ", " : "", quantity_at(i));
    }
    return error_set(error, "--quantity: there is no '%s'; allowed: %.300s", quantity, known.text);
}

static bool take_option(int which, const char *value, struct plot_options *options, struct error *error)
{
    struct plot_request *request = &options->request;
    switch (which) {
    case KIND:
        options->kind = value;
        return check_kind(value, error);
    case X:
        request->x = value;
        return true;
    case Y:
        request->y = value;
        return true;
    case WHERE:
        if (options->condition_count == WHERE_MOST) {
            return error_set(error, "--where: at most %d conditions", WHERE_MOST);
        }
        if (!plot_where_is_one(value)) {
            return error_set(error, "--where '%.100s': OPTION=VALUE is allowed, such as drop=10%%", value);
        }
        options->conditions[options->condition_count++] = value;
        return true;
    case QUANTITY:
        request->quantity = value;
        return check_quantity(value, error);
    case COMPARE:
        options->compare = value;
        return true;
    case COMPARE_AS:
        request->compare_label = value;
        return true;
    case TITLE:
        request->title = value;
        return true;
    case LOG:
        return parse_log(value, options, error);
    case SIZE:
        return parse_size(value, options, error);
    case FONT:
        return parse_font(value, options, error);
    case FORMAT:
        options->format_chosen = true;
        return parse_formats(value, options, error);
    case 'o':
        options->output = value;
        return *value != '\0' || error_set(error, "--output: a directory or a prefix is needed");
    case TERMINAL:
        options->terminal = true;
        return strcmp(value, "dumb") == 0 || error_set(error, "--terminal: '%s' is not known; allowed: dumb", value);
    default:
        options->help = true;
        return true;
    }
}

/* `-o loss.pdf` is a PDF. */
static bool name_chooses_format(struct plot_options *options, struct error *error)
{
    const char *dot = options->output != NULL ? strrchr(options->output, '.') : NULL;
    enum format format = dot != NULL ? find_format(dot + 1, strlen(dot + 1)) : FORMATS;
    if (format == FORMATS) {
        return true;
    }
    if (options->format_chosen) {
        return error_set(error, "--format does not go with -o %.200s: its ending is the format", options->output);
    }
    if (strcmp(options->kind, "all") == 0) {
        return error_set(error, "-o %.200s names one picture; --kind says which", options->output);
    }
    memset(options->formats, 0, sizeof options->formats);
    options->formats[format] = true;
    options->one_file = true;
    return true;
}

static bool parse(int argc, char **argv, struct plot_options *options, struct error *error)
{
    *options = (struct plot_options){.kind = "all", .formats = {[SVG] = true, [PNG] = true}};
    options->request.quantity = "commit_latency";
    opterr = 0;
    optind = 0; /* start anew, also after another parse */
    int which;
    while ((which = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
        if (which == ':') {
            return error_set(error, "%s needs a value", argv[optind - 1]);
        }
        if (which == '?') {
            return error_set(error, "there is no option '%s'", argv[optind - 1]);
        }
        if (!take_option(which, optarg, options, error)) {
            return false;
        }
    }
    if (options->help) {
        return true;
    }
    if (optind == argc) {
        return error_set(error,
                         "which FILE? It is what `pbft sweep -o FILE` or `pbft run --format json -o FILE` wrote");
    }
    if (optind + 1 < argc) {
        return error_set(error, "one FILE at a time, but there is also '%s'", argv[optind + 1]);
    }
    options->file = argv[optind];
    options->request.log_x = options->log_x;
    options->request.log_y = options->log_y;
    return name_chooses_format(options, error);
}

/* DIRECTORY/KIND.FORMAT or PREFIX-KIND.FORMAT. */
static bool output_path(const struct plot_options *options, const char *kind, const char *format,
                        char path[GNUPLOT_PATH_SIZE - 16], struct error *error)
{
    const char *where = options->output != NULL ? options->output : options->file;
    size_t length = strlen(where);
    const char *between = "-";
    struct stat status;
    if (options->output == NULL) {
        const char *slash = strrchr(where, '/');
        const char *dot = strrchr(where, '.');
        length = dot != NULL && dot != where && (slash == NULL || dot > slash + 1) ? (size_t)(dot - where) : length;
    } else if (where[length - 1] == '/') {
        between = "";
    } else if (stat(where, &status) == 0 && S_ISDIR(status.st_mode)) {
        between = "/";
    }
    int written = options->one_file ? snprintf(path, GNUPLOT_PATH_SIZE - 16, "%s", where)
                                    : snprintf(path, GNUPLOT_PATH_SIZE - 16, "%.*s%s%s.%s", (int)length, where, between,
                                               kind, format);
    return (written > 0 && written < GNUPLOT_PATH_SIZE - 16) || error_set(error, "--output: the path is too long");
}

static bool draw_formats(const struct plot_options *options, const struct picture *picture, struct gnuplot *plot,
                         struct error *error)
{
    if (options->terminal) {
        return gnuplot_draw(plot, picture->script, "dumb", NULL, error);
    }
    for (size_t i = 0; i < FORMATS; i++) {
        char path[GNUPLOT_PATH_SIZE - 16];
        if (!options->formats[i]) {
            continue;
        }
        if (!output_path(options, picture->name, format_names[i], path, error) ||
            !gnuplot_draw(plot, picture->script, format_names[i], path, error)) {
            return false;
        }
        printf("%s\n", path);
    }
    return true;
}

static bool draw_picture(const struct plot_options *options, const struct picture *picture, struct error *error)
{
    struct gnuplot plot;
    if (!gnuplot_begin(&plot, error)) {
        return false;
    }
    gnuplot_number(&plot, "width", options->width);
    gnuplot_number(&plot, "height", options->height);
    gnuplot_text(&plot, "font_name", options->font);
    gnuplot_number(&plot, "font_size", options->font_size);
    bool drawn = picture->prepare(&options->request, &plot, error) && draw_formats(options, picture, &plot, error);
    gnuplot_end(&plot);
    return drawn;
}

/* Every picture that suits the file; one that was asked for by name is tried, so that the reason shows. */
static bool draw_all(const struct plot_options *options, struct error *error)
{
    if (strcmp(options->kind, "all") != 0) {
        return draw_picture(options, find_picture(options->kind), error);
    }
    size_t drawn = 0;
    for (size_t i = 0; picture_at(i)->name != NULL; i++) {
        if (!picture_at(i)->suits(&options->request)) {
            continue;
        }
        if (!draw_picture(options, picture_at(i), error)) {
            return false;
        }
        drawn++;
    }
    return drawn > 0 ||
           error_set(error, "%s has the data for no picture: no option varies, and no latency was measured",
                     options->file);
}

/* The name of the file alone, without its ending. */
static void default_label(const char *path, char label[256])
{
    const char *slash = strrchr(path, '/');
    snprintf(label, 256, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(label, '.');
    if (dot != NULL && dot != label) {
        *dot = '\0';
    }
}

/* The conditions hold for the sweep to compare with, too, as far as it varies these options. */
static bool narrow_compared(const struct plot_options *options, struct plot_input *compare, struct error *error)
{
    if (compare->table.rows == 0 || options->request.input->table.rows == 0) {
        return error_set(error, "--compare is for sweeps: both files must be what `pbft sweep` wrote");
    }
    for (size_t i = 0; i < options->condition_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(options->conditions[i], "="), options->conditions[i]);
        if (plot_table_option(&compare->table, name) < compare->table.options &&
            !plot_where(compare, options->conditions[i], error)) {
            return false;
        }
    }
    return true;
}

static bool read_and_draw(const struct plot_options *parsed, struct error *error)
{
    struct plot_options options = *parsed;
    struct plot_input input;
    struct plot_input compare = {0};
    char label[256];
    if (!plot_input_read(options.file, &input, error)) {
        return false;
    }
    options.request.input = &input;
    bool done = true;
    for (size_t i = 0; done && i < options.condition_count; i++) {
        done = plot_where(&input, options.conditions[i], error);
    }
    if (done && options.compare != NULL) {
        done = plot_input_read(options.compare, &compare, error) && narrow_compared(&options, &compare, error);
        options.request.compare = &compare;
        default_label(options.compare, label);
        options.request.compare_label = options.request.compare_label != NULL ? options.request.compare_label : label;
    }
    done = done && draw_all(&options, error);
    plot_input_destroy(&input);
    plot_input_destroy(&compare);
    return done;
}

int plot_command(int argc, char **argv)
{
    struct plot_options options;
    struct error error;
    if (!parse(argc, argv, &options, &error)) {
        fprintf(stderr, "pbft plot: %s\nTry `pbft plot --help`.\n", error.text);
        return EXIT_USAGE_ERROR;
    }
    if (options.help) {
        fputs(help_text, stdout);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_RUNTIME_ERROR;
    }
    if (!read_and_draw(&options, &error)) {
        fprintf(stderr, "pbft plot: %s\n", error.text);
        return EXIT_RUNTIME_ERROR;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fprintf(stderr, "pbft plot: cannot write to standard output: %s\n", strerror(errno));
        return EXIT_RUNTIME_ERROR;
    }
    return EXIT_SUCCESS;
}
