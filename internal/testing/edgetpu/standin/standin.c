/* A stand-in for libedgetpu.so.1, for machines without an Edge TPU: the functions of its public interface edgetpu_c.h, and
 * a delegate that does as the real one does. It claims the operators named edgetpu-custom-op and leaves all others to
 * TensorFlow Lite. Their data is a model that Compile of this folder's Go package put there; the delegate runs it by
 * TensorFlow Lite's own kernels, so the answers are known to the last bit.
 *
 * It misbehaves when the file that $INCEPTIOND_STANDIN names says so, in three words, the last of which may be missing:
 *
 *     WHERE  list, create, create:PATH (for one device) or invoke
 *     HOW    hang (sleeps for ever), abort, crash (writes to address 0), fail (returns nothing, or an error)
 *     once   the file is emptied before it happens
 *
 * The file is read at each call, so it may be changed while a worker runs. $INCEPTIOND_STANDIN_DEVICES lists the devices,
 * as "usb=PATH,pci=PATH"; without it there is one on USB. To the file that $INCEPTIOND_STANDIN_TRACE names a line is added
 * when a delegate is created and when it is freed. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tensorflow/lite/c/c_api.h>
#include <tensorflow/lite/c/common.h>

/* edgetpu_c.h */
enum edgetpu_device_type { EDGETPU_APEX_PCI = 0, EDGETPU_APEX_USB = 1 };
struct edgetpu_device {
	enum edgetpu_device_type type;
	const char *path;
};
struct edgetpu_option {
	const char *name;
	const char *value;
};

static const char version[] = "BuildLabel(stand-in), RuntimeVersion(14)";
static const char operator_name[] = "edgetpu-custom-op";
static const char magic[] = "inceptiond stand-in";

/* misbehave does what the file says about this place, and tells whether the call must fail. */
static bool misbehave(const char *place) {
	const char *path = getenv("INCEPTIOND_STANDIN");
	FILE *f = path ? fopen(path, "r") : NULL;
	if (f == NULL) return false;
	char where[128] = "", how[16] = "", once[16] = "";
	int words = fscanf(f, "%127s %15s %15s", where, how, once);
	fclose(f);
	if (words < 2 || strcmp(where, place) != 0) return false;
	if (words == 3 && strcmp(once, "once") == 0 && truncate(path, 0) != 0) perror("stand-in");
	fprintf(stderr, "stand-in: %s in %s\n", how, place);
	if (strcmp(how, "hang") == 0)
		for (;;) pause();
	if (strcmp(how, "abort") == 0) abort();
	if (strcmp(how, "crash") == 0) raise(SIGSEGV);
	return true;
}

static void trace(const char *what) {
	const char *path = getenv("INCEPTIOND_STANDIN_TRACE");
	FILE *f = path ? fopen(path, "a") : NULL;
	if (f == NULL) return;
	fprintf(f, "%s\n", what);
	fclose(f);
}

struct edgetpu_device *edgetpu_list_devices(size_t *n) {
	*n = 0;
	if (misbehave("list")) return NULL;
	const char *list = getenv("INCEPTIOND_STANDIN_DEVICES");
	if (list == NULL) list = "usb=/sys/bus/usb/devices/2-1";
	/* One block of memory, as it is freed by one call: the devices, then the text of their paths. */
	enum { most = 16 };
	size_t size = most * sizeof(struct edgetpu_device);
	struct edgetpu_device *devices = malloc(size + strlen(list) + 1);
	if (devices == NULL) return NULL;
	char *text = strcpy((char *)devices + size, list), *rest = NULL;
	for (char *d = strtok_r(text, ",", &rest); d && *n < most; d = strtok_r(NULL, ",", &rest)) {
		char *path = strchr(d, '=');
		if (path == NULL) continue;
		devices[*n].type = strncmp(d, "pci=", 4) == 0 ? EDGETPU_APEX_PCI : EDGETPU_APEX_USB;
		devices[(*n)++].path = path + 1;
	}
	if (*n == 0) {
		free(devices);
		return NULL;
	}
	return devices;
}

void edgetpu_free_devices(struct edgetpu_device *devices) { free(devices); }

/* inner is the network inside one claimed operator. */
struct inner {
	char *bytes; /* the model keeps them */
	TfLiteModel *model;
	TfLiteInterpreter *interpreter;
};

static void inner_free(TfLiteContext *context, void *data) {
	struct inner *in = data;
	if (in == NULL) return;
	if (in->interpreter) TfLiteInterpreterDelete(in->interpreter);
	if (in->model) TfLiteModelDelete(in->model);
	free(in->bytes);
	free(in);
}

static bool inner_load(struct inner *in, const char *data, size_t size) {
	if (data == NULL || size <= sizeof magic || memcmp(data, magic, sizeof magic) != 0) {
		fprintf(stderr, "stand-in: the operator's data is for a real Edge TPU\n");
		return false;
	}
	size -= sizeof magic;
	in->bytes = malloc(size);
	if (in->bytes == NULL) return false;
	memcpy(in->bytes, data + sizeof magic, size);
	in->model = TfLiteModelCreate(in->bytes, size);
	TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
	if (in->model && options) {
		TfLiteInterpreterOptionsSetNumThreads(options, 1);
		in->interpreter = TfLiteInterpreterCreate(in->model, options);
	}
	if (options) TfLiteInterpreterOptionsDelete(options);
	return in->interpreter && TfLiteInterpreterAllocateTensors(in->interpreter) == kTfLiteOk;
}

/* inner_init makes the network of a claimed operator; buffer is a TfLiteDelegateParams. */
static void *inner_init(TfLiteContext *context, const char *buffer, size_t length) {
	const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)buffer;
	TfLiteNode *node = NULL;
	TfLiteRegistration *registration = NULL;
	struct inner *in = calloc(1, sizeof *in);
	if (in && params->nodes_to_replace->size == 1 &&
	    context->GetNodeAndRegistration(context, params->nodes_to_replace->data[0], &node, &registration) == kTfLiteOk &&
	    inner_load(in, node->custom_initial_data, node->custom_initial_data_size))
		return in;
	inner_free(context, in);
	return NULL;
}

static TfLiteStatus inner_prepare(TfLiteContext *context, TfLiteNode *node) {
	return node->user_data ? kTfLiteOk : kTfLiteError;
}

static TfLiteStatus inner_invoke(TfLiteContext *context, TfLiteNode *node) {
	struct inner *in = node->user_data;
	if (in == NULL || misbehave("invoke")) return kTfLiteError;
	for (int i = 0; i < node->inputs->size; i++) {
		const TfLiteTensor *from = &context->tensors[node->inputs->data[i]];
		TfLiteTensor *to = TfLiteInterpreterGetInputTensor(in->interpreter, i);
		if (to == NULL || TfLiteTensorCopyFromBuffer(to, from->data.raw, from->bytes) != kTfLiteOk) return kTfLiteError;
	}
	if (TfLiteInterpreterInvoke(in->interpreter) != kTfLiteOk) return kTfLiteError;
	for (int i = 0; i < node->outputs->size; i++) {
		TfLiteTensor *to = &context->tensors[node->outputs->data[i]];
		const TfLiteTensor *from = TfLiteInterpreterGetOutputTensor(in->interpreter, i);
		if (from == NULL || TfLiteTensorCopyToBuffer(from, to->data.raw, to->bytes) != kTfLiteOk) return kTfLiteError;
	}
	return kTfLiteOk;
}

/* claim takes the operators that were compiled for an Edge TPU, and no other. */
static TfLiteStatus claim(TfLiteContext *context, TfLiteDelegate *delegate) {
	TfLiteIntArray *plan = NULL;
	if (context->GetExecutionPlan(context, &plan) != kTfLiteOk) return kTfLiteError;
	TfLiteIntArray *ours = TfLiteIntArrayCreate(plan->size);
	int n = 0;
	for (int i = 0; i < plan->size; i++) {
		TfLiteNode *node = NULL;
		TfLiteRegistration *r = NULL;
		if (context->GetNodeAndRegistration(context, plan->data[i], &node, &r) != kTfLiteOk) break;
		if (r->custom_name && strcmp(r->custom_name, operator_name) == 0) ours->data[n++] = plan->data[i];
	}
	ours->size = n;
	TfLiteRegistration kernel = {
		.init = inner_init, .free = inner_free, .prepare = inner_prepare, .invoke = inner_invoke, .custom_name = operator_name};
	TfLiteStatus status = context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, ours, delegate);
	TfLiteIntArrayFree(ours);
	return status;
}

TfLiteDelegate *edgetpu_create_delegate(enum edgetpu_device_type type, const char *name,
                                        const struct edgetpu_option *options, size_t num_options) {
	char place[128];
	snprintf(place, sizeof place, "create:%s", name ? name : "");
	if (misbehave("create") || misbehave(place)) return NULL;
	TfLiteDelegate *delegate = malloc(sizeof *delegate);
	if (delegate == NULL) return NULL;
	*delegate = TfLiteDelegateCreate();
	delegate->Prepare = claim;
	/* As the real one: TensorFlow Lite would prepare all operators first, and has nothing for edgetpu-custom-op. */
	delegate->flags = kTfLiteDelegateFlagsAllowDynamicTensors;
	trace("created");
	return delegate;
}

void edgetpu_free_delegate(TfLiteDelegate *delegate) {
	trace("freed");
	free(delegate);
}

void edgetpu_verbosity(int verbosity) {}

const char *edgetpu_version(void) { return version; }
