#include "runner/report.h"

#include <string.h>

enum report_format report_format_find(const char *name)
{
    static const char *const names[REPORT_FORMATS] = {"table", "csv", "json", "jsonl"};
    unsigned format = 0;
    while (format < REPORT_FORMATS && strcmp(names[format], name) != 0) {
        format++;
    }
    return (enum report_format)format;
}

struct sink sink_make(enum report_format format, const struct report_head *head, struct output *output)
{
    const struct sink_operations *operations = format == FORMAT_CSV     ? &csv_sink
                                               : format == FORMAT_JSON  ? &json_sink
                                               : format == FORMAT_JSONL ? &jsonl_sink
                                               : head->grid != NULL     ? &sweep_table_sink
                                                                        : &run_table_sink;
    return (struct sink){.operations = operations, .head = head, .output = output};
}
