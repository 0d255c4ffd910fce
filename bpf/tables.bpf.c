// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's tables of objects, a page of 64 places at a time, for whoever runs this by
 * BPF_PROG_TEST_RUN (since 5.10). By the *_STAT_ANY commands each object takes a system call, and a
 * set one more for each semaphore: four times as long, and a thread of ours has to enter each
 * namespace. What is read here those commands tell too, to anybody (ipc/{shm,sem,msg}.c).
 *
 * Nothing is locked. Objects and the nodes of the trees are freed by RCU, under whose lock this
 * runs; what else may go meanwhile is read again, and believed if it has not changed.
 */
#include "ledger.bpf.h"

#define NODE_SLOTS	TABLE_PAGE_SLOTS /* XA_CHUNK_SIZE, include/linux/xarray.h */
#define NODE_LEVELS	4		 /* of indices below 1 << 24: ipcmni_extend */
#define ENTRY_TAGS	3UL
#define ENTRY_INTERNAL	2UL
#define ENTRY_NODES	4096UL /* what is internal and below is no node: xa_is_node */
#define OPERATORS_ONCE	TABLE_OPERATORS_IN
#define OPERATORS_TURNS (TABLE_OPERATORS_MAX / OPERATORS_ONCE)

_Static_assert(TABLE_PAGE_SLOTS *OPERATORS_ONCE <= TABLE_USES_MAX, "the uses of a page");
_Static_assert(TABLE_OPERATORS_MAX <= TABLE_USES_MAX, "the uses of a set");

struct table_page table = {};

/* Of the one that is being read: functions that are verified by themselves take no pointers (5.10).
 */
static void *slots[NODE_SLOTS];
static __u64 semaphores;
static __u32 semaphores_count;
static __s32 set_id;

/* As the kernel has it, with room for what debugging options put into it. */
static union {
	char bytes[1024];
	__u64 aligned;
} copy;

static __always_inline _Bool copy_object(__u64 address, __u32 size)
{
	if (size > sizeof(copy.bytes))
		size = sizeof(copy.bytes);
	return !bpf_probe_read_kernel(copy.bytes, size, (void *)address);
}

/* Up to the last member that is looked at: what is behind it may be on a line more. */
#define COPY_UP_TO(type, address, member) \
	copy_object(address,              \
		    bpf_core_field_offset(type, member) + bpf_core_field_size(type, member))

static __always_inline _Bool is_deleted(__u64 address)
{
	return BPF_CORE_READ((struct kern_ipc_perm *)address, deleted);
}

/* Where it is used: 5.10 forgets the bounds of what it has put aside meanwhile. size: a power of
 * two. */
static __always_inline __u64 bounded(__u64 index, __u64 size)
{
	asm volatile("%0 &= %1" : "+r"(index) : "i"(size - 1));
	return index;
}

/* Where the pointer to a struct pid stands that goes when the next one operates. */
__noinline int add_operator(__s32 id, __u64 place)
{
	struct pid *before = NULL, *after = NULL;
	struct use_record *use;
	__u32 n_uses, pid;

	bpf_probe_read_kernel(&before, sizeof(before), (void *)place);
	if (!before)
		return 0;
	pid = visible_nr(before);
	bpf_probe_read_kernel(&after, sizeof(after), (void *)place);
	if (before != after)
		pid = visible_nr(after);
	n_uses = table.n_uses;
	if (!pid || n_uses >= TABLE_USES_MAX)
		return 0;
	/* Semaphores of one set mostly have the same one: it is noted once in a row. */
	use = &table.uses[bounded(n_uses - 1, TABLE_USES_MAX)];
	if (n_uses && use->id == id && use->pid == pid)
		return 0;
	use = &table.uses[bounded(n_uses, TABLE_USES_MAX)];
	use->id = id;
	use->pid = pid;
	table.n_uses = n_uses + 1;
	return 0;
}

__noinline int add_operators(__u32 from)
{
	for (__u32 i = 0; i < OPERATORS_ONCE; i++) {
		if (from + i >= semaphores_count)
			break;
		add_operator(set_id, semaphores +
					     (__u64)(from + i) * bpf_core_type_size(struct sem) +
					     bpf_core_field_offset(struct sem, sempid));
	}
	return 0;
}

static __always_inline void set_owner(struct object_record *record, struct kern_ipc_perm *perm)
{
	record->id = perm->id;
	record->key = perm->key;
	record->mode = perm->mode;
	record->uid = perm->uid.val;
	record->gid = perm->gid.val;
}

/* One that goes while it is read is left out. */
static __always_inline void add_record(const struct object_record *record, __u64 address)
{
	__u32 next = table.n_objects;

	if (next >= TABLE_PAGE_SLOTS || is_deleted(address))
		return;
	table.objects[bounded(next, TABLE_PAGE_SLOTS)] = *record;
	table.n_objects = next + 1;
}

__noinline int add_segment(__u64 address, __u32 index)
{
	struct shmid_kernel *segment = (void *)copy.bytes;
	struct object_record record = {.index = index};

	if (!COPY_UP_TO(struct shmid_kernel, address, shm_cprid))
		return 0;
	set_owner(&record, &segment->shm_perm);
	record.size = segment->shm_segsz;
	record.nattch = segment->shm_nattch;
	record.changed = segment->shm_ctim;
	record.creator = segment->shm_cprid ? visible_nr(segment->shm_cprid) : 0;
	add_record(&record, address);
	return 0;
}

static __always_inline void find_semaphores(__u64 address, struct sem_array *set)
{
	semaphores = address + bpf_core_field_offset(struct sem_array, sems);
	semaphores_count = set->sem_nsems;
	set_id = set->sem_perm.id;
}

__noinline int add_set(__u64 address, __u32 index)
{
	struct sem_array *set = (void *)copy.bytes;
	struct object_record record = {.index = index};

	if (!COPY_UP_TO(struct sem_array, address, sem_nsems))
		return 0;
	set_owner(&record, &set->sem_perm);
	record.size = set->sem_nsems;
	record.changed = set->sem_ctime;
	find_semaphores(address, set);
	add_operators(0);
	add_record(&record, address);
	return 0;
}

__noinline int add_queue(__u64 address, __u32 index)
{
	struct msg_queue *queue = (void *)copy.bytes;
	struct object_record record = {.index = index};

	if (!COPY_UP_TO(struct msg_queue, address, q_lrpid))
		return 0;
	set_owner(&record, &queue->q_perm);
	record.changed = queue->q_ctime;
	if (queue->q_lspid)
		add_operator(record.id, address + bpf_core_field_offset(struct msg_queue, q_lspid));
	if (queue->q_lrpid)
		add_operator(record.id, address + bpf_core_field_offset(struct msg_queue, q_lrpid));
	add_record(&record, address);
	return 0;
}

/* Those of one node, or the only object there is (lib/radix-tree.c, idr_get_free). */
static __always_inline int find_slots(struct ipc_ids *ids, __u32 index)
{
	void *entry = BPF_CORE_READ(ids, ipcs_idr.idr_rt.xa_head);

	__builtin_memset(slots, 0, sizeof(slots));
	for (int i = 0; i < NODE_LEVELS; i++) {
		struct xa_node *node = (void *)((__u64)entry - ENTRY_INTERNAL);
		__u32 shift;

		if (((__u64)entry & ENTRY_TAGS) != ENTRY_INTERNAL) {
			if (!i && index < NODE_SLOTS)
				slots[0] = entry;
			return TABLE_READ;
		}
		/* The tree is being made smaller: RADIX_TREE_RETRY. */
		if ((__u64)entry <= ENTRY_NODES)
			return TABLE_CHANGES;
		shift = BPF_CORE_READ(node, shift) & 63;
		if (!i && (__u64)index >> shift >= NODE_SLOTS)
			return TABLE_READ;
		if (!shift) {
			bpf_core_read(slots, sizeof(slots), &node->slots);
			return TABLE_READ;
		}
		bpf_core_read(&entry, sizeof(entry),
			      &node->slots[index >> shift & (NODE_SLOTS - 1)]);
	}
	return TABLE_CHANGES;
}

__noinline int add_object(__u32 kind, __u64 entry, __u32 index)
{
	if (entry & ENTRY_TAGS)
		table.result = TABLE_CHANGES;
	else if (kind == OBJECT_SHM)
		add_segment(entry, index);
	else if (kind == OBJECT_SEM)
		add_set(entry, index);
	else
		add_queue(entry, index);
	return 0;
}

/* All last operators from that semaphore on, as many as there is room for. */
static __always_inline void read_operators(__u64 address, __u32 from)
{
	struct sem_array *set = (void *)copy.bytes;

	if (!address || address & ENTRY_TAGS || !COPY_UP_TO(struct sem_array, address, sem_nsems))
		return;
	find_semaphores(address, set);
	for (__u32 i = 0; i < OPERATORS_TURNS; i++)
		add_operators(from + i * OPERATORS_ONCE);
}

/* The arguments: a namespace (its address), enum object_kind, index, semaphore; see struct
 * table_page. */
SEC("raw_tp")
int read_table(unsigned long long *ctx)
{
	struct ipc_namespace *ns = (void *)ctx[0];
	const __u32 kind = ctx[1], index = ctx[2], semaphore = ctx[3];
	struct ipc_ids *ids;

	table.n_objects = table.n_uses = 0;
	if (!bpf_core_field_exists(struct ipc_ids, max_idx) ||
	    bpf_core_field_size(struct xa_node, slots) != sizeof(slots)) {
		table.result = TABLE_UNKNOWN;
		return 0;
	}
	ids = (void *)((__u64)ns + bpf_core_field_offset(struct ipc_namespace, ids) +
		       (kind == OBJECT_SHM   ? IPC_SHM_IDS
			: kind == OBJECT_SEM ? IPC_SEM_IDS
					     : IPC_MSG_IDS) *
			       bpf_core_type_size(struct ipc_ids));
	table.last = BPF_CORE_READ(ids, in_use) ? BPF_CORE_READ(ids, max_idx) : -1;
	if (!index)
		limits_of(ns, &table.limits);
	table.result = find_slots(ids, index);
	if (semaphore)
		read_operators((__u64)slots[index & (NODE_SLOTS - 1)], semaphore);
	for (int i = 0; !semaphore && i < NODE_SLOTS; i++)
		if (slots[i])
			add_object(kind, (__u64)slots[i], index + i);
	table.ipcns = BPF_CORE_READ(ns, ns.inum);
	return 0;
}
