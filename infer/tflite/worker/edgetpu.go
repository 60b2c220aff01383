//go:build cgo && tflite

package main

/*
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <tensorflow/lite/c/common.h>

// What is used of libedgetpu's edgetpu_c.h. The library is opened when it is needed: most machines have none.
struct device { int type; const char *path; };
struct option { const char *name, *value; };
static struct {
	struct device *(*list)(size_t *);
	void (*free_list)(struct device *);
	TfLiteDelegate *(*create)(int, const char *, const struct option *, size_t);
	void (*free)(TfLiteDelegate *);
	const char *(*version)(void);
} edgetpu;

// edgetpu_open returns NULL, or the loader's words. The library stays open: it runs threads of its own.
static const char *edgetpu_open(const char *name) {
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) return dlerror();
	edgetpu.list = dlsym(library, "edgetpu_list_devices");
	edgetpu.free_list = dlsym(library, "edgetpu_free_devices");
	edgetpu.create = dlsym(library, "edgetpu_create_delegate");
	edgetpu.free = dlsym(library, "edgetpu_free_delegate");
	edgetpu.version = dlsym(library, "edgetpu_version");
	if (!edgetpu.list || !edgetpu.free_list || !edgetpu.create || !edgetpu.free || !edgetpu.version)
		return "it lacks functions of edgetpu_c.h";
	return NULL;
}

static const char *edgetpu_version(void) { return edgetpu.version(); }
static struct device *edgetpu_list(size_t *n) { return edgetpu.list(n); }
static void edgetpu_free_list(struct device *d) { edgetpu.free_list(d); }
static TfLiteDelegate *edgetpu_create(int type, const char *path) { return edgetpu.create(type, path, NULL, 0); }
static void edgetpu_free(TfLiteDelegate *d) { edgetpu.free(d); }
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// openEdgeTPU opens libedgetpu, once or again.
func openEdgeTPU() error {
	name := C.CString(edgetpu.LibraryName)
	defer C.free(unsafe.Pointer(name))
	if problem := C.edgetpu_open(name); problem != nil {
		return fmt.Errorf("cannot open the Edge TPU's library: %s", C.GoString(problem))
	}
	return nil
}

// listEdgeTPUs is what libedgetpu says of itself and of the devices that it finds.
func listEdgeTPUs() (version string, devices []wire.Device, err error) {
	dieQuietly()
	if err := openEdgeTPU(); err != nil {
		return "", nil, err
	}
	if v := C.edgetpu_version(); v != nil {
		version = C.GoString(v)
	}
	var n C.size_t
	list := C.edgetpu_list(&n)
	if list == nil {
		return version, nil, nil
	}
	defer C.edgetpu_free_list(list)
	for _, d := range unsafe.Slice(list, int(n)) {
		if d.path != nil {
			devices = append(devices, wire.Device{Type: uint8(d._type), Path: C.GoString(d.path)})
		}
	}
	return version, devices, nil
}

// edgeTPU is libedgetpu's delegate. go-tflite's own package for it links the library, so that no worker starts without.
type edgeTPU struct{ d *C.TfLiteDelegate }

// newEdgeTPU opens a device. On USB the first opening after power-up loads its firmware, which takes seconds.
func newEdgeTPU(d wire.Device) (edgeTPU, error) {
	if err := openEdgeTPU(); err != nil {
		return edgeTPU{}, err
	}
	path := C.CString(d.Path)
	defer C.free(unsafe.Pointer(path))
	delegate := C.edgetpu_create(C.int(d.Type), path)
	if delegate == nil {
		return edgeTPU{}, fmt.Errorf("libedgetpu cannot open the Edge TPU %s: another program uses it, or it was just unplugged; replug it if neither", d.Path)
	}
	return edgeTPU{delegate}, nil
}

// Ptr is for go-tflite.
func (e edgeTPU) Ptr() unsafe.Pointer { return unsafe.Pointer(e.d) }

// Delete gives the device back. The interpreter that uses it must be gone.
func (e edgeTPU) Delete() { C.edgetpu_free(e.d) }
