/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the storm share: the table of processes, the pools of objects, the operations
 * and the transitions that they make.
 *
 * Everything that must outlive one process stands in one shared mapping of a memfd, which exec
 * passes on; the storm synchronizes by futex there, never by what it tests. A worker decides from
 * its own seed and the number of its step alone; only what it then meets depends on the others.
 */
#ifndef SHMTRACE_STORM_H
#define SHMTRACE_STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../work.h"

enum {
	STORM_SLOTS_MAX = 8192, /* processes at a time */
	STORM_TAGS = 4096,	/* IPC namespaces of one run: a tag fits below the page size */
	STORM_POOL = 12,	/* objects of a kind that one namespace offers */
	STORM_PIECES = 24,	/* mappings that one worker knows of */
	STORM_NS_MAX = 16,	/* namespaces that live at a time, about */
	STORM_PAGES = 8,	/* of the largest segment */
	STORM_PAGE = 4096,
	STORM_THREADS_MAX = 3, /* sleeping, in one process */
};

/* As the kernel says them in mode (include/linux/shm.h). */
enum { MODE_DOOMED = 01000, MODE_LOCKED = 02000 };

enum storm_kind { KIND_SHM, KIND_SEM, KIND_MSG, KIND_COUNT };

/* Operations: X(name, weight, what only function hooks can see, what leaves the first namespace).
 */
#define OPERATION_LIST(X)    \
	X(get, 14, 0, 0)     \
	X(attach, 16, 0, 0)  \
	X(many, 2, 0, 0)     \
	X(detach, 10, 0, 0)  \
	X(remap, 3, 1, 0)    \
	X(fork, 6, 0, 0)     \
	X(exit, 2, 0, 0)     \
	X(kill, 1, 0, 0)     \
	X(exec, 3, 0, 0)     \
	X(thread, 3, 0, 0)   \
	X(leader, 1, 0, 0)   \
	X(clonevm, 3, 0, 0)  \
	X(vfork, 3, 0, 0)    \
	X(munmap, 6, 1, 0)   \
	X(mprotect, 4, 1, 0) \
	X(mremap, 9, 1, 0)   \
	X(mapfixed, 3, 1, 0) \
	X(dontfork, 2, 1, 0) \
	X(rmid, 8, 0, 0)     \
	X(set, 4, 0, 0)      \
	X(lock, 3, 0, 0)     \
	X(sem, 7, 0, 0)      \
	X(msg, 7, 0, 0)      \
	X(reuse, 4, 0, 0)    \
	X(unshare, 2, 0, 1)  \
	X(setns, 3, 0, 1)    \
	X(nsdeath, 2, 1, 1)  \
	X(forced, 3, 1, 0)   \
	X(compat, 5, 1, 0)

enum operation {
#define OPERATION_ENUM(name, weight, hooks, ns) OP_##name,
	OPERATION_LIST(OPERATION_ENUM)
#undef OPERATION_ENUM
		OP_COUNT,
};

/* Transitions, each counted when the kernel has really made it: X(ID, name, operation). */
#define TRANSITION_LIST(X)                                                   \
	X(SHM_KEYED, "shmget keyed, exclusive", get)                         \
	X(SHM_PRIVATE, "shmget private", get)                                \
	X(SHM_EITHER, "shmget create or look up", get)                       \
	X(SHM_LOOKUP, "shmget look up", get)                                 \
	X(SHM_EEXIST, "shmget EEXIST", get)                                  \
	X(SHM_ENOENT, "shmget ENOENT", get)                                  \
	X(SHM_EINVAL, "shmget EINVAL, larger", get)                          \
	X(ATTACH, "attach", attach)                                          \
	X(ATTACH_AT, "attach at an address", attach)                         \
	X(ATTACH_RDONLY, "attach SHM_RDONLY", attach)                        \
	X(ATTACH_DOOMED, "attach a doomed segment", attach)                  \
	X(ATTACH_GONE, "attach EINVAL, no such id", attach)                  \
	X(ATTACH_MANY, "attach many times", many)                            \
	X(DETACH, "detach", detach)                                          \
	X(DETACH_EINVAL, "detach EINVAL", detach)                            \
	X(REMAP, "attach SHM_REMAP over another", remap)                     \
	X(FORK, "fork", fork)                                                \
	X(FORK_INHERIT, "fork, attachments inherited", fork)                 \
	X(FORK_THREAD, "fork by a thread", fork)                             \
	X(EXIT, "exit", exit)                                                \
	X(EXIT_ATTACHED, "exit with attachments", exit)                      \
	X(KILL_SELF, "kill -9 of itself", kill)                              \
	X(KILL_OTHER, "kill -9 of another", kill)                            \
	X(EXEC, "exec", exec)                                                \
	X(EXEC_ATTACHED, "exec with attachments", exec)                      \
	X(EXEC_THREAD, "exec by a thread", exec)                             \
	X(EXEC_THREADS, "exec that ends threads", exec)                      \
	X(THREAD_EXIT, "thread attaches and exits", thread)                  \
	X(THREAD_STAYS, "thread sleeps until the end", thread)               \
	X(LEADER_EXIT, "main thread exits first", leader)                    \
	X(CLONE_VM, "clone CLONE_VM", clonevm)                               \
	X(CLONE_VM_HOLDS, "CLONE_VM child exits, attachment stays", clonevm) \
	X(VFORK_ATTACH, "vfork child attaches, exits", vfork)                \
	X(VFORK_EXEC, "vfork child execs", vfork)                            \
	X(MUNMAP_WHOLE, "munmap, whole", munmap)                             \
	X(MUNMAP_MIDDLE, "munmap, middle", munmap)                           \
	X(MUNMAP_HEAD, "munmap, head", munmap)                               \
	X(MPROTECT_MIDDLE, "mprotect, middle", mprotect)                     \
	X(MREMAP_MOVE, "mremap, move", mremap)                               \
	X(MREMAP_COPY, "mremap, duplicate", mremap)                          \
	X(MREMAP_KEEP, "mremap, DONTUNMAP", mremap)                          \
	X(MREMAP_GROW, "mremap, grow in place", mremap)                      \
	X(MREMAP_SHRINK, "mremap, shrink", mremap)                           \
	X(MAP_OVER, "mmap MAP_FIXED over a part", mapfixed)                  \
	X(DONTFORK, "madvise DONTFORK", dontfork)                            \
	X(DONTFORK_FORK, "fork without a DONTFORK mapping", dontfork)        \
	X(RMID_ATTACHED, "IPC_RMID while attached", rmid)                    \
	X(RMID_IDLE, "IPC_RMID unattached", rmid)                            \
	X(RMID_TWICE, "IPC_RMID of a doomed one", rmid)                      \
	X(RMID_GONE, "IPC_RMID EINVAL, no such id", rmid)                    \
	X(SET_OWNER, "IPC_SET owner", set)                                   \
	X(SET_MODE, "IPC_SET mode", set)                                     \
	X(LOCK, "SHM_LOCK", lock)                                            \
	X(UNLOCK, "SHM_UNLOCK", lock)                                        \
	X(SEM_KEYED, "semget keyed", sem)                                    \
	X(SEM_PRIVATE, "semget private", sem)                                \
	X(SEM_LOOKUP, "semget look up", sem)                                 \
	X(SEM_FAIL, "semget fails", sem)                                     \
	X(SEM_UP, "semop", sem)                                              \
	X(SEM_UNDONE, "semop SEM_UNDO", sem)                                 \
	X(SEM_CHANGE, "semctl IPC_SET", sem)                                 \
	X(SEM_REMOVE, "semctl IPC_RMID", sem)                                \
	X(MSG_KEYED, "msgget keyed", msg)                                    \
	X(MSG_PRIVATE, "msgget private", msg)                                \
	X(MSG_LOOKUP, "msgget look up", msg)                                 \
	X(MSG_FAIL, "msgget fails", msg)                                     \
	X(MSG_SEND, "msgsnd", msg)                                           \
	X(MSG_RECEIVE, "msgrcv", msg)                                        \
	X(MSG_CHANGE, "msgctl IPC_SET", msg)                                 \
	X(MSG_REMOVE, "msgctl IPC_RMID", msg)                                \
	X(REUSE_SHM, "exact shmid again", reuse)                             \
	X(REUSE_SEM, "exact semid again", reuse)                             \
	X(REUSE_MSG, "exact msqid again", reuse)                             \
	X(UNSHARE, "unshare CLONE_NEWIPC", unshare)                          \
	X(UNSHARE_ATTACHED, "unshare with attachments", unshare)             \
	X(UNSHARE_THREAD, "unshare, another thread stays", unshare)          \
	X(SETNS, "setns", setns)                                             \
	X(SETNS_ATTACHED, "setns with attachments", setns)                   \
	X(DETACH_FOREIGN, "detach in another namespace", setns)              \
	X(NS_LEFT, "namespace left with objects", nsdeath)                   \
	X(FORCED_ON, "shm_rmid_forced on", forced)                           \
	X(FORCED_OFF, "shm_rmid_forced off", forced)                         \
	X(FORCED_GONE, "destroyed by shm_rmid_forced", forced)               \
	X(COMPAT_SHM, "32-bit shmget", compat)                               \
	X(COMPAT_ATTACH, "32-bit shmat", compat)                             \
	X(COMPAT_DETACH, "32-bit shmdt", compat)                             \
	X(COMPAT_RMID, "32-bit shmctl IPC_RMID", compat)                     \
	X(COMPAT_SEM, "32-bit semget, semctl", compat)                       \
	X(COMPAT_MSG, "32-bit msgget, msgctl", compat)

enum transition {
#define TRANSITION_ENUM(ID, name, op) T_##ID,
	TRANSITION_LIST(TRANSITION_ENUM)
#undef TRANSITION_ENUM
		T_COUNT,
};

/* One process of the storm. Free: claim and pid are 0. Only the driver frees. */
struct slot {
	_Atomic uint32_t claimed; /* pid of who claims or claimed it for a child */
	_Atomic int32_t pid;	  /* the kernel writes it, before the child runs */
	_Atomic uint32_t quiet;	  /* generation whose work it has done */
	_Atomic uint32_t leaving; /* expected to end: by itself or killed */
	_Atomic uint32_t left;	  /* steps until it is quiet */
	_Atomic uint32_t op;	  /* that it is at, or was last */
	uint32_t step;
	uint32_t children;
	uint32_t vm;  /* address space: equal numbers share one */
	uint32_t tag; /* of its IPC namespace */
	uint64_t seed;
};

/* id + 1 above the creator's pid; 0: free. */
typedef _Atomic uint64_t pool_place;

struct storm {
	uint32_t slots; /* in use of the table */
	int32_t driver;
	int32_t driver_pidfd; /* the same number in all processes */
	int32_t memfd;
	uint64_t host_inum;	     /* IPC namespace in which the driver was started */
	_Atomic uint32_t generation; /* futex: a burst begins */
	_Atomic uint32_t over;
	_Atomic uint32_t claims, live, vms, tags, namespaces;
	_Atomic uint64_t steps;
	_Atomic uint64_t inum[STORM_TAGS]; /* of the namespace with that tag */
	uint32_t weight[OP_COUNT];	   /* 0: left out */
	_Atomic uint64_t done[T_COUNT];
	_Atomic bool absent[T_COUNT]; /* this kernel cannot */
	pool_place pool[STORM_TAGS][KIND_COUNT][STORM_POOL];
	struct slot slot[STORM_SLOTS_MAX];
};

/* A mapping, or what is left of one, that its owner may change. */
struct piece {
	char *address;
	size_t length;
	int32_t id;
	uint32_t tag;  /* namespace of the segment */
	bool whole;    /* as shmat made it: shmdt works */
	bool roomy;    /* alone in its megabyte: may grow and be replaced */
	bool dontfork; /* a child does not get it */
};

/*
 * One flow of control. It stands on its own stack, for threads and CLONE_VM children share
 * everything else; its pieces are touched by nobody else.
 */
struct runner {
	struct storm *storm;
	struct slot *slot;
	uint64_t random;
	uint32_t threads; /* asleep in this process */
	bool shares;	  /* the address space of another process */
	uint32_t count;	  /* pieces */
	struct piece pieces[STORM_PIECES];
};

/* -errno, which is only a guess where an address space is shared: errno is shared with it. */
static inline long result(long ret)
{
	return ret == -1 ? -errno : ret;
}

static inline void done(struct runner *r, enum transition t)
{
	atomic_fetch_add(&r->storm->done[t], 1);
}

/* random.c */
uint64_t random__mix(uint64_t x);
uint32_t random__pick(struct runner *r, uint32_t n); /* 0 to n - 1 */

/* worker.c */
struct slot *worker__claim(struct runner *r, uint32_t vm); /* vm 0: a new one */
void worker__unclaim(struct runner *r, struct slot *slot);
void worker__child(struct runner *r, struct slot *slot); /* this flow is that child now */
long worker__fork(struct runner *r);			 /* 0 in the child; the pid or -errno */
void worker__run(struct runner *r) __attribute__((noreturn));
void worker__leave(struct runner *r) __attribute__((noreturn));
int worker__main(char **argv); /* after exec */
void worker__step(struct runner *r, enum operation op);

/* pool.c: what a namespace offers. */
void pool__publish(struct runner *r, enum storm_kind kind, int32_t id);
int32_t pool__look(struct runner *r, enum storm_kind kind, pool_place **place); /* -1: none */
int32_t pool__take(struct runner *r, enum storm_kind kind);
int32_t pool__creator(struct storm *storm, uint32_t tag, enum storm_kind kind, int32_t id);
long pool__create_segment(struct runner *r, long key, long flags);
long pool__some_segment(struct runner *r); /* creates one where there is none */

/* pieces.c */
struct piece *pieces__add(struct runner *r, void *address, size_t length, int32_t id);
struct piece *pieces__some(struct runner *r); /* attaches where there is none; NULL: failed */
long pieces__attach(struct runner *r, int32_t id, void *address, long flags);
void pieces__drop(struct runner *r, struct piece *piece);
void pieces__cut(struct runner *r, struct piece *piece, char *from, size_t length);
void *pieces__place(struct runner *r); /* a megabyte that is probably free */
int pieces__detach(struct runner *r, struct piece *piece);

/* namespace.c: the tag stands in kernel.msgmnb of each, so that the kernel itself can tell. */
uint32_t namespace__read_tag(void); /* of the caller; 0: none of ours */
int namespace__write(struct storm *storm, const char *name, int32_t value);
int namespace__found(struct storm *storm); /* unshares; the tag or -errno */
uint64_t namespace__inum(void);

/* The operations; each is in the file of its subject. */
#define OPERATION_DECLARE(name, weight, hooks, ns) void op__##name(struct runner *r);
OPERATION_LIST(OPERATION_DECLARE)
#undef OPERATION_DECLARE
void op__sleeper(struct runner *r); /* part of thread: one that sleeps until the process ends */

/* compat.c */
bool compat__available(void);

/* truth.c: what the kernel says, as sorted lines. Only the driver calls it, in a quiet moment. */
struct truth {
	char **lines;
	size_t count, room;
	uint32_t live_namespaces;
	size_t wrong; /* segments whose nattch is not the sum of their mappings */
};

int truth__read(struct storm *storm, struct truth *truth);
void truth__free(struct truth *truth);
int truth__write(const struct truth *truth, const char *directory, unsigned int number);
bool truth__equal(const struct truth *a, const struct truth *b);

#endif
