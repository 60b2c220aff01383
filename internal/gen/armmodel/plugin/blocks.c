// A plugin for QEMU's user mode that counts how often each block of instructions runs. QEMU calls it as described in
// its documentation (docs/devel/tcg-plugins.rst), version 1 of the interface, of which the few declarations below are all
// that is used. At the end it writes a line for each block to the file of argument out: address, instructions, runs.
//
//	gcc -shared -fPIC -O2 -o blocks.so blocks.c
//	qemu-aarch64 -plugin ./blocks.so,out=FILE PROGRAM
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { ADD_U64 = 0 }; // enum qemu_plugin_op
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*)(uint64_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *counter, uint64_t add);
extern void qemu_plugin_register_atexit_cb(uint64_t id, void (*)(uint64_t, void *), void *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

// block is one of a hash table's. A block may be translated again, and is counted further then.
struct block {
	uint64_t address, instructions, runs;
	struct block *next;
};

static struct block *table[1 << 14];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *out;

static struct block *find(uint64_t address, uint64_t instructions)
{
	struct block **head = &table[(address >> 2) % (1 << 14)], *b;
	pthread_mutex_lock(&lock);
	for (b = *head; b && (b->address != address || b->instructions != instructions); b = b->next)
		;
	if (!b && (b = calloc(1, sizeof *b))) {
		b->address = address;
		b->instructions = instructions;
		b->next = *head;
		*head = b;
	}
	pthread_mutex_unlock(&lock);
	return b;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = find(qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb));
	if (b)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &b->runs, 1);
}

static void finished(uint64_t id, void *data)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (struct block *b = table[i]; b; b = b->next)
			fprintf(out, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", b->address, b->instructions, b->runs);
	fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "blocks: argument out=FILE is missing, or the file cannot be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
