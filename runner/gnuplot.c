#include "runner/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/output.h"

static void path_in(const struct gnuplot *plot, const char *name, char path[GNUPLOT_PATH_SIZE])
{
    snprintf(path, GNUPLOT_PATH_SIZE, "%s/%s", plot->directory, name);
}

static FILE *create_in(const struct gnuplot *plot, const char *name)
{
    char path[GNUPLOT_PATH_SIZE];
    path_in(plot, name, path);
    return fopen(path, "we");
}

bool gnuplot_begin(struct gnuplot *plot, struct error *error)
{
    *plot = (struct gnuplot){0};
    const char *base = getenv("TMPDIR");
    snprintf(plot->directory, sizeof plot->directory, "%s/pbft-plot-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(plot->directory) == NULL) {
        return error_set(error, "cannot create %s: %s", plot->directory, strerror(errno));
    }
    plot->settings = create_in(plot, "settings.gp");
    plot->data = create_in(plot, "data");
    if (plot->settings == NULL || plot->data == NULL) {
        error_set(error, "cannot write into %s: %s", plot->directory, strerror(errno));
        gnuplot_end(plot);
        return false;
    }
    char data[GNUPLOT_PATH_SIZE];
    path_in(plot, "data", data);
    gnuplot_text(plot, "data", data);
    return true;
}

void gnuplot_end(struct gnuplot *plot)
{
    static const char *const names[] = {"settings.gp", "data", "output.gp", "complaints", "picture", "picture.part"};
    if (plot->settings != NULL) {
        fclose(plot->settings);
    }
    if (plot->data != NULL) {
        fclose(plot->data);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[GNUPLOT_PATH_SIZE];
        path_in(plot, names[i], path);
        unlink(path);
    }
    rmdir(plot->directory);
    *plot = (struct gnuplot){0};
}

/* In single quotes gnuplot expands nothing; a quote is written twice. */
static void write_quoted(FILE *file, const char *text)
{
    fputc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputc('\'', file);
        }
        if ((unsigned char)*text >= ' ') {
            fputc(*text, file);
        }
    }
    fputc('\'', file);
}

void gnuplot_number(struct gnuplot *plot, const char *name, double value)
{
    if (isfinite(value)) {
        fprintf(plot->settings, "%s = %.17g\n", name, value);
    } else {
        fprintf(plot->settings, "%s = NaN\n", name);
    }
}

void gnuplot_text(struct gnuplot *plot, const char *name, const char *value)
{
    fprintf(plot->settings, "%s = ", name);
    write_quoted(plot->settings, value);
    fputc('\n', plot->settings);
}

void gnuplot_array(struct gnuplot *plot, const char *name, size_t count)
{
    fprintf(plot->settings, "array %s[%zu]\n", name, count > 0 ? count : 1);
}

void gnuplot_element(struct gnuplot *plot, const char *name, size_t index, const char *value)
{
    char element[128];
    snprintf(element, sizeof element, "%s[%zu]", name, index + 1);
    gnuplot_text(plot, element, value);
}

/* Where the scripts are: PBFT_PLOTS_DIR, else beside the binary or its build tree, else where they were built. */
static void find_script(const char *script, char path[GNUPLOT_PATH_SIZE])
{
    const char *chosen = getenv("PBFT_PLOTS_DIR");
    if (chosen != NULL) {
        snprintf(path, GNUPLOT_PATH_SIZE, "%s/%s", chosen, script);
        return;
    }
    char self[GNUPLOT_PATH_SIZE / 2];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    static const char *const relative[] = {"plots", "../share/pbft/plots"};
    for (size_t i = 0; slash != NULL && i < sizeof relative / sizeof *relative; i++) {
        *slash = '\0';
        snprintf(path, GNUPLOT_PATH_SIZE, "%s/%s/%s", self, relative[i], script);
        if (access(path, R_OK) == 0) {
            return;
        }
    }
    snprintf(path, GNUPLOT_PATH_SIZE, "%s/%s", PBFT_PLOTS_DIR, script);
}

/* The line that says what gnuplot died of, or "". All of it goes to stderr if it went on regardless. */
static void read_complaint(const struct gnuplot *plot, bool forward, char *line, size_t size)
{
    char path[GNUPLOT_PATH_SIZE];
    path_in(plot, "complaints", path);
    *line = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    char text[256];
    while (fgets(text, sizeof text, file) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        if (forward && *text != '\0') {
            fprintf(stderr, "gnuplot: %s\n", text);
        }
        /* the last one with the reason, not those that quote the script or point into it */
        if (strstr(text, "line ") != NULL) {
            snprintf(line, size, "%s", text);
        }
    }
    fclose(file);
}

/* Our environment, but with letters in UTF-8 and decimal points, whatever the user's language; NULL if memory is
 * lacking. Release with free(). */
static char **child_environment(char *locale)
{
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **variables = calloc(count + 2, sizeof *variables);
    size_t kept = 0;
    for (size_t i = 0; variables != NULL && i < count; i++) {
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) {
            variables[kept++] = environ[i];
        }
    }
    if (variables != NULL) {
        variables[kept] = locale;
    }
    return variables;
}

/* Runs gnuplot over three scripts, its complaints into a file. */
static bool run_gnuplot(const struct gnuplot *plot, char *script, struct error *error)
{
    char output[GNUPLOT_PATH_SIZE];
    char settings[GNUPLOT_PATH_SIZE];
    char complaints[GNUPLOT_PATH_SIZE];
    path_in(plot, "output.gp", output);
    path_in(plot, "settings.gp", settings);
    path_in(plot, "complaints", complaints);
    char program[] = "gnuplot";
    char plain[] = "--default-settings"; /* nobody's ~/.gnuplot */
    char *arguments[] = {program, plain, output, settings, script, NULL};
    char locale[] = "LC_ALL=C.UTF-8";
    char **variables = child_environment(locale);
    if (variables == NULL) {
        return error_set(error, "out of memory");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child;
    int reason = posix_spawnp(&child, program, &actions, NULL, arguments, variables);
    free(variables);
    posix_spawn_file_actions_destroy(&actions);
    if (reason == ENOENT) {
        return error_set(error, "gnuplot is not installed: apt-get install gnuplot-nox");
    }
    if (reason != 0) {
        return error_set(error, "cannot start gnuplot: %s", strerror(reason));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(error, "cannot wait for gnuplot: %s", strerror(errno));
        }
    }
    char complaint[256];
    bool drawn = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    read_complaint(plot, drawn, complaint, sizeof complaint);
    return drawn || error_set(error, "gnuplot failed: %s", *complaint != '\0' ? complaint : "it says nothing");
}

/* A picture that gnuplot could not write whole (a full disk, say) it may leave short without failing. */
static bool is_whole(const char *path, const char *format)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    const char *end = strcmp(format, "svg") == 0 ? "</svg>" : strcmp(format, "png") == 0 ? "IEND" : "%%EOF";
    char tail[64] = {0};
    bool found = false;
    if (fseek(file, -32, SEEK_END) == 0) {
        size_t got = fread(tail, 1, sizeof tail - 1, file);
        found = got > 0 && memmem(tail, got, end, strlen(end)) != NULL;
    }
    fclose(file);
    return found;
}

/* gnuplot does not notice that it cannot write plain text, so it writes that into a file, too. */
static bool print_text(const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    }
    char bytes[4096];
    bool done = true;
    for (size_t got; done && (got = fread(bytes, 1, sizeof bytes, file)) > 0;) {
        done = fwrite(bytes, 1, got, stdout) == got;
    }
    done = done && ferror(file) == 0 && fflush(stdout) == 0;
    fclose(file);
    return done || error_set(error, "cannot write to standard output: %s", strerror(errno));
}

static bool draw_file(struct gnuplot *plot, const char *script, const char *format, const char *output,
                      struct error *error)
{
    char path[GNUPLOT_PATH_SIZE];
    find_script(script, path);
    if (access(path, R_OK) != 0) {
        return error_set(error, "cannot read %s: %s; PBFT_PLOTS_DIR can say where the scripts are", path,
                         strerror(errno));
    }
    if (!output_make_directory(output, error)) {
        return false;
    }
    char unfinished[GNUPLOT_PATH_SIZE];
    snprintf(unfinished, sizeof unfinished, "%s.part", output);
    int file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return error_set(error, "cannot write %s: %s", output, strerror(errno));
    }
    close(file);
    FILE *settings = create_in(plot, "output.gp");
    if (settings == NULL || fflush(plot->settings) != 0 || fflush(plot->data) != 0) {
        return error_set(error, "cannot write into %s: %s", plot->directory, strerror(errno));
    }
    fprintf(settings, "format = ");
    write_quoted(settings, format);
    fprintf(settings, "\noutput = ");
    write_quoted(settings, unfinished);
    fputc('\n', settings);
    if (fclose(settings) != 0) {
        return error_set(error, "cannot write into %s: %s", plot->directory, strerror(errno));
    }
    bool drawn = run_gnuplot(plot, path, error);
    if (drawn && strcmp(format, "dumb") != 0 && !is_whole(unfinished, format)) {
        drawn = error_set(error, "%s came out incomplete: is the disk full?", output);
    }
    if (drawn && rename(unfinished, output) != 0) {
        drawn = error_set(error, "cannot write %s: %s", output, strerror(errno));
    }
    if (!drawn) {
        unlink(unfinished);
    }
    return drawn;
}

bool gnuplot_draw(struct gnuplot *plot, const char *script, const char *format, const char *output, struct error *error)
{
    char text[GNUPLOT_PATH_SIZE - 16];
    snprintf(text, sizeof text, "%s/picture", plot->directory);
    bool drawn = draw_file(plot, script, format, output != NULL ? output : text, error);
    return drawn && (output != NULL || print_text(text, error));
}
