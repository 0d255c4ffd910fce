// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes one hostile name after another and makes one failing call under each: whoever prints the
 * name of a process must not be led by it. Says how many there were.
 */
#include <sys/prctl.h>

#include "work.h"

static const char *const names[] = {
	"\033[2J\033[H",  /* clears the screen */
	"\033]0;title\a", /* sets the terminal's title */
	"two\nlines",
	"back\rhome",
	"tab\tbell\a",
	"\"quoted\"",
	"it's",
	"back\\slash\\n",
	"\\x1b[2J",
	"bad\xff\xfeutf8",
	"cut\xe2\x82", /* a UTF-8 sequence without its end */
	"over\xc0\xaflong",
	"sur\xed\xa0\x80gate",
	"c1\x9b\x32J",	   /* CSI in one byte */
	"c1\xc2\x9b\x32J", /* CSI as UTF-8 */
	"abc\xe2\x80\xae"
	"fdp.exe", /* U+202E: the rest reads from right to left */
	"zero\xe2\x80\x8bwidth",
	"del\x7f",
	"\xf0\x9f\x90\x98 elephant",
	"na\xc3\xafve",
	"{\"a\":[1]}",
	"<b>&amp;</b>",
	"%s%n%x",
	"$(reboot)`id`",
	") R 1 (evil",
	" ",
	"",
	"0123456789abcdef", /* the kernel keeps 15 */
};

int main(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (prctl(PR_SET_NAME, names[i]))
			die("prctl");
		WANT(do_shmget(own_key((int)i), 4096, 0600), ENOENT);
	}
	printf("shmget %u\n", (unsigned int)ARRAY_SIZE(names));
	return failures ? 1 : 0;
}
