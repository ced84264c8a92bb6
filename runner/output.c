#include "runner/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_error(const char *path, int why, struct error *error)
{
    return error_set(error, "cannot write '%.300s': %s", path, strerror(why));
}

bool output_make_directory(const char *path, struct error *error)
{
    const char *last = strrchr(path, '/');
    struct stat status;
    if (last == NULL || last[1] == '\0' || lstat(path, &status) == 0 || errno != ENOENT) {
        return true; /* nothing to make, or opening the file says what is wrong */
    }
    char *directory = strdup(path);
    if (directory == NULL) {
        return error_set(error, "out of memory");
    }
    bool made = true;
    for (char *end = strchr(directory + 1, '/'); made && end != NULL; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (mkdir(directory, 0777) != 0 && errno != EEXIST && stat(directory, &status) != 0) {
            made = error_set(error, "cannot create the directory '%.300s': %s", directory, strerror(errno));
        }
        *end = '/';
    }
    free(directory);
    return made;
}

/* Opens `path` itself. */
static bool open_in_place(struct output *output, const char *path, struct error *error)
{
    output->file = fopen(path, "we");
    return output->file != NULL || open_error(path, errno, error);
}

/* Opens a new file beside `path`. */
static bool open_beside(struct output *output, const char *path, mode_t mode, struct error *error)
{
    size_t size = strlen(path) + 32;
    char *temporary = malloc(size);
    if (temporary == NULL) {
        return error_set(error, "out of memory");
    }
    snprintf(temporary, size, "%s.part.%ld", path, (long)getpid());
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) {
        free(temporary);
        return open_error(path, errno, error);
    }
    output->file = fdopen(file, "w");
    output->temporary = temporary;
    return output->file != NULL || error_set(error, "out of memory");
}

bool output_open(struct output *output, const char *path, struct error *error)
{
    *output = (struct output){.name = path == NULL ? "standard output" : path};
    if (path == NULL) {
        output->file = stdout;
        return true;
    }
    if (!output_make_directory(path, error)) {
        return false;
    }
    struct stat status;
    bool exists = lstat(path, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        return open_in_place(output, path, error);
    }
    if (exists && access(path, W_OK) != 0) { /* the directory might still allow to replace it */
        return open_error(path, errno, error);
    }
    struct error ignored;
    if (open_beside(output, path, exists ? status.st_mode & 07777 : 0666, &ignored)) {
        return true;
    }
    return open_in_place(output, path, error); /* a directory that takes no new files, or the error's own words */
}

bool output_may_open(const char *path, struct error *error)
{
    if (!output_make_directory(path, error)) {
        return false;
    }
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (directory == NULL) {
        return error_set(error, "out of memory");
    }
    bool may = access(access(path, F_OK) == 0 ? path : directory, W_OK) == 0;
    int why = errno;
    free(directory);
    return may || open_error(path, why, error);
}

bool output_lock(struct output *output, const char *path, struct error *error)
{
    *output = (struct output){.name = path};
    if (!output_make_directory(path, error)) {
        return false;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return open_error(path, errno, error);
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        close(file);
        return error_set(error, "cannot write '%.300s': another sweep is writing it", path);
    }
    output->file = fdopen(file, "w");
    return output->file != NULL || error_set(error, "out of memory");
}

bool output_keep(struct output *output, uint64_t bytes, struct error *error)
{
    int file = fileno(output->file);
    if (ftruncate(file, (off_t)bytes) != 0 || lseek(file, 0, SEEK_END) < 0) {
        return open_error(output->name, errno, error);
    }
    return true;
}

static void note_failure(struct output *output)
{
    if (output->failure == 0) {
        output->failure = errno == 0 ? EIO : errno;
    }
}

void output_print(struct output *output, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    if (vfprintf(output->file, format, arguments) < 0) {
        note_failure(output);
    }
    va_end(arguments);
}

void output_write(struct output *output, const char *bytes, size_t size)
{
    errno = 0;
    if (fwrite(bytes, 1, size, output->file) != size) {
        note_failure(output);
    }
}

bool output_flush(struct output *output, struct error *error)
{
    errno = 0;
    if (fflush(output->file) != 0) {
        note_failure(output);
    }
    return output->failure == 0 || open_error(output->name, output->failure, error);
}

static void release(struct output *output)
{
    if (output->file != NULL && output->file != stdout) {
        fclose(output->file);
    }
    free(output->temporary);
    output->file = NULL;
    output->temporary = NULL;
}

bool output_close(struct output *output, struct error *error)
{
    assert(output->file != NULL);
    bool whole = output_flush(output, error);
    if (output->temporary != NULL) {
        if (whole && (fsync(fileno(output->file)) != 0 || rename(output->temporary, output->name) != 0)) {
            whole = open_error(output->name, errno, error);
        }
        if (!whole) {
            unlink(output->temporary);
        }
    }
    release(output);
    return whole;
}

void output_abandon(struct output *output)
{
    if (output->temporary != NULL) {
        unlink(output->temporary);
    }
    release(output);
}

void output_guard_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
            /* the lowest free number is this one; the wrong direction makes every use fail */
            int taken = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
            (void)taken;
        }
    }
}
