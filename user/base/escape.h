/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of other processes made safe to print.
 */
#ifndef SHMTRACE_BASE_ESCAPE_H
#define SHMTRACE_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that a string of len bytes may need, NUL included. */
#define ESCAPE_TEXT_MAX(len) ((len)*4 + 1)
#define ESCAPE_JSON_MAX(len) ((len)*6 + 1)

/*
 * For a terminal or a log. Printable ASCII stays, backslash becomes \\, all other bytes become
 * \xNN. With utf8, well-formed UTF-8 of printable characters stays as well; controls (C0, DEL, C1),
 * bidirectional, invisible and zero-width characters, blanks other than the space, private use and
 * unassigned code points never do. utf8 is for a process whose LC_CTYPE is UTF-8, as it asks the C
 * library what is printable: in the C locale that is ASCII and nothing else.
 * Stops at len or at the first NUL. buf needs ESCAPE_TEXT_MAX(len). Returns the length written.
 */
size_t escape__text(char *buf, const char *bytes, size_t len, bool utf8);

/*
 * The inside of a JSON string, in valid UTF-8, whatever the locale: controls, bidirectional and
 * invisible characters as \uNNNN (the same string to a reader, harmless to a terminal), what is not
 * UTF-8 as U+FFFD, one for each maximal part of a sequence as the Unicode Standard recommends
 * (chapter 3, conformance). Stops at len or at the first NUL. buf needs ESCAPE_JSON_MAX(len).
 * Returns the length written.
 */
size_t escape__json(char *buf, const char *bytes, size_t len);

/* Columns that the escaped text takes on a terminal. */
size_t escape__width(const char *text, bool utf8);

#endif
