# SPDX-License-Identifier: GPL-2.0-only
#
# make                builds build/shmtrace (and the manual pages where scdoc is installed)
# make install        honours DESTDIR and prefix
# make check          the tests that need no root
# make storm          the ledger against the kernel: the storm whole, here and in the machines
# make fuzz           the fuzzers, each for FUZZ_SECONDS, with clang's libFuzzer and sanitizers
# make bench          what tracing costs, beside other tracers (tests/bench/README.md)
# make bench KERNEL=NAME   the same in a machine, in instructions (scripts/vm.sh list)
# make bench-ledger   what the ledger costs: memory of an object, time of an event
# make bench-screen   what drawing the screen of top costs, on this terminal
# make bench-look     what it costs top to read the kernel's tables (LOOK: options, see its --help)
# make STATIC=1       a static binary, as the virtual machines use
# make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=DIR
# V=1 shows the commands; WERROR=1 makes warnings errors; SANITIZE=address,undefined

VERSION := 0.1.0

ARCH    ?= $(shell uname -m | sed -e 's/aarch64/arm64/' -e 's/amd64/x86_64/')
BUILD   ?= build
prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir  ?= $(datadir)/man
bashcompletiondir ?= $(datadir)/bash-completion/completions

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
CLANG   ?= clang
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin" command -v bpftool || echo bpftool)
PKG_CONFIG ?= pkg-config
SCDOC   ?= scdoc
INSTALL ?= install

BPF_ARCH := $(patsubst x86_64,x86,$(ARCH))
VMLINUX  := vmlinux/$(ARCH)/vmlinux.h

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef
ifdef WERROR
WARNINGS += -Werror
endif
ALL_CFLAGS  = -std=gnu11 $(WARNINGS) $(CFLAGS)
# GNU: glibc's argp, strerrorname_np and the like.
ALL_CPPFLAGS = -D_GNU_SOURCE -DSHMTRACE_VERSION='"$(VERSION)"' \
	-Ibpf -Iuser -I$(BUILD)/gen $(LIBS_CFLAGS) $(CPPFLAGS)
ifdef SANITIZE
ALL_CFLAGS  += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
ALL_LDFLAGS += $(LDFLAGS)

LIBS := libbpf libelf zlib libcap ncursesw
ifdef SYSROOT
LIBS_CFLAGS := -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/aarch64-linux-gnu
LIBS_LIBS   := -L$(SYSROOT)/usr/lib/aarch64-linux-gnu -lbpf -lelf -lz -lcap -lncursesw -ltinfo
else
LIBS_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS))
LIBS_LIBS   := $(shell $(PKG_CONFIG) --libs $(if $(STATIC),--static) $(LIBS))
endif
ifdef STATIC
ALL_LDFLAGS += -static
endif

BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra \
	-Wno-unused-parameter $(if $(WERROR),-Werror) -Ivmlinux/$(ARCH) -Ibpf $(LIBS_CFLAGS)

# Definitions before their uses: the linker of bpftool 7.1 leaves offset 0 in .maps otherwise.
BPF_SRCS  := bpf/config.bpf.c $(filter-out bpf/config.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJS  := $(BPF_SRCS:%.c=$(BUILD)/%.o)
# The same programs twice, once with a function of the kernel that many kernels lack: one of the
# two is loaded (bpf/kernel.bpf.c).
CAST_OBJS := $(BPF_OBJS:%/kernel.bpf.o=%/kernel_cast.bpf.o)
SKELETONS := $(BUILD)/gen/shmtrace.skel.h $(BUILD)/gen/shmtrace_cast.skel.h
USER_SRCS := $(sort $(wildcard user/*.c user/*/*.c))
USER_OBJS := $(USER_SRCS:%.c=$(BUILD)/%.o)
# Everything behind main(), as the unit tests link it.
LIB_OBJS  := $(filter-out $(BUILD)/user/main.o,$(USER_OBJS))

UNIT_SRCS := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
# The ledger alone, built anew with what a fuzzer or a benchmark needs.
LEDGER_SRCS := $(sort $(wildcard user/ledger/*.c)) user/base/hash.c user/base/pool.c
LEDGER_DEPS := $(LEDGER_SRCS) $(wildcard user/ledger/*.h user/base/*.h tests/unit/ledger_*.h) bpf/event.h
FUZZ_BINS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
WORK_SRCS := $(sort $(wildcard tests/work/*.c))
WORK_BINS := $(WORK_SRCS:%.c=$(BUILD)/%) $(BUILD)/tests/work/storm/storm
STORM_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/work/storm/*.c)))
MAN_SRCS  := $(sort $(wildcard man/*.scd))
MAN_PAGES := $(MAN_SRCS:man/%.scd=$(BUILD)/man/%)

ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-7s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))'
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all man bpf work unit fuzzers fuzz bench bench-programs bench-ledger bench-screen bench-look storm check format check-format install uninstall clean

all: $(BUILD)/shmtrace $(if $(shell command -v $(SCDOC)),man)
man: $(MAN_PAGES)
bpf: $(SKELETONS)
work: $(WORK_BINS)
unit: $(UNIT_BINS)
fuzzers: $(FUZZ_BINS)

$(BUILD)/shmtrace: $(USER_OBJS)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_LIBS)

$(BUILD)/user/%.o: user/%.c Makefile
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The skeletons are included in exactly one file.
$(BUILD)/user/source/bpf.o: $(SKELETONS)

# Types that small kernel configurations lack must be in vmlinux.h: see vmlinux/check.c.
$(BUILD)/vmlinux-$(ARCH).ok: vmlinux/check.c $(VMLINUX)
	$(call msg,CHECK,$(VMLINUX))
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -fsyntax-only vmlinux/check.c
	@touch $@

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(BUILD)/vmlinux-$(ARCH).ok Makefile
	$(call msg,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/bpf/kernel_cast.bpf.o: bpf/kernel.bpf.c $(BUILD)/vmlinux-$(ARCH).ok Makefile
	$(call msg,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DRDONLY_CAST -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/gen/shmtrace.bpf.o: $(BPF_OBJS)
$(BUILD)/gen/shmtrace_cast.bpf.o: $(CAST_OBJS)
$(BUILD)/gen/%.bpf.o:
	$(call msg,BPFLINK,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen object $@ $^

$(BUILD)/gen/%.skel.h: $(BUILD)/gen/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_OBJS)
	$(call msg,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(LIB_OBJS) \
		-lcmocka $(LIBS_LIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LEDGER_DEPS) Makefile
	$(call msg,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 $(WARNINGS) $(FUZZ_FLAGS) -D_GNU_SOURCE -Ibpf -Iuser -o $@ $< \
		$(LEDGER_SRCS)

# What a fuzzer finds stays in build/fuzz, as do the inputs that it goes on from the next time.
fuzz: $(FUZZ_BINS)
	$(Q)set -e; for fuzzer in $^; do \
		mkdir -p $$fuzzer.corpus; \
		nice $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=1600 -timeout=10 \
			-print_final_stats=1 -artifact_prefix=$$fuzzer- $$fuzzer.corpus; \
	done

$(BUILD)/bench/ledger: tests/bench/ledger.c $(LEDGER_DEPS) Makefile
	$(call msg,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LEDGER_SRCS)

# What tracing costs: shmtrace, and the empty programs that are its floor, on the same calls.
$(BUILD)/bench/floor.bpf.o: tests/bench/floor.bpf.c $(BUILD)/vmlinux-$(ARCH).ok Makefile
	$(call msg,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/bench/floor: tests/bench/floor.c $(LIB_OBJS)
	$(call msg,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB_OBJS) \
		$(LIBS_LIBS)

$(BUILD)/bench/calls $(BUILD)/bench/crowd: $(BUILD)/bench/%: tests/bench/%.c
	$(call msg,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARNINGS) -O2 -static -MMD -MP -MF $@.d -o $@ $<

BENCH_PROGRAMS := $(BUILD)/bench/floor.bpf.o $(BUILD)/bench/floor $(BUILD)/bench/calls
bench-programs: $(BENCH_PROGRAMS)

# BENCH: its options, see tests/bench/run --help.
ifdef KERNEL
bench:
	$(Q)scripts/vm.sh build $(firstword $(subst -, ,$(KERNEL)))
	$(Q)VM_ICOUNT=1 scripts/vm.sh run $(KERNEL) tests/bench/guest.sh $(BUILD)/bench/$(KERNEL)
else
bench: $(BUILD)/shmtrace $(BENCH_PROGRAMS)
	$(Q)scripts/deps.sh bench
	$(Q)tests/bench/run $(BENCH)
endif

bench-ledger: $(BUILD)/bench/ledger
	$(Q)$<

$(BUILD)/bench/screen: tests/bench/screen.c $(LIB_OBJS)
	$(call msg,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB_OBJS) $(LIBS_LIBS)

bench-screen: $(BUILD)/bench/screen
	$(Q)$<

bench-look: $(BUILD)/shmtrace $(BUILD)/bench/crowd
	$(Q)BUILD=$(BUILD) tests/bench/look $(LOOK)

# Workloads make real calls and nothing else; they are static so that any machine runs them. Those
# named *_32.c are built as 32-bit programs; the kernel's headers then stand where only gcc-multilib,
# which excludes the cross compilers, would make them found.
CFLAGS_32 = -m32 -idirafter /usr/include/$(shell $(CC) -print-multiarch)

$(BUILD)/tests/work/%: tests/work/%.c
	$(call msg,WORK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(if $(findstring _32,$*),$(CFLAGS_32)) -D_GNU_SOURCE -std=gnu11 $(WARNINGS) -O2 -static \
		-pthread -MMD -MP -MF $@.d -o $@ $<

$(BUILD)/tests/work/storm/%.o: tests/work/storm/%.c
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARNINGS) -O2 -g -MMD -MP -c -o $@ $<

$(BUILD)/tests/work/storm/storm: $(STORM_OBJS)
	$(call msg,WORK,$@)
	$(Q)$(CC) -O2 -static -o $@ $^

$(BUILD)/man/%: man/%.scd
	$(call msg,MAN,$@)
	@mkdir -p $(@D)
	$(Q)$(SCDOC) < $< > $@

storm: all work
	$(Q)scripts/storm.sh

check: unit
	$(Q)set -e; for t in $(UNIT_BINS); do $$t; done

FORMAT_SRCS := $(wildcard bpf/*.[ch] user/*.[ch] user/*/*.[ch] tests/*/*.[ch] tests/work/storm/*.[ch])
format:
	$(Q)clang-format -i $(FORMAT_SRCS)
check-format:
	$(Q)clang-format --dry-run --Werror $(FORMAT_SRCS)

install: all
	$(INSTALL) -D -m 755 $(BUILD)/shmtrace $(DESTDIR)$(bindir)/shmtrace
	$(INSTALL) -D -m 644 man/shmtrace.bash $(DESTDIR)$(bashcompletiondir)/shmtrace
	$(INSTALL) -D -m 644 user/view/schema.json $(DESTDIR)$(datadir)/shmtrace/schema.json
	for page in $(notdir $(MAN_PAGES)); do \
		$(INSTALL) -D -m 644 $(BUILD)/man/$$page \
			$(DESTDIR)$(mandir)/man$${page##*.}/$$page || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(bindir)/shmtrace $(DESTDIR)$(bashcompletiondir)/shmtrace
	rm -rf $(DESTDIR)$(datadir)/shmtrace
	for page in $(notdir $(MAN_PAGES)); do \
		rm -f $(DESTDIR)$(mandir)/man$${page##*.}/$$page; \
	done

clean:
	rm -rf $(BUILD)

-include $(USER_OBJS:.o=.d) $(sort $(BPF_OBJS:.o=.d) $(CAST_OBJS:.o=.d)) $(UNIT_BINS:=.d) $(WORK_BINS:=.d) $(STORM_OBJS:.o=.d) \
	$(wildcard $(BUILD)/bench/*.d)
