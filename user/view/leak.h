/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A leak as it happens, in words and in JSON, the same in every view.
 */
#ifndef SHMTRACE_VIEW_LEAK_H
#define SHMTRACE_VIEW_LEAK_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "ledger/ledger.h"

/*
 * "exit SIGKILL, leaving segment 32769 (8192 bytes) that nothing uses, the 3rd of httpd (4388)", no
 * newline, escaped.
 */
void leak__put_text(struct buffer *out, const struct ledger_leak *leak, bool utf8);

/* "exit 0", "exit SIGKILL"; of a process that lives on, what it did. */
void leak__put_ending(struct buffer *out, const struct process_info *process);

/* The members of an object of type "leak" behind its time. */
void leak__put_json(struct json_writer *w, const struct ledger_leak *leak);

/* The process that the line is about: whose end left it, or else who made it. pid 0: not known. */
void leak__subject(const struct ledger_leak *leak, struct process_info *subject);

#endif
